import { expect, test } from "vitest";
import type { Call, CommandSpec } from "../src/cli/command.ts";
import { deployFlags } from "../src/cli/flags.ts";
import { callOf, parse } from "../src/cli/parse.ts";
import { flakeAndTerms, settingLayers } from "../src/cli/settings-flags.ts";

const deploy: CommandSpec = {
  path: ["deploy"],
  group: "Everyday",
  summary: "deploy",
  words: { usage: "[HOSTS…]", about: "", min: 0, max: Infinity },
  flags: deployFlags,
  examples: [],
  exits: [],
  load: () => Promise.reject(new Error("not here")),
};

function called(line: string, env: Readonly<Record<string, string>> = {}): Call {
  const parsed = parse(["deploy", ...line.split(" ").filter(Boolean)], [deploy], env);
  if (parsed.kind !== "call") throw new Error(parsed.kind);
  return callOf(parsed, { env } as unknown as Call["context"]);
}

test.each([
  ["nas gateway", {}, { flake: undefined, terms: ["nas", "gateway"] }],
  ["--on @web nas", {}, { flake: undefined, terms: ["nas", "@web"] }],
  [".#nas", {}, { flake: ".", terms: ["nas"] }],
  ["--flake .#nas", {}, { flake: ".", terms: ["nas"] }],
  ["--flake /fleet#nas gateway", {}, { flake: "/fleet", terms: ["gateway"] }],
  ["--flake /fleet gateway", {}, { flake: "/fleet", terms: ["gateway"] }],
  ["nas", { FLURRY_FLAKE: "/fleet" }, { flake: "/fleet", terms: ["nas"] }],
  ["nas", { FLURRY_FLAKE: "/fleet", NH_FLAKE: "/other" }, { flake: "/fleet", terms: ["nas"] }],
  ["nas", { NH_FLAKE: "/other" }, { flake: "/other", terms: ["nas"] }],
  [".#nas", { FLURRY_FLAKE: "/fleet" }, { flake: ".", terms: ["nas"] }],
  ["--flake . nas", { FLURRY_FLAKE: "/fleet" }, { flake: ".", terms: ["nas"] }],
  // What stands in --flake is a repository, whatever it looks like.
  ["-F .", {}, { flake: ".", terms: [] }],
  ["-F fleet", {}, { flake: "fleet", terms: [] }],
  ["-F fleet nas", {}, { flake: "fleet", terms: ["nas"] }],
  ["-F path:/fleet", {}, { flake: "path:/fleet", terms: [] }],
  ["-F path:/fleet nas", {}, { flake: "path:/fleet", terms: ["nas"] }],
  ["-F git+file:///fleet?dir=nix", {}, { flake: "git+file:///fleet?dir=nix", terms: [] }],
  ["-F git+ssh://git@forge/fleet", {}, { flake: "git+ssh://git@forge/fleet", terms: [] }],
  ["-F github:me/lab/v3", {}, { flake: "github:me/lab/v3", terms: [] }],
  ["-F github:me/lab/v3#nas", {}, { flake: "github:me/lab/v3", terms: ["nas"] }],
  ["", { FLURRY_FLAKE: "path:/fleet" }, { flake: "path:/fleet", terms: [] }],
  ["", { FLURRY_FLAKE: "github:me/lab#nas" }, { flake: "github:me/lab", terms: ["nas"] }],
  // Behind the command, what has a scheme of Nix is no host.
  ["github:me/lab", {}, { flake: "github:me/lab", terms: [] }],
  ["path:/fleet nas", {}, { flake: "path:/fleet", terms: ["nas"] }],
] as const)("“%s” with %o selects", (line, env, selection) => {
  expect(flakeAndTerms(called(line, env))).toEqual(selection);
});

test("two repositories in one line are a usage problem", () => {
  expect(() => flakeAndTerms(called("--flake /a /b#nas"))).toThrow("two repositories");
});

test("an empty reference is a usage problem, and never the current folder", () => {
  expect(() => flakeAndTerms(called("--flake="))).toThrow("--flake is empty");
});

test("flags that were typed are layers, with the flag as origin", () => {
  const line =
    "--no-confirm --confirm-timeout 60 --activation-seconds=90 --ssh-user ada --elevate doas " +
    "--build-on-target --no-use-substitutes --target-host nas.lan";
  expect(settingLayers(called(line))).toEqual([
    layer("--no-confirm", { policy: { confirm: false } }),
    layer("--confirm-seconds", { policy: { confirmSeconds: 60 } }),
    layer("--activation-seconds", { policy: { activationSeconds: 90 } }),
    layer("--build-on-target", { build: { on: "target" } }),
    layer("--no-use-substitutes", { build: { substitutes: false } }),
    layer("--ssh-user", { user: "ada" }),
    layer("--elevate", { elevate: "doas" }),
    layer("--target-host", { address: "nas.lan" }),
  ]);
});

test("variables are no layers of ours: the inventory reads them itself", () => {
  expect(settingLayers(called("nas", { FLURRY_CONFIRM_SECONDS: "60" }))).toEqual([]);
});

function layer(origin: string, settings: object): object {
  return { origin, host: null, settings };
}
