import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../src/testing/fleet/program.ts";

/** A program that was started: by whom, and with which words. */
export interface Call {
  readonly program: string;
  readonly parent: string;
  readonly words: string;
}

/** The processes of one deploy. */
export interface Processes {
  readonly nix: number;
  /** Started by the tool itself; `ssh -G`, which reads a configuration, is not among them. */
  readonly ssh: number;
  readonly sshByNix: number;
  /** How often each kind of nix process was started, such as `nix copy`. */
  readonly kinds: Readonly<Record<string, number>>;
}

const programs: readonly string[] = [
  "nix",
  "nix-build",
  "nix-env",
  "nix-instantiate",
  "nix-store",
  "ssh",
];

/**
 * Makes a folder of programs that write down a line and become the real one. It counts what is found
 * by PATH, for all in the same way; what Nix starts by a path of its own (a build hook) is not seen.
 */
export async function makeCounters(
  folder: string,
  log: string,
  names: readonly string[] = programs,
): Promise<void> {
  mkdirSync(folder);
  for (const program of names) {
    const real = (await run(["sh", "-c", 'command -v "$0"', program])).trim();
    // `self` is looked up by the kernel, so this also holds in a process namespace of one's own.
    const script = `#!/bin/sh
read -r _ _ _ parent _ < /proc/self/stat
read -r name < "/proc/$parent/comm" || name=
printf '%s\\t%s\\t%s\\n' ${program} "$name" "$(printf '%s' "$*" | tr '\\n\\t' '  ')" >> '${log}'
exec '${real}' "$@"
`;
    writeFileSync(join(folder, program), script, { mode: 0o755 });
  }
}

/** Reads what the counters wrote. */
export function parseCalls(log: string): readonly Call[] {
  return log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [program = "", parent = "", words = ""] = line.split("\t");
      return { program, parent, words };
    });
}

/** Counts calls by what they were for. */
export function countProcesses(calls: readonly Call[]): Processes {
  const ssh = calls.filter(
    ({ program, words }) => program === "ssh" && !/^-G\b|\s-G\b/.test(words),
  );
  const nix = calls.filter(({ program }) => isNix(program));
  const kinds: Record<string, number> = {};
  for (const { program, words } of nix) {
    const kind = kindOf(program, words.split(" "));
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  const byNix = ssh.filter(({ parent }) => isNix(parent)).length;
  return { nix: nix.length, ssh: ssh.length - byNix, sshByNix: byNix, kinds };
}

/** Also as NixOS wraps it: `.nix-wrapped`. */
function isNix(name: string): boolean {
  return /^\.?nix\b/.test(name);
}

const nixVerbs =
  /^(build|copy|eval|path-info|show-derivation|store [\w-]+|derivation [\w-]+|flake [\w-]+)$/;

/** `nix flake metadata`, `nix-store --realise`: enough to know what it was for. */
function kindOf(program: string, words: readonly string[]): string {
  const pairs = words.map((word, at) => `${word} ${words[at + 1]}`);
  const verb =
    program === "nix"
      ? [...words, ...pairs].find((text) => nixVerbs.test(text))
      : words.find((word) => word.startsWith("--"));
  return verb === undefined ? program : `${program} ${verb}`;
}

/**
 * flurry's promise: nix processes at most 4, and one for each host evaluated, batch built and host
 * copied to; ssh of its own at most 2 a host. Returns a sentence for each that is broken.
 */
export function overBudget(
  { nix, ssh, kinds }: Processes,
  hosts: number,
  copied: number,
): readonly string[] {
  // At most a batch for each host; fewer where hosts wait for the builder together.
  const built = Math.min(kinds["nix-store --realise"] ?? 0, hosts);
  const most = 4 + hosts + built + copied;
  return [
    ...(nix > most ? [`${nix} nix processes, and ${most} are promised`] : []),
    ...(ssh > 2 * hosts ? [`${ssh} ssh of its own, and ${2 * hosts} are promised`] : []),
  ];
}
