import { type ProblemReport, problemExits } from "../lib/problem.ts";
import type { LaneOutcome, RunOutcome } from "./event.ts";

/** How the part of one host ended, as far as the exit code needs it. */
export interface LaneEnd {
  readonly outcome: LaneOutcome;
  readonly problem?: ProblemReport | null;
}

/** In which order phases fail: of several failures, the first in this list gives the exit code. */
const phases = [10, 11, 12, 14, 15, 16, 20, 64, 65, 69, 70, 75, 77];

const undoFailed = 13;
const partial = problemExits.partial;
const nobodyAnswers = problemExits["no-host-answers"];
const refused = problemExits["host-changed"];

/** What a signal means as an exit code. Everything that ends us from outside counts as TERM. */
const signals: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * The exit code of a run that changes hosts. A host that needs a person outranks all; then an
 * interruption; 20 where some hosts have what was asked for and some have not; else the first
 * failing phase.
 */
export function exitOf(ends: readonly LaneEnd[], signal: string | null = null): number {
  const codes = ends.map(codeOf);
  if (codes.includes(undoFailed)) return undoFailed;
  if (signal !== null) return signals[signal] ?? 143;
  if (ends.length > 0 && ends.every(isUnanswered)) return nobodyAnswers;
  const missing = ends.filter((end) => !hasIt(end));
  if (missing.length > 0 && missing.length < ends.length) return partial;
  if (ends.some(({ outcome }) => outcome === "detached")) return problemExits.interrupted;
  // Hosts that were skipped have no failure of their own; they count where nothing else does.
  const telling = ends.filter((end) => end.outcome !== "skipped" || end.problem);
  return firstPhase(telling.length > 0 ? telling.map(codeOf) : codes);
}

/** The exit code of a run that only reads: that a host does not answer is an answer, too. */
export function readingExitOf(ends: readonly LaneEnd[], signal: string | null = null): number {
  const answered = ends.filter((end) => !isUnanswered(end));
  return exitOf(answered.length > 0 ? answered : ends, signal);
}

/** What a host answered to a single question, as far as the exit code needs it. */
export interface Answer {
  readonly answers: boolean;
  readonly problem?: ProblemReport | null;
}

/** The exit code of single questions: 69 where nobody answers, 65 where nobody could be asked. */
export function exitOfAnswers(all: readonly Answer[]): number {
  if (all.length === 0 || all.some(({ answers }) => answers)) return 0;
  const badly = "host-described-badly";
  return all.every(({ problem }) => problem?.code === badly) ? problemExits[badly] : nobodyAnswers;
}

/** An exit code in a word. */
export function outcomeOf(exit: number): RunOutcome {
  if (exit === 0) return "succeeded";
  if (exit === partial) return "partial";
  return Object.values(signals).includes(exit) ? "interrupted" : "failed";
}

/** The host has what was asked for, though perhaps with failed units. */
function hasIt({ outcome }: LaneEnd): boolean {
  return outcome === "done" || outcome === "unchanged";
}

/** It did not answer the first look. A host that was lost later is `failed`, or `host-silent`. */
function isUnanswered({ outcome, problem }: LaneEnd): boolean {
  return outcome === "unreachable" && (problem?.code ?? "host-unreachable") === "host-unreachable";
}

/** The exit code of one host alone. */
export function codeOf({ outcome, problem }: LaneEnd): number {
  const said = problem ? problemExits[problem.code] : undefined;
  switch (outcome) {
    case "done":
    case "unchanged":
      return said ?? 0;
    case "stuck":
      return undoFailed;
    case "undone":
    case "left":
      return said ?? 14;
    case "unreachable":
      return said ?? 12;
    case "detached":
      return said ?? problemExits.interrupted;
    case "skipped":
      return said ?? refused;
    case "failed":
      return said ?? problemExits.bug;
  }
}

function firstPhase(codes: readonly number[]): number {
  return phases.find((phase) => codes.includes(phase)) ?? codes.find((code) => code !== 0) ?? 0;
}
