import type { Snapshot } from "../fleet/fleet.ts";
import type { Host } from "../fleet/host.ts";
import { Problem } from "../lib/problem.ts";
import { derivationOf } from "../nix/commands.ts";
import {
  decisiveError,
  evaluationProblem,
  framesOf,
  pathInTree,
  type Place,
  warningsWorthTelling,
} from "../nix/evaluation-error.ts";
import type { NixFlags } from "../nix/nix-flags.ts";
import { NixLog } from "../nix/parse-log.ts";
import type { World } from "../world/world.ts";
import { askNix, linesOf } from "./ask-nix.ts";
import { gateOf } from "./gate.ts";

/** Finds the derivations of hosts' systems. */
export interface Evaluator {
  /**
   * The derivation of the host's system. Call it for all hosts at once: as many as the machine can
   * bear are evaluated side by side, in the order of the calls. Throws `evaluation-failed`,
   * `evaluation-timed-out` or `interrupted`.
   */
  readonly evaluate: (host: Host, signal?: AbortSignal) => Promise<string>;
}

export interface EvaluatorOptions {
  readonly flags: NixFlags;
  /** How many processes can really work at once. */
  readonly cores: number;
  /** Where the person's files are, for pointing into them; null: nowhere here. */
  readonly folder?: string | null;
  /** Each warning is told once, with the first host that gave it. */
  readonly tell?: (warning: string, host: string | null) => void;
}

/** What one evaluation of a modern system takes, and what is left to everyone else; in KiB. */
const memoryOfOne = 0.8e9 / 1024;
const memoryToLeave = 1024 ** 2;

/**
 * One process a host: an evaluation that fails takes nobody along, and the memory of many systems
 * is never held at once. (Ten small ones together would save 9 ms a host, ten large ones would take
 * 3 GiB in place of 1.)
 */
export function evaluatorOf(
  world: World,
  snapshot: Snapshot,
  options: EvaluatorOptions,
): Evaluator {
  const gate = gateOf(() => evaluationWidth(world, options.cores));
  const told = new Set<string>();

  async function evaluate(host: Host, signal?: AbortSignal): Promise<string> {
    const log = new NixLog();
    const seconds = host.settings.policy.evaluateSeconds;
    const flags = [...snapshot.flags, ...options.flags.evaluate];
    const command = derivationOf(
      { reference: snapshot.reference, attribute: host.attribute },
      flags,
      seconds,
    );
    const { code, stdout } = await askNix(world, command, {
      print: (line) => log.line(line),
      signal,
    }).then(undefined, (problem: unknown) => {
      throw brokenOff(host, problem, seconds);
    });
    log.finish(code);
    warn(host, log);
    const derivation = linesOf(stdout).at(-1);
    if (code !== 0 || derivation === undefined) {
      throw evaluationProblem(host.name, log, await placeOf(world, log, options.folder ?? null));
    }
    return derivation;
  }

  function warn(host: Host, log: NixLog): void {
    for (const warning of warningsWorthTelling(log.warnings)) {
      if (told.has(warning)) continue;
      told.add(warning);
      options.tell?.(warning, host.name);
    }
  }

  return { evaluate: (host, signal) => gate.pass(() => evaluate(host, signal), signal) };
}

/** How many evaluations this machine can bear at once, at least one. */
export async function evaluationWidth(world: World, cores: number): Promise<number> {
  const text = await world.files.read("/proc/meminfo");
  const available = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(text ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(available)) return Math.max(1, cores);
  return Math.max(1, Math.min(cores, Math.floor((available - memoryToLeave) / memoryOfOne)));
}

/** The process came to no answer: it took too long, was killed, or could not be started. */
function brokenOff(host: Host, problem: unknown, seconds: number): unknown {
  if (!(problem instanceof Problem)) return problem;
  const { name } = host;
  if (problem.code === "command-timed-out") {
    return new Problem("evaluation-timed-out", `${name} was not evaluated within ${seconds} s`, {
      hint: `Give it longer with FLURRY_EVALUATE_SECONDS, or find what goes on for ever: flurry plan ${name} -- --show-trace`,
      cause: problem,
    });
  }
  if (problem.code !== "command-failed") return problem;
  return new Problem("evaluation-failed", `${name} does not evaluate: ${problem.message}`, {
    hint: "A program that was killed may have run out of memory: dmesg | tail says so.",
    evidence: problem.evidence.filter((line) => !line.includes("@nix ")),
    cause: problem,
  });
}

/** The last place the error went through that is a file of the person's own. */
async function placeOf(world: World, log: NixLog, folder: string | null): Promise<Place | null> {
  const frames = framesOf(decisiveError(log)?.text ?? "");
  for (const { file, line, column, source } of frames.toReversed()) {
    const path = pathInTree(file, folder);
    if (path === null) continue;
    if (folder !== null && !(await isTheirs(world, `${folder}/${path}`, line, source))) continue;
    return { position: `${path}:${line}:${column}`, source };
  }
  return null;
}

/** An input may have a file of the same name: then its lines differ from those that Nix shows. */
async function isTheirs(
  world: World,
  path: string,
  line: number,
  source: readonly string[],
): Promise<boolean> {
  const text = await world.files.read(path).then(undefined, () => undefined);
  if (text === undefined) return false;
  const shown = source.find((row) => new RegExp(`^ *${line}\\|`).test(row));
  const there = text.split("\n")[line - 1];
  return shown === undefined || shown.replace(/^ *\d+\| ?/, "").trimEnd() === there?.trimEnd();
}
