import { expect, test } from "vitest";
import { deployFlags, globalFlags } from "../src/cli/flags.ts";
import { normalise, type Vocabulary } from "../src/cli/normalise.ts";

const vocabulary: Vocabulary = {
  flags: new Map(
    [...deployFlags, ...globalFlags].flatMap((flag) =>
      [flag.name, flag.short, ...(flag.aliases ?? [])].flatMap((name) =>
        name === undefined ? [] : [[name, flag] as const],
      ),
    ),
  ),
  verbs: new Set(["switch", "boot", "deploy"]),
};

function spelt(line: string): string {
  const { argv, nix, rest, notes } = normalise(line.split(" "), vocabulary);
  return [
    argv.join(" "),
    ...(nix.length > 0 ? [`nix ${nix.join(" ")}`] : []),
    ...(rest ? [`rest ${rest.join(" ")}`] : []),
    ...(notes.length > 0 ? [`${notes.length} note`] : []),
  ].join(" | ");
}

/** One line for each cell of the dictionary of other tools' flags, and for each trap of parsers. */
test.each([
  // Letters, values, clusters.
  ["deploy -p4 nas", "deploy --parallel=4 nas"],
  ["deploy -p 4 nas", "deploy --parallel=4 nas"],
  ["deploy -p=4 nas", "deploy --parallel=4 nas"],
  ["deploy --parallel=4", "deploy --parallel=4"],
  ["deploy -vvp4", "deploy --verbose --verbose --parallel=4"],
  ["deploy -nv nas", "deploy --dry-run --verbose nas"],
  ["deploy -s nas", "deploy -s nas"],
  ["deploy -", "deploy -"],
  ["deploy --ssh-opts=-p2222 nas", "deploy --ssh-opts=-p2222 nas"],
  ["deploy --reason -", "deploy --reason=-"],
  ["deploy --lock-wait nas", "deploy --lock-wait nas"],
  ["deploy --lock-wait=60 nas", "deploy --lock-wait=60 nas"],
  ["deploy nas -- -p4 --on x", "deploy nas | rest -p4 --on x"],
  ["deploy nas -- a -- b", "deploy nas | rest a -- b"],
  // Nix.
  ["switch -L --show-trace -K -j 4", "switch | nix -L --show-trace -K -j 4"],
  ["switch -j4 -kL", "switch --keep-going | nix -j 4 -L"],
  ["switch --option cores 2 nas", "switch nas | nix --option cores 2"],
  ["switch --nix-option cores 2 nas", "switch nas | nix --option cores 2"],
  ["switch --override-input nixpkgs /n nas", "switch nas | nix --override-input nixpkgs /n"],
  ["switch --cores=2 nas", "switch nas | nix --cores 2"],
  ["switch --impure nas", "switch nas | nix --impure"],
  // nixos-rebuild.
  ["switch --flake .#nas", "switch --flake=.#nas"],
  ["--flake .#nas switch", "--flake=.#nas switch"],
  ["switch --flake", "switch --flake=."],
  ["--flake switch", "--flake=. switch"],
  ["switch --flake -L", "switch --flake=. | nix -L"],
  ["switch --target-host H --build-host B", "switch --target-host=H --build-host=B"],
  ["switch --use-remote-sudo", "switch --elevate=sudo"],
  ["switch --sudo --ask-sudo-password", "switch --elevate=sudo --ask-elevate-password"],
  ["switch --substitute-on-destination", "switch --use-substitutes"],
  ["switch --fast --no-reexec nas", "switch nas | 2 note"],
  // deploy-rs.
  ["deploy --targets .#a .#b", "deploy .#a .#b"],
  ["deploy --targets=.#a", "deploy .#a"],
  ["deploy --magic-rollback false nas", "deploy --no-confirm nas"],
  ["deploy --magic-rollback=false nas", "deploy --no-confirm nas"],
  ["deploy --magic-rollback true nas", "deploy --confirm nas"],
  ["deploy --auto-rollback false", "deploy --no-fallback"],
  ["deploy --fast-connection true", "deploy --no-use-substitutes"],
  ["deploy --fast-connection false", "deploy --use-substitutes"],
  ["deploy --interactive-sudo true", "deploy --ask-elevate-password"],
  ["deploy --interactive-sudo false nas", "deploy nas"],
  ["deploy --confirm-timeout 60", "deploy --confirm-seconds=60"],
  ["deploy --activation-timeout 60", "deploy --activation-seconds=60"],
  ["deploy --remote-build --checksigs", "deploy --build-on-target --check-sigs"],
  ["deploy --boot", "deploy --goal=boot"],
  ["deploy --dry-activate", "deploy --goal=dry-activate"],
  ["deploy --temp-path /t nas", "deploy nas | 1 note"],
  // colmena, nh.
  ["deploy --on @web -p 4", "deploy --on=@web --parallel=4"],
  ["deploy --no-substitutes", "deploy --no-use-substitutes"],
  ["deploy --no-build-on-target", "deploy --no-build-on-target"],
  ["deploy --force-replace-unknown-profiles", "deploy --accept-drift"],
  ["switch --dry --ask", "switch --dry-run --ask"],
  ["switch --elevation-strategy doas", "switch --elevate=doas"],
])("%s → %s", (line, expected) => {
  expect(spelt(line)).toBe(expected);
});

test.each([
  ["switch --upgrade", "nix flake update"],
  ["switch --file x", "--flake REF"],
  ["switch --rollback", "flurry rollback HOSTS"],
])("%s is refused with what to say instead", (line, hint) => {
  expect(() => spelt(line)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(hint) }),
  );
});

test.each([
  "deploy -p",
  "deploy --on --yes",
  "deploy --option a",
  // Only the long form has the habit of standing alone.
  "status -F",
  "-F switch",
  "status -F --yes",
])("%s lacks a value", (line) => {
  expect(() => spelt(line)).toThrow(expect.objectContaining({ code: "usage" }));
});
