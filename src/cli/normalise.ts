import { Problem } from "../lib/problem.ts";
import type { Flag } from "./command.ts";

/** What was typed, in one spelling: flags as `--name` or `--name=value`, everything else a word. */
export interface Normal {
  readonly argv: readonly string[];
  /** Nix's own flags that stood among ours. */
  readonly nix: readonly string[];
  /** What stood after the first `--`; null: there was none. */
  readonly rest: readonly string[] | null;
  /** What was left out, and why: for stderr. */
  readonly notes: readonly string[];
}

/** What the words before `--` may be. */
export interface Vocabulary {
  /** Flags by all their names and letters, without dashes. */
  readonly flags: ReadonlyMap<string, Flag<unknown>>;
  /** First words of commands. */
  readonly verbs: ReadonlySet<string>;
}

/** Names of other tools' flags, and ours. An empty list: what follows are plain words. */
const renamed: Readonly<Record<string, readonly string[]>> = {
  "--targets": [],
  "--interactive": ["--ask"],
  "-i": ["--ask"],
  "--boot": ["--goal=boot"],
  "--dry-activate": ["--goal=dry-activate"],
  "--sudo": ["--elevate=sudo"],
  "--use-remote-sudo": ["--elevate=sudo"],
  "--fast-connection": ["--no-use-substitutes"],
  "--no-substitute": ["--no-use-substitutes"],
  "--no-substitutes": ["--no-use-substitutes"],
  "--magic-rollback": ["--confirm"],
  "--auto-rollback": ["--fallback"],
  "--interactive-sudo": ["--ask-elevate-password"],
  "--force-replace-unknown-profiles": ["--accept-drift"],
  "--debug": ["--verbose"],
  "--debug-logs": ["--verbose"],
};

/** deploy-rs lets `true` or `false` follow these. On the right: what `false` means. */
const booleans: Readonly<Record<string, readonly string[]>> = {
  "--fast-connection": ["--use-substitutes"],
  "--magic-rollback": ["--no-confirm"],
  "--auto-rollback": ["--no-fallback"],
  "--interactive-sudo": [],
};

/** Nix's flags by how many words follow. `--fallback` is ours: Nix's comes after `--`. */
const nixFlags: Readonly<Record<string, number>> = {
  "-L": 0,
  "--print-build-logs": 0,
  "--show-trace": 0,
  "-K": 0,
  "--keep-failed": 0,
  "--impure": 0,
  "--offline": 0,
  "--no-net": 0,
  "--refresh": 0,
  "--repair": 0,
  "--accept-flake-config": 0,
  "--recreate-lock-file": 0,
  "--no-update-lock-file": 0,
  "--no-write-lock-file": 0,
  "--no-registries": 0,
  "--commit-lock-file": 0,
  "-j": 1,
  "--max-jobs": 1,
  "--cores": 1,
  "--builders": 1,
  "-I": 1,
  "--option": 2,
  "--nix-option": 2,
  "--override-input": 2,
};

/** Flags that have nothing to do here, by how many words follow. */
const without: Readonly<Record<string, number>> = {
  "--temp-path": 1,
  "--log-dir": 1,
  "--log-format": 1,
  "--no-reexec": 0,
  "--fast": 0,
  "--no-build-nix": 0,
  "--no-ssh-tty": 0,
  "--no-nom": 0,
  "--no-gzip": 0,
  "--no-compress": 0,
  "--no-keys": 0,
  "-R": 0,
  "--experimental-flake-eval": 0,
  "--legacy-flake-eval": 0,
  "--rollback-succeeded": 0,
};

const refused: Readonly<Record<string, string>> = {
  "--upgrade": "flurry reads flakes: nix flake update",
  "--upgrade-all": "flurry reads flakes: nix flake update",
  "--file": "flurry reads flakes: --flake REF",
  "--attr": "flurry reads flakes: --flake REF#HOST",
  "--rollback": "flurry rollback HOSTS",
  "--list-generations": "flurry generations HOSTS",
};

/**
 * Brings the habits of other tools, clusters of letters (`-p4`, `-vv`) and flags of Nix into one
 * spelling, so that the parser behind it has no exceptions. Throws a Problem for what cannot be
 * said here, with what to say instead.
 */
export function normalise(argv: readonly string[], vocabulary: Vocabulary): Normal {
  const end = argv.indexOf("--");
  const queue = end < 0 ? [...argv] : argv.slice(0, end);
  const found = { argv: [] as string[], nix: [] as string[], notes: [] as string[] };
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const name = equals < 0 ? word : word.slice(0, equals);
    const value = equals < 0 ? undefined : word.slice(equals + 1);
    if (!word.startsWith("-") || word === "-") found.argv.push(word);
    else if (/^-[^-]./u.test(word)) queue.unshift(...lettersOf(word, vocabulary));
    else if (Object.hasOwn(refused, name)) throw refusalOf(name);
    else if (Object.hasOwn(booleans, name)) found.argv.push(...truthOf(name, value, queue));
    else if (Object.hasOwn(renamed, name)) found.argv.push(...renamedOf(name, value));
    else if (Object.hasOwn(without, name)) {
      if (value === undefined) queue.splice(0, without[name]);
      found.notes.push(`${name} has nothing to do here, and is left out`);
    } else if (Object.hasOwn(nixFlags, name)) {
      found.nix.push(...nixWords(name, value, queue));
    } else found.argv.push(ownFlag(word, queue, vocabulary));
  }
  return { ...found, rest: end < 0 ? null : argv.slice(end + 1) };
}

/** `-vvp4` → `-v -v -p 4`: letters, up to the first that takes a value. */
function lettersOf(word: string, { flags }: Vocabulary): readonly string[] {
  const words: string[] = [];
  const letters = Array.from(word.slice(1));
  for (const [at, letter] of letters.entries()) {
    words.push(`-${letter}`);
    const valued = flags.get(letter)?.takes === "value" || (nixFlags[`-${letter}`] ?? 0) > 0;
    const value = letters
      .slice(at + 1)
      .join("")
      .replace(/^=/u, "");
    if (valued && at + 1 < letters.length) return [...words, value];
  }
  return words;
}

function refusalOf(name: string): Problem {
  return new Problem("unknown-flag", `${name} is not for flakes or has a verb of its own`, {
    ...(refused[name] !== undefined && { hint: refused[name] }),
  });
}

/** `--magic-rollback false` → `--no-confirm`. */
function truthOf(name: string, value: string | undefined, queue: string[]): readonly string[] {
  const next = queue[0];
  const said = value ?? (next === "true" || next === "false" ? queue.shift() : "true");
  if (said === "false") return booleans[name] ?? [];
  return renamed[name] ?? [name];
}

function renamedOf(name: string, value: string | undefined): readonly string[] {
  return [...(renamed[name] ?? []), ...(value === undefined ? [] : [value])];
}

function nixWords(name: string, value: string | undefined, queue: string[]): readonly string[] {
  const count = nixFlags[name] ?? 0;
  const words = [...(value === undefined ? [] : [value]), ...queue];
  if (words.length < count) {
    throw new Problem("usage", `${name} takes ${count === 1 ? "a value" : `${count} values`}`);
  }
  queue.splice(0, Math.max(0, count - (value === undefined ? 0 : 1)));
  return [name === "--nix-option" ? "--option" : name, ...words.slice(0, count)];
}

/** `-p 4`, `--parallel 4` → `--parallel=4`. What is no flag of ours stays as it is. */
function ownFlag(word: string, queue: string[], { flags, verbs }: Vocabulary): string {
  const equals = word.indexOf("=");
  const name = word.slice(word.startsWith("--") ? 2 : 1, equals < 0 ? undefined : equals);
  const flag = flags.get(name);
  if (flag === undefined) return word;
  if (equals >= 0 || flag.takes !== "value") {
    return `--${flag.name}${equals < 0 ? "" : word.slice(equals)}`;
  }
  const next = queue[0];
  const known = next !== undefined && isFlag(next, flags);
  const isMissing = next === undefined || known;
  // nixos-rebuild's habit: `--flake` alone is the flake of this folder.
  const isVerb = flag.name === "flake" && next !== undefined && verbs.has(next);
  if (word === "--flake" && (isMissing || isVerb)) return "--flake=.";
  if (isMissing || isVerb) {
    throw new Problem("usage", `${word} takes a value`, {
      hint: known ? `--${flag.name}=${next}` : `${word} ${flag.usage ?? "VALUE"}`,
    });
  }
  return `--${flag.name}=${queue.shift() ?? ""}`;
}

/** Would this word be taken for a flag if it stood alone? */
function isFlag(word: string, flags: Vocabulary["flags"]): boolean {
  const name = /^--?(?:no-)?([^=]+)/u.exec(word)?.[1];
  return name !== undefined && (flags.has(name) || Object.hasOwn(nixFlags, word));
}
