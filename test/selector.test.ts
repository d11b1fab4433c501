import { describe, expect, it } from "vitest";
import type { Fleet } from "../src/fleet/fleet.ts";
import type { Host, HostSettings } from "../src/fleet/host.ts";
import { deployableOrThrow, selectHosts, splitReference } from "../src/fleet/selector.ts";
import { problemOf } from "../src/lib/problem.ts";
import { hostOf } from "../src/testing/hosts.ts";

function host(name: string, settings: Partial<HostSettings> = {}): Host {
  const made = hostOf(name, settings);
  return { ...made, deployable: made.settings.enabled && made.settings.class === "nixos" };
}

const fleet: Fleet = {
  source: { reference: "git+file:///fleet", folder: "/fleet", revision: null, dirty: false },
  hosts: [
    host("edge-1", { tags: ["web"] }),
    host("edge-2", { tags: ["web", "canary"] }),
    host("iso", { class: "image", tags: ["media"] }),
    host("nas", { system: "aarch64-linux" }),
    host("node.example.org"),
    host("old", { enabled: false, tags: ["web"] }),
  ],
  standalone: [],
  droids: [],
  problems: [],
};

function selected(...terms: string[]): string[] {
  return selectHosts(fleet, terms, "none").map(({ name }) => name);
}

function failureOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    const { code, message, hint = "" } = problemOf(thrown).report;
    return `${code}: ${message} (${hint})`;
  }
  return "nothing was thrown";
}

describe("selectHosts", () => {
  const selections: readonly (readonly [readonly string[], readonly string[]])[] = [
    [["nas"], ["nas"]],
    [
      ["nas", "edge-1"],
      ["edge-1", "nas"],
    ],
    [["nas,edge-1"], ["edge-1", "nas"]],
    [
      ["nas edge-1", "nas"],
      ["edge-1", "nas"],
    ],
    [["node.example.org"], ["node.example.org"]],
    [["edge-*"], ["edge-1", "edge-2"]],
    [["edge-?"], ["edge-1", "edge-2"]],
    [["*.example.org"], ["node.example.org"]],
    [["@web"], ["edge-1", "edge-2"]],
    [["%aarch64-linux"], ["nas"]],
    [["all"], ["edge-1", "edge-2", "nas", "node.example.org"]],
    [
      ["all", "!@web"],
      ["nas", "node.example.org"],
    ],
    [["!@web"], ["nas", "node.example.org"]],
    [["!edge-1", "@web"], ["edge-2"]],
    [["@web,!@canary"], ["edge-1"]],
    [["nas", "!nas"], []],
    [["old"], ["old"]],
    [["iso"], ["iso"]],
  ];

  it.each(selections)("takes %s for %s", (terms, names) => {
    expect(selected(...terms)).toEqual(names);
  });

  it.each([
    ["all", ["all", "nas"]],
    ["@web", ["nas"]],
    ["!nas", ["!nas", "-", "@web", "a,b", "all"]],
    ["*", ["!nas", "-", "@web", "a,b", "all", "nas"]],
  ])("reads %s as what it always means, whatever hosts are called", (term, names) => {
    const called = ["!nas", "-", "@web", "a,b", "all", "nas"];
    const hosts = called.map((name) => host(name, name === "nas" ? { tags: ["web"] } : {}));
    const found = selectHosts({ ...fleet, hosts }, [term], "none").map(({ name }) => name);
    expect(found).toEqual(term === "all" ? called : names);
  });

  it("does what the verb says where no host is named", () => {
    const names = (otherwise: "all" | readonly Host[]): string[] =>
      selectHosts(fleet, [], otherwise).map(({ name }) => name);
    expect(names("all")).toEqual(["edge-1", "edge-2", "nas", "node.example.org"]);
    expect(names(fleet.hosts.slice(0, 1))).toEqual(["edge-1"]);
    expect(failureOf(() => selected())).toBe("usage: no host is named (Name hosts, or say: all)");
  });

  const misses: readonly (readonly [string, string])[] = [
    ["nsa", "unknown-host: there is no host nsa (Nearest: nas)"],
    ["edge", "unknown-host: there is no host edge (Nearest: edge-1, edge-2)"],
    ["zzz-*", "unknown-host: there is no host zzz-* (flurry host list)"],
    ["@wbe", "unknown-host: no host has the tag wbe (Nearest: @web)"],
    ["%x86-linux", "unknown-host: no host is of the system x86-linux (Nearest: %x86_64-linux)"],
    ["!nsa", "unknown-host: there is no host nsa (Nearest: nas)"],
    [
      "@media",
      "unknown-host: @media matches only hosts that are not deployed: iso (Name them one by one.)",
    ],
  ];
  it.each(misses)("names the nearest for %s", (term, message) => {
    expect(failureOf(() => selected(term))).toBe(message);
  });
});

describe("selectHosts, of a host that Nix cannot see", () => {
  it("says why, and what to do", () => {
    const message = "systems/new exists but git does not track it, so Nix cannot see it";
    const problem = {
      severity: "error",
      code: "untracked",
      path: "systems/new",
      message: `${message}. Run: git add -N systems/new`,
      host: "new",
    } as const;
    const withNew: Fleet = { ...fleet, problems: [problem] };
    expect(failureOf(() => selectHosts(withNew, ["new"], "none"))).toBe(
      `host-described-badly: ${message} (git add -N systems/new)`,
    );
  });
});

describe("splitReference", () => {
  it.each([
    [["nas"], undefined, ["nas"]],
    [[".#nas"], ".", ["nas"]],
    [["#nas"], ".", ["nas"]],
    [["."], ".", []],
    [["github:me/lab/v3#nas", "edge-1"], "github:me/lab/v3", ["nas", "edge-1"]],
    [[".#a", ".#b"], ".", ["a", "b"]],
    [['.#"node.example.org"'], ".", ["node.example.org"]],
    [[".#nixosConfigurations.nas.config.system.build.toplevel"], ".", ["nas"]],
    [["/etc/nixos#nas"], "/etc/nixos", ["nas"]],
    [["./fleet"], "./fleet", []],
  ])("splits %s", (words, flake, terms) => {
    expect(splitReference(words)).toEqual({ flake, terms });
  });

  it("refuses two sources", () => {
    expect(failureOf(() => splitReference([".#a", "github:o/r#b"]))).toBe(
      "usage: . and github:o/r: one run reads one repository ()",
    );
  });
});

describe("deployableOrThrow", () => {
  it("says everything that is wrong with a host, and lets others pass", () => {
    const broken: Fleet = {
      ...fleet,
      problems: ["port: x", "user: y"].map((message) => ({
        severity: "error",
        code: "meta-field",
        path: "systems/nas/meta.json",
        message,
        host: "nas",
      })),
    };
    const [edge, nas] = selectHosts(broken, ["edge-1", "nas"], "none");
    expect(failureOf(() => edge && deployableOrThrow(broken, edge))).toBe("nothing was thrown");
    expect(failureOf(() => nas && deployableOrThrow(broken, nas))).toBe(
      "host-described-badly: nas: port: x (and 1 more) (flurry host show nas)",
    );
  });

  it.each([
    ["iso", "usage: iso is of class image, and is only built (flurry build iso)"],
    ["old", 'usage: old is not enabled (Set "enabled": true in its description.)'],
  ])("refuses %s", (name, message) => {
    const [chosen] = selectHosts(fleet, [name], "none");
    expect(failureOf(() => chosen && deployableOrThrow(fleet, chosen))).toBe(message);
  });
});
