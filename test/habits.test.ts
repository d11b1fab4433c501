import { expect, test } from "vitest";
import { allHints } from "../src/cli/habits.ts";
import { globalFlags } from "../src/cli/flags.ts";
import { nameOf, parse } from "../src/cli/parse.ts";
import { commands } from "../src/cli/registry.ts";
import { problemOf } from "../src/lib/problem.ts";

/** What a line of another tool means here: the command and its words, or what to say instead. */
function meaning(line: string): string {
  try {
    const parsed = parse(line.split(" "), commands, {});
    if (parsed.kind !== "call") return parsed.kind;
    return [nameOf(parsed.spec), ...parsed.words].join(" ");
  } catch (thrown) {
    const { code, hint = "" } = problemOf(thrown);
    return `${code}: ${hint}`;
  }
}

test.each([
  // nixos-rebuild
  ["switch --flake .#nas", "switch"],
  ["switch --flake .#nas --target-host H --build-host B --use-remote-sudo", "switch"],
  ["list-generations", "generations"],
  ["dry-run", "usage: flurry dry-build HOSTS"],
  ["build-vm", "usage: nix build .#nixosConfigurations.HOST.config.system.build.vm"],
  ["repl", "usage: nix repl"],
  ["switch -s nas", "unknown-flag: --use-substitutes"],
  [
    "switch --install-bootloader nas",
    "unknown-flag: on the host: nixos-rebuild boot --install-bootloader",
  ],
  ["switch --profile-name p nas", "unknown-flag: flurry deploys the profile of the system alone"],
  // deploy-rs
  ["deploy .#nas", "deploy .#nas"],
  ["deploy --targets .#a .#b", "deploy .#a .#b"],
  ["deploy nas -s", "unknown-flag: --use-substitutes"],
  [
    "deploy nas --skip-checks",
    "unknown-flag: a deploy runs no checks of the flake: nix flake check",
  ],
  ["deploy nas -r ./result", "unknown-flag: --out-link PATH of flurry build"],
  ["deploy nas -c", "unknown-flag: --check-sigs"],
  // colmena
  ["apply @web", "deploy @web"],
  ["apply --on @web -p 4 boot", "usage: flurry boot HOSTS"],
  ["apply boot @web", "usage: flurry boot @web"],
  ["apply push", "usage: flurry dry-activate HOSTS"],
  ["apply-local", "usage: flurry switch"],
  ["apply-local --sudo", "usage: flurry switch"],
  ["eval -E x", "usage: nix eval"],
  ["apply --reboot nas", "unknown-flag: flurry boot HOSTS, then flurry reboot HOSTS"],
  [
    "apply --eval-node-limit 3",
    "unknown-flag: how many hosts are evaluated at once is not to be set",
  ],
  // nh
  ["os switch", "switch"],
  ["os switch .#nas", "switch .#nas"],
  ["os boot nas", "boot nas"],
  ["os rollback --to 3", "rollback"],
  ["os rollback -t 3", "unknown-flag: --to N"],
  ["os info", "usage: flurry generations HOSTS"],
  ["os switch -a -u", "unknown-flag: nix flake update, and then this again"],
  ["switch -u nas", "unknown-flag: nix flake update, and then this again"],
  ["os switch -H nas", "unknown-flag: the host's name behind the command: flurry switch nas"],
  ["clean all", "gc all"],
  ["clean all -K 14d", "unknown-flag: --keep-since TIME"],
  ["update nixpkgs", "usage: nix flake update"],
])("%s → %s", (line, expected) => {
  expect(meaning(line)).toBe(expected);
});

test("a host may still be called as a goal", () => {
  expect(meaning("deploy boot")).toBe("deploy boot");
});

test("hints name only flags and commands that exist", () => {
  const flags = new Set(
    [...globalFlags, ...commands.flatMap((spec) => spec.flags)].map(({ name }) => `--${name}`),
  );
  const verbs = new Set(commands.flatMap(({ path, aliases = [] }) => [path[0], ...aliases]));
  for (const hint of allHints) {
    if (/^(nix|on the host:) /.test(hint)) continue;
    for (const [flag] of hint.matchAll(/--[a-z-]+/g)) expect(flags, hint).toContain(flag);
    for (const [, verb] of hint.matchAll(/flurry ([a-z-]+)/g)) {
      if (verb !== "deploys") expect(verbs, hint).toContain(verb);
    }
  }
});
