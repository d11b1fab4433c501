import { Problem } from "../lib/problem.ts";

// What people of nixos-rebuild, deploy-rs, colmena and nh have in their fingers, beside what
// normalise.ts takes as it is. What could mean two things is never guessed: it is told how to say it.

/** Flags of other tools, and what to say here. Letters clash between those tools. */
const flagHints: Readonly<Record<string, string>> = {
  "-s": "--use-substitutes",
  "-k": "--keep-going",
  "-p": "--parallel N",
  "-c": "--check-sigs",
  "-S": "--ask-elevate-password",
  "-d": "--verbose",
  "-e": "--elevate HOW",
  "-t": "--to N",
  "-r": "--out-link PATH of flurry build",
  "-H": "the host's name behind the command: flurry switch nas",
  "-u": "nix flake update, and then this again",
  "-U": "nix flake update, and then this again",
  "--update": "nix flake update, and then this again",
  "--update-input": "nix flake update, and then this again",
  "--skip-checks": "a deploy runs no checks of the flake: nix flake check",
  "--keep-result": "--out-link PATH of flurry build",
  "--result-path": "--out-link PATH of flurry build",
  "--config": "--flake REF",
  "--diff": "flurry diff HOSTS",
  "--reboot": "flurry boot HOSTS, then flurry reboot HOSTS",
  "--profile-user": "flurry deploys the profile of the system alone",
  "--profile-name": "flurry deploys the profile of the system alone",
  "--specialisation": "flurry deploys systems without their specialisations",
  "--no-specialisation": "flurry deploys systems without their specialisations",
  "--install-bootloader": "on the host: nixos-rebuild boot --install-bootloader",
  "--no-validate": "systems are always looked at before they are activated",
  "--eval-node-limit": "how many hosts are evaluated at once is not to be set",
  "--evaluator": "how many hosts are evaluated at once is not to be set",
};

/** Where a flag means something else in one command. */
const flagHintsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gc: { "-K": "--keep-since TIME" },
};

/** Commands of other tools. `HOSTS` becomes the words that followed. */
const commandHints: Readonly<Record<string, string>> = {
  "apply boot": "flurry boot HOSTS",
  "apply test": "flurry test HOSTS",
  "apply switch": "flurry switch HOSTS",
  "apply build": "flurry build HOSTS",
  "apply push": "flurry dry-activate HOSTS",
  "apply dry-activate": "flurry dry-activate HOSTS",
  "apply-local": "flurry switch",
  "dry-run": "flurry dry-build HOSTS",
  info: "flurry generations HOSTS",
  update: "nix flake update",
  repl: "nix repl",
  eval: "nix eval",
  vm: "nix build .#nixosConfigurations.HOST.config.system.build.vm",
  "build-vm": "nix build .#nixosConfigurations.HOST.config.system.build.vm",
};

/** All that is said instead, for a test. */
export const allHints: readonly string[] = [
  flagHints,
  ...Object.values(flagHintsOf),
  commandHints,
].flatMap((hints) => Object.values(hints));

/** What to say in place of a flag that a command does not have; undefined: nobody's habit. */
export function hintForFlag(flag: string, command: string): string | undefined {
  const hints = { ...flagHints, ...flagHintsOf[command] };
  return Object.hasOwn(hints, flag) ? hints[flag] : undefined;
}

/**
 * The words as they are said here: `os switch` is `switch`. Throws a usage Problem, with what to say,
 * for commands of other tools that are none here, and for `apply boot`, which means all hosts there.
 */
export function inOurWords(words: readonly string[]): readonly string[] {
  const ours = withoutOs(words);
  for (const count of [2, 1]) {
    const said = ours.slice(0, count).join(" ");
    if (ours.length < count || !Object.hasOwn(commandHints, said)) continue;
    const hosts = ours.slice(count).join(" ") || "HOSTS";
    throw new Problem("usage", `flurry has no command “${said}”`, {
      hint: (commandHints[said] ?? "").replace(/\bHOSTS$/, () => hosts),
    });
  }
  return ours;
}

/** nh says `os switch` for `switch`. */
export function withoutOs(words: readonly string[]): readonly string[] {
  return words[0] === "os" && words.length > 1 ? words.slice(1) : words;
}
