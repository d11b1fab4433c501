import { describe, expect, it } from "vitest";
import type { Fleet } from "../src/fleet/fleet.ts";
import { resolveHost } from "../src/fleet/resolve-host.ts";
import type { WrittenSettings } from "../src/fleet/settings.ts";
import type { Host } from "../src/fleet/host.ts";
import {
  configDocument,
  configText,
  hostText,
  inventoryDocument,
  inventoryPlain,
  inventoryText,
} from "../src/view/inventory-text.ts";
import type { Style } from "../src/view/style.ts";

const style: Style = { width: 100, ascii: false, colour: false };

function host(name: string, settings: WrittenSettings, homes: Host["homes"] = {}): Host {
  const origin = `systems/${name}/meta.json`;
  return resolveHost({
    name,
    path: `systems/${name}`,
    homes,
    assumedSystem: "x86_64-linux",
    layers: { defaults: [], tags: new Map(), own: [{ origin, host: null, settings }], above: [] },
  }).host;
}

const nas = host(
  "nas",
  { address: "ada@10.0.0.2:2222", tags: ["web", "canary"], policy: { confirmSeconds: 60 } },
  { alice: ["homes/alice", "homes/alice@nas"] },
);
const fleet: Fleet = {
  source: { reference: "git+file:///fleet", folder: "/fleet", revision: null, dirty: false },
  hosts: [
    host("gateway", { description: "the box at the door" }),
    host("iso", { class: "image" }),
    nas,
    host("old", { enabled: false, system: "aarch64-linux" }),
    host("pi", {}),
  ],
  standalone: ["alice"],
  droids: ["phone"],
  problems: [
    {
      severity: "error",
      code: "meta-syntax",
      path: "systems/pi/meta.json",
      message: "systems/pi/meta.json:1:26: trailing comma",
      host: "pi",
    },
    {
      severity: "warning",
      code: "no-entry",
      path: "systems/x",
      message: "systems/x: no default.nix, so this is not discovered (found: a.nix).",
    },
    {
      severity: "info",
      code: "disabled",
      path: "systems/_y",
      message: "systems/_y: disabled by its name",
    },
  ],
};

describe("inventoryText", () => {
  it("lists hosts, and then what is wrong", () => {
    expect(`\n${inventoryText(fleet, style).join("\n")}\n`).toMatchInlineSnapshot(`
      "
      HOST     SYSTEM         ADDRESS   USER  TAGS         NOTES
      gateway  x86_64-linux   gateway                      the box at the door
      iso      x86_64-linux   iso                          image: only built
      nas      x86_64-linux   10.0.0.2  ada   web, canary
      old      aarch64-linux  old                          not enabled
      pi       x86_64-linux   pi                           ✖ described badly (1 error)

      5 hosts, 1 of them described badly

      ✖ systems/pi/meta.json:1:26: trailing comma
      ⚠ systems/x: no default.nix, so this is not discovered (found: a.nix).
      "
    `);
  });

  it("shows notes too where all is asked for", () => {
    expect(inventoryText(fleet, style, true).at(-1)).toBe("· systems/_y: disabled by its name");
  });

  it("is a block a host on narrow screens", () => {
    const text = inventoryText({ ...fleet, hosts: [nas], problems: [] }, { ...style, width: 50 });
    expect(`\n${text.join("\n")}\n`).toMatchInlineSnapshot(`
      "
      nas
        system   x86_64-linux
        address  10.0.0.2
        user     ada
        tags     web, canary

      1 host
      "
    `);
  });

  it("says where it looked if there is nothing, and all that it noticed", () => {
    const where =
      "No hosts in /fleet. They are nixosConfigurations of the flake; without Nix, folders in systems/ and hosts/.";
    expect(inventoryText({ ...fleet, hosts: [], problems: [] }, style).join(" ")).toBe(where);
    const all = inventoryText({ ...fleet, hosts: [] }, style);
    expect(all.at(-1)).toBe("· systems/_y: disabled by its name");
  });

  it("cuts no complaint, however narrow the screen", () => {
    const lines = inventoryText(fleet, { ...style, width: 40 });
    expect(lines.slice(-4)).toEqual([
      "✖ systems/pi/meta.json:1:26: trailing",
      "  comma",
      "⚠ systems/x: no default.nix, so this is",
      "  not discovered (found: a.nix).",
    ]);
  });

  it("shows control characters of names, so that the folder can be found", () => {
    const odd = { ...fleet, hosts: [host("e\x1b[31mx", {})], problems: [] };
    expect(inventoryText(odd, style)[1]).toMatch(/^e\\x1b\[31mx /);
    expect(inventoryPlain(odd)[0]).toMatch(/^e\\x1b\[31mx\t/);
    expect(odd.hosts[0] && hostText(odd, odd.hosts[0], style)[0]).toBe("e\\x1b[31mx");
  });

  it("is never wider than asked, and holds no control characters, whatever the names", () => {
    const wild = host("\x1b[31mred\u{1F600}".repeat(9), { description: "宽".repeat(90) });
    for (const width of [20, 59, 60, 80, 160]) {
      const lines = inventoryText({ ...fleet, hosts: [wild, ...fleet.hosts] }, { ...style, width });
      // oxlint-disable-next-line no-control-regex
      expect(lines.filter((line) => /\x1b/.test(line) || line.length > width)).toEqual([]);
    }
  });

  it("is plain for scripts", () => {
    expect(inventoryPlain(fleet)[2]).toBe("nas\tx86_64-linux\t10.0.0.2\tada\tweb,canary");
  });
});

describe("inventoryDocument", () => {
  it("has all keys, also those of which nothing is known", () => {
    const document = inventoryDocument(fleet);
    expect(document.hosts["nas"]).toEqual({
      class: "nixos",
      system: "x86_64-linux",
      hostName: "nas",
      description: null,
      enabled: true,
      deployable: true,
      path: "systems/nas",
      address: "10.0.0.2",
      addresses: ["10.0.0.2"],
      port: 2222,
      user: "ada",
      users: [],
      sshOptions: [],
      sshHostKey: [],
      elevate: null,
      machineId: null,
      tags: ["web", "canary"],
      local: true,
      build: { on: "here", substitutes: true },
      policy: nas.settings.policy,
      probes: [],
      profiles: { system: { user: "root" } },
      homes: { alice: ["homes/alice", "homes/alice@nas"] },
    });
    expect(Object.keys(document)).toEqual(["schema", "hosts", "standalone", "droids", "problems"]);
    expect(document).toMatchObject({ standalone: ["alice"], droids: { phone: {} } });
    expect(document.hosts["iso"]?.deployable).toBe(false);
    expect(document.problems[1]).toEqual({ ...fleet.problems[1], host: null });
  });
});

describe("hostText", () => {
  it("shows a host, its settings that are not defaults, and its problems", () => {
    const problems = [{ ...fleet.problems[0], host: "nas" } as (typeof fleet.problems)[number]];
    expect(`\n${hostText({ ...fleet, problems }, nas, style).join("\n")}\n`).toMatchInlineSnapshot(`
      "
      nas
        read from  systems/nas
        evaluates  nixosConfigurations.nas.config.system.build.toplevel
        deployed   no, it is described badly
        system     x86_64-linux
        address    10.0.0.2
        login      ada, port 2222
        host key   not pinned
        tags       web, canary
        homes      alice (homes/alice, homes/alice@nas)

      Settings that are not defaults
        tags                   ["web","canary"]  systems/nas/meta.json
        address                ["10.0.0.2"]      systems/nas/meta.json
        port                   2222              systems/nas/meta.json
        user                   "ada"             systems/nas/meta.json
        policy.confirmSeconds  60                systems/nas/meta.json

      ✖ systems/pi/meta.json:1:26: trailing comma
      "
    `);
  });
});

describe("configText", () => {
  it("shows each value with where it came from", () => {
    expect(`\n${configText([nas], style, true).join("\n")}\n`).toMatchInlineSnapshot(`
      "
      nas
        system                         "x86_64-linux"              default
        class                          "nixos"                     default
        hostName                       "nas"                       default
        description                    –                           default
        tags                           ["web","canary"]            systems/nas/meta.json
        enabled                        true                        default
        users                          []                          default
        address                        ["10.0.0.2"]                systems/nas/meta.json
        port                           2222                        systems/nas/meta.json
        user                           "ada"                       systems/nas/meta.json
        sshOptions                     []                          default
        sshHostKey                     []                          default
        elevate                        –                           default
        machineId                      –                           default
        local                          true                        default
        build.on                       "here"                      default
        build.substitutes              true                        default
        profiles                       {"system":{"user":"root"}}  default
        profileOrder                   ["system"]                  default
        policy.goal                    "switch"                    default
        policy.confirm                 true                        default
        policy.fallback                true                        default
        policy.canary                  false                       default
        policy.activationSeconds       240                         default
        policy.activationLimitSeconds  1800                        default
        policy.confirmSeconds          60                          systems/nas/meta.json
        policy.soakSeconds             0                           default
        policy.evaluateSeconds         600                         default
        policy.units.NetworkManager-wait-online.service      "warn"  default
        policy.units.systemd-networkd-wait-online.service    "warn"  default
        policy.units.systemd-networkd-wait-online@*.service  "warn"  default
        probes                         []                          default
      "
    `);
  });

  it("keeps its columns on narrow screens, where units have their own", () => {
    const lines = configText([nas], { ...style, width: 80 }, true).filter((line) =>
      /confirmSeconds|substitutes|units/.test(line),
    );
    expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
      "
        build.substitutes              true                        default
        policy.confirmSeconds          60                          systems/nas/meta.j…
        policy.units.NetworkManager-wait-online.service      "warn"  default
        policy.units.systemd-networkd-wait-online.service    "warn"  default
        policy.units.systemd-networkd-wait-online@*.service  "warn"  default
      "
    `);
  });

  it("is one table where there is room", () => {
    const [, ...lines] = configText([nas], { ...style, width: 10_000 }, true);
    const places = lines.map((line) => line.search(/(default|\S+\.json)$/));
    expect(new Set(places).size).toBe(1);
  });

  it("is a document with values as they are", () => {
    const { hosts } = configDocument([nas]);
    expect(hosts["nas"]).toMatchObject({
      "policy.confirmSeconds": { value: 60, origin: "systems/nas/meta.json" },
      "policy.units.NetworkManager-wait-online.service": { value: "warn", origin: "default" },
      address: { value: ["10.0.0.2"], origin: "systems/nas/meta.json" },
      machineId: { value: null, origin: "default" },
    });
  });
});
