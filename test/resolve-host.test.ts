import { describe, expect, it } from "vitest";
import {
  layerOf,
  layerOfAssignment,
  layersOfEnvironment,
  type Layer,
} from "../src/fleet/layers.ts";
import { resolveHost, type HostLayers, type Resolved } from "../src/fleet/resolve-host.ts";
import type { WrittenSettings } from "../src/fleet/settings.ts";

function resolved(layers: Partial<HostLayers>): Resolved {
  return resolveHost({
    name: "nas",
    path: "systems/nas",
    homes: {},
    assumedSystem: "x86_64-linux",
    layers: { defaults: [], tags: new Map(), own: [], above: [], ...layers },
  });
}

function layer(origin: string, settings: WrittenSettings): Layer {
  return { origin, host: null, settings };
}

function set(confirmSeconds: number): WrittenSettings {
  return { policy: { confirmSeconds } };
}

describe("resolveHost", () => {
  it("knows a host of which nothing is written", () => {
    const { host, conflicts } = resolved({});
    expect(conflicts).toEqual([]);
    expect(host.deployable).toBe(true);
    expect(host.attribute.join(".")).toBe("nixosConfigurations.nas.config.system.build.toplevel");
    expect(host.settings).toMatchObject({
      class: "nixos",
      system: "x86_64-linux",
      hostName: "nas",
      addresses: ["nas"],
      user: null,
      policy: { confirmSeconds: 30, activationSeconds: 240, activationLimitSeconds: 1800 },
    });
    expect(new Set(Object.values(host.origins))).toEqual(new Set(["default"]));
  });

  it("lets later layers win, and remembers which", () => {
    const order = ["defaults", "tag", "own", "environment", "flag"];
    for (const last of order.keys()) {
      const at = (name: string, settings: WrittenSettings): readonly Layer[] =>
        order.indexOf(name) <= last ? [layer(name, settings)] : [];
      const { host } = resolved({
        defaults: at("defaults", set(1)),
        tags: new Map(last >= 1 ? [["web", layer("tag", set(2))]] : []),
        own: [layer("own tags", { tags: ["web"] }), ...at("own", set(3))],
        above: [...at("environment", set(4)), ...at("flag", set(5))],
      });
      expect(host.settings.policy.confirmSeconds).toBe(last + 1);
      expect(host.origins["policy.confirmSeconds"]).toBe(order[last]);
      expect(host.origins["policy.soakSeconds"]).toBe("default");
    }
  });

  it("joins groups key by key, and replaces lists", () => {
    const { host } = resolved({
      defaults: [layer("a", { tags: ["x"], build: { on: "fern" }, policy: { soakSeconds: 5 } })],
      own: [layer("b", { tags: ["y"], build: { substitutes: false }, policy: { canary: true } })],
    });
    expect(host.settings.tags).toEqual(["y"]);
    expect(host.settings.build).toEqual({ on: "fern", substitutes: false });
    expect(host.settings.policy).toMatchObject({ soakSeconds: 5, canary: true });
    expect(host.origins).toMatchObject({ "build.on": "a", "build.substitutes": "b", tags: "b" });
  });

  it("excuses only units that wait for the network, and puts what is written before that", () => {
    const units = { "NetworkManager-wait-online.service": "undo", "a.service": "ignore" } as const;
    const { host } = resolved({ own: [layer("own", { policy: { units } })] });
    expect(Object.entries(host.settings.policy.units)).toEqual([
      ["NetworkManager-wait-online.service", "undo"],
      ["a.service", "ignore"],
      ["systemd-networkd-wait-online.service", "warn"],
      ["systemd-networkd-wait-online@*.service", "warn"],
    ]);
    expect(host.origins["policy.units.NetworkManager-wait-online.service"]).toBe("own");
    expect(host.origins["policy.units.systemd-networkd-wait-online.service"]).toBe("default");
  });

  it("says when two tags set the same key differently", () => {
    const tags = new Map([
      ["web", layer("fleet.json tags.web", { port: 22, user: "ada" })],
      ["db", layer("fleet.json tags.db", { port: 2222, user: "ada" })],
    ]);
    const { conflicts } = resolved({ tags, own: [layer("own", { tags: ["web", "db"] })] });
    expect(conflicts).toEqual([
      "fleet.json tags.web sets port to 22, fleet.json tags.db to 2222; nas has both tags",
    ]);
  });

  it("takes user and port out of the address, unless they are set", () => {
    const address = "ada@[fd77::11]:2222";
    const { host } = resolved({ own: [layer("own", { address })] });
    expect(host.settings).toMatchObject({ addresses: ["fd77::11"], user: "ada", port: 2222 });
    expect(host.origins).toMatchObject({ user: "own", port: "own", address: "own" });
    const other = resolved({ own: [layer("own", { address, user: "root" })] });
    expect(other.host.settings).toMatchObject({ user: "root", port: 2222 });
  });

  it("refuses addresses that ssh would take for something else", () => {
    const address = ["nas", "-oProxyCommand=x", "a b"];
    const { host, conflicts } = resolved({ own: [layer("own", { address })] });
    expect(host.settings.addresses).toEqual(["nas"]);
    expect(conflicts).toHaveLength(2);
  });

  it("knows darwin by its system, and deploys neither it nor images nor what is not enabled", () => {
    const darwin = resolved({ own: [layer("own", { system: "aarch64-darwin" })] }).host;
    expect(darwin).toMatchObject({ deployable: false, settings: { class: "darwin" } });
    expect(darwin.attribute[0]).toBe("darwinConfigurations");
    expect(resolved({ own: [layer("own", { class: "image" })] }).host.deployable).toBe(false);
    expect(resolved({ own: [layer("own", { enabled: false })] }).host.deployable).toBe(false);
  });

  it("completes probes", () => {
    const { host } = resolved({ own: [layer("own", { probes: [{ kind: "tcp", port: 443 }] })] });
    expect(host.settings.probes).toEqual([
      {
        kind: "tcp",
        port: 443,
        address: null,
        name: "port 443",
        from: "here",
        timeoutSeconds: 5,
        tries: 3,
        required: true,
      },
    ]);
  });
});

describe("layers", () => {
  it("come from variables", () => {
    const env = {
      FLURRY_CONFIRM_SECONDS: "45",
      FLURRY_CONFIRM: "0",
      FLURRY_USER: "1000",
      PATH: "/",
    };
    expect(layersOfEnvironment(env)).toEqual([
      { origin: "FLURRY_USER", host: null, settings: { user: "1000" } },
      { origin: "FLURRY_CONFIRM", host: null, settings: { policy: { confirm: false } } },
      {
        origin: "FLURRY_CONFIRM_SECONDS",
        host: null,
        settings: { policy: { confirmSeconds: 45 } },
      },
    ]);
  });

  it("name the variable whose value does not fit", () => {
    expect(() => layersOfEnvironment({ FLURRY_CONFIRM_SECONDS: "soon" })).toThrow(
      'FLURRY_CONFIRM_SECONDS: policy.confirmSeconds: should be a whole number of seconds, from 1 to 86400, it is "soon"',
    );
  });

  it("come from --set, also for hosts with dots", () => {
    expect(layerOfAssignment("a.example.org.policy.confirmSeconds=60")).toEqual({
      origin: "--set",
      host: "a.example.org",
      settings: { policy: { confirmSeconds: 60 } },
    });
    expect(layerOfAssignment("*.elevate=sudo -A").settings).toEqual({ elevate: ["sudo", "-A"] });
    expect(layerOfAssignment('nas.tags=["web"]')).toMatchObject({ settings: { tags: ["web"] } });
  });

  it("refuse a --set of a key there is not", () => {
    expect(() => layerOfAssignment("nas.policy.confirm-seconds=60")).toThrow(
      "should be HOST.KEY=VALUE",
    );
    expect(() => layerOfAssignment("nas")).toThrow("should be HOST.KEY=VALUE");
  });

  it("take the words of a command", () => {
    expect(layerOf("--elevate", null, "elevate", "my-sudo -n").settings).toEqual({
      elevate: ["my-sudo", "-n"],
    });
    expect(layerOf("--elevate", null, "elevate", "doas").settings).toEqual({ elevate: "doas" });
  });
});
