/** Flags for Nix that a person gave, for each of the programs they are handed on to. */
export interface NixFlags {
  /** For what reads the flake. */
  readonly evaluate: readonly string[];
  /** For `nix-store --realise`. */
  readonly build: readonly string[];
  /** For `nix copy`. */
  readonly copy: readonly string[];
  /** `-L`: whole logs of builds are wanted. */
  readonly buildLogs: boolean;
}

/** Flags that only make sense where a flake is read, with how many words follow each. */
const evaluateOnly: ReadonlyMap<string, number> = new Map(
  Object.entries({
    "--impure": 0,
    "--show-trace": 0,
    "--override-input": 2,
    "--update-input": 1,
    "--override-flake": 2,
    "--no-update-lock-file": 0,
    "--no-write-lock-file": 0,
    "--recreate-lock-file": 0,
    "--commit-lock-file": 0,
    "--reference-lock-file": 1,
    "--output-lock-file": 1,
    "--no-registries": 0,
    "--use-registries": 0,
    "--inputs-from": 1,
    "--eval-store": 1,
    "--refresh": 0,
    "--offline": 0,
    "--arg": 2,
    "--argstr": 2,
    "-I": 1,
    "--include": 1,
    "--debugger": 0,
    "--accept-flake-config": 0,
    "--no-accept-flake-config": 0,
  }),
);

/** Flags that only make sense where something is built, with how many words follow each. */
const buildOnly: ReadonlyMap<string, number> = new Map(
  Object.entries({
    "-k": 0,
    "--keep-going": 0,
    "-K": 0,
    "--keep-failed": 0,
    "-j": 1,
    "--max-jobs": 1,
    "--cores": 1,
    "--timeout": 1,
    "--max-silent-time": 1,
    "--builders": 1,
    "--fallback": 0,
    "--check": 0,
  }),
);

/**
 * Sorts the flags a person gave to Nix (`-L`, `-k`, all that stood behind `--`). What we do not know
 * goes to all programs: it is most likely a setting, and those are known to each of them.
 */
export function nixFlagsOf(words: readonly string[]): NixFlags {
  const evaluate: string[] = [];
  const build: string[] = [];
  const copy: string[] = [];
  let buildLogs = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const known = evaluateOnly.get(word) ?? buildOnly.get(word) ?? 0;
    const group = words.slice(at, at + 1 + known);
    at += known;
    if (word === "-L" || word === "--print-build-logs") buildLogs = true;
    else if (evaluateOnly.has(word)) evaluate.push(...group);
    else if (buildOnly.has(word) || /^-j\d/.test(word)) build.push(...group);
    else for (const list of [evaluate, build, copy]) list.push(...group);
  }
  return { evaluate, build, copy, buildLogs };
}

/** Nobody gave any. */
export const noNixFlags: NixFlags = nixFlagsOf([]);
