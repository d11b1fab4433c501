import { expect, test } from "vitest";
import * as nix from "../src/nix/commands.ts";
import { hostsAndSchema } from "../src/nix/flake-commands.ts";
import { nixFlagsOf, noNixFlags } from "../src/nix/nix-flags.ts";
import { nixEnvironment, parseSettings } from "../src/nix/nix-settings.ts";
import type { Command } from "../src/world/world.ts";

function line({ argv }: Command): string {
  return argv.join(" ");
}

const drv = "/nix/store/a-x.drv";

test("the derivation of an attribute is asked for with quoted names, and no lock is written", () => {
  const where = { reference: "path:/s?narHash=x", attribute: ["nixosConfigurations", "a.b"] };
  expect(line(nix.derivationOf(where, ["--impure"], 600))).toBe(
    'nix path-info --derivation -v --log-format internal-json --no-write-lock-file --impure path:/s?narHash=x#"nixosConfigurations"."a.b"',
  );
  const once = line(nix.derivationOf(where, ["--no-write-lock-file"], 600));
  expect(once.match(/no-write/g)).toHaveLength(1);
});

test("names are written so that a URL can hold them", () => {
  expect(nix.attributeText(["50% ü", "a#b?c"])).toBe('"50%25%20%C3%BC"."a%23b%3Fc"');
  expect(() => nix.attributeText(['a"b'])).toThrow("quotation mark");
});

test("a reference stays text in an expression, whatever it holds", () => {
  const asked = hostsAndSchema('git+file:///a"b?rev=1&x=${throw "y"}\\').argv.at(-1);
  expect(asked).toContain(
    String.raw`builtins.getFlake "git+file:///a\"b?rev=1&x=\${throw \"y\"}\\";`,
  );
});

test("a build roots what it makes", () => {
  const root = { link: "/state/roots/1" };
  expect(line(nix.realise([drv, drv], root, ["-j", "4"]))).toBe(
    `nix-store --realise -k -v --log-format internal-json -j 4 ${drv} ${drv} --add-root /state/roots/1 --indirect`,
  );
  expect([nix.linkOf(root, 1), nix.linkOf(root, 2)]).toEqual([
    "/state/roots/1",
    "/state/roots/1-2",
  ]);
});

test("a copy names the host by its alias, and its own program by an absolute path", () => {
  const target = {
    alias: "flurry-nas",
    remoteProgram: ["sudo", "-n", "/opt/n/bin/nix-daemon"],
    substitutes: true,
    checkSignatures: false,
  };
  expect(line(nix.copyTo(["/nix/store/a"], target, []))).toBe(
    "nix copy -v --log-format internal-json --substitute-on-destination --builders-use-substitutes --no-check-sigs --to ssh-ng://flurry-nas?remote-program=sudo%20-n%20%2Fopt%2Fn%2Fbin%2Fnix-daemon /nix/store/a",
  );
  const plain = { ...target, remoteProgram: null, substitutes: false, checkSignatures: true };
  expect(line(nix.copyTo(["/nix/store/a"], plain, []))).toBe(
    "nix copy -v --log-format internal-json --no-builders-use-substitutes --to ssh-ng://flurry-nas /nix/store/a",
  );
});

test("flags go where they are understood", () => {
  const words =
    "-L -k -j 4 --show-trace --override-input nixpkgs /np --option http-connections 5 --fallback --impure";
  expect(nixFlagsOf(words.split(" "))).toEqual({
    evaluate:
      "--show-trace --override-input nixpkgs /np --option http-connections 5 --impure".split(" "),
    build: "-k -j 4 --option http-connections 5 --fallback".split(" "),
    copy: "--option http-connections 5".split(" "),
    buildLogs: true,
  });
  expect(noNixFlags.evaluate).toEqual([]);
});

test("names of objects are no flags", () => {
  expect(nixFlagsOf(["constructor", "__proto__"]).build).toEqual(["constructor", "__proto__"]);
});

test("the person's own settings stay in force", () => {
  expect(nixEnvironment({ NIX_CONFIG: "cores = 2" })["NIX_CONFIG"]).toBe(
    "cores = 2\nextra-experimental-features = nix-command flakes",
  );
  expect(nixEnvironment({})["NIX_CONFIG"]).not.toMatch(/^\n/);
});

test("settings are read by their names", () => {
  expect(parseSettings("cores = 2\ntrusted-users = root @wheel\nsubstituters = \nnoise")).toEqual({
    cores: "2",
    "trusted-users": "root @wheel",
    substituters: "",
  });
});
