import { Problem, type ProblemCode } from "../lib/problem.ts";

/** How many of the last lines a Problem shows. */
export const linesShown = 20;

/** Why a program is not there, with how to get it. */
export function toolMissing(file: string, cause: unknown): Problem {
  const debian = packages[file];
  const hint = debian
    ? `On Debian: apt-get install ${debian}`
    : `Install ${file}, or put it on PATH.`;
  const code = file.startsWith("nix") ? "nix-missing" : "tool-missing";
  return new Problem(code, `${file} is not on PATH`, { hint, cause });
}

const packages: Readonly<Record<string, string>> = {
  nix: "nix-bin",
  "nix-store": "nix-bin",
  "nix-env": "nix-bin",
  "nix-instantiate": "nix-bin",
  ssh: "openssh-client",
  "ssh-keyscan": "openssh-client",
  git: "git",
  flock: "util-linux",
};

/** A program that could not be started for another reason than that it is not there. */
export function cannotStart(file: string, cause: unknown): Problem {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Problem("command-failed", `${file} cannot be started: ${why}`, { cause });
}

/** How long a command may take at most, passed. */
export function tookTooLong(what: string, seconds: number, lines: readonly string[]): Problem {
  const message = `${what} took longer than ${seconds} s`;
  return new Problem("command-timed-out", message, { evidence: lines.slice(-linesShown) });
}

/** Ended early because somebody asked for it. */
export function interrupted(what: string): Problem {
  return new Problem("interrupted", `${what} was interrupted`);
}

/** What an exit code that nobody asked for means. `lines` is what was printed last. */
export function exitedWith(
  what: string,
  code: number,
  lines: readonly string[],
  exits: Readonly<Record<number, ProblemCode>> = {},
): Problem {
  const evidence = lines.slice(-linesShown);
  const exited = `${what} ended with ${code}`;
  const meaning = exits[code];
  if (meaning === undefined) return new Problem("command-failed", exited, { evidence });
  const last = lines.findLast((line) => line.trim() !== "");
  return new Problem(meaning, last ?? exited, { evidence });
}

/** A command in a few words, as a message names it: `nix build`, `ssh`. */
export function commandName(argv: readonly string[]): string {
  const [file = "", verb = ""] = argv;
  const name = file.slice(file.lastIndexOf("/") + 1);
  return /^[a-z][a-z-]*$/.test(verb) ? `${name} ${verb}` : name;
}
