import type { LaneOutcome } from "../event/event.ts";
import type { LaneState, StepState } from "../event/state.ts";
import type { Seen } from "../fleet/seen.ts";
import type { Span, Tone } from "./style.ts";

/** How an outcome is shown: a symbol, a colour, and a word for those who see neither. */
export interface OutcomeWords {
  readonly symbol: string;
  readonly tone: Tone;
  readonly word: string;
}

/** The words of each outcome. The word is the same in all views, so that one can search for it. */
export const outcomeWords: Readonly<Record<LaneOutcome, OutcomeWords>> = {
  done: { symbol: "✔", tone: "good", word: "done" },
  unchanged: { symbol: "=", tone: "faint", word: "unchanged" },
  undone: { symbol: "✖", tone: "bad", word: "undone" },
  failed: { symbol: "✖", tone: "bad", word: "failed" },
  stuck: { symbol: "✖", tone: "bad", word: "stuck" },
  unreachable: { symbol: "✖", tone: "bad", word: "unreachable" },
  skipped: { symbol: "⋯", tone: "faint", word: "skipped" },
  detached: { symbol: "▸", tone: "warn", word: "detached" },
  left: { symbol: "⚠", tone: "warn", word: "left" },
};

/** The words of an outcome that a journal tells of, also one that this flurry does not know. */
export function wordsOf(outcome: LaneOutcome): OutcomeWords {
  const known: Partial<Record<string, OutcomeWords>> = outcomeWords;
  return known[outcome] ?? { symbol: "⚠", tone: "warn", word: outcome };
}

/** The symbol in front of a host: done with failed units is a warning. */
export function symbolOf(lane: LaneState): Span {
  if (lane.outcome !== null) {
    const { symbol, tone } = wordsOf(lane.outcome);
    const warned = lane.outcome === "done" && lane.problem !== null;
    return warned ? { text: "⚠", tone: "warn" } : { text: symbol, tone };
  }
  if (failedStep(lane)) return { text: "✖", tone: "bad" };
  return runningStep(lane) ? { text: "▸", tone: "busy" } : { text: "⋯", tone: "faint" };
}

/** The step a host is at: of several that go on, the last. */
export function runningStep({ steps }: LaneState): StepState | undefined {
  return steps.findLast(({ status }) => status === "running");
}

/** The step that failed: of several, the one whose problem became that of the host. */
export function failedStep({ steps, problem }: LaneState): StepState | undefined {
  const failed = steps.filter(({ status }) => status === "failed");
  return failed.find((step) => step.problem?.message === problem?.message) ?? failed.at(-1);
}

/** Its generation before and after: `118 → 119`, `40`. Empty where none is known. */
export function generationText({ outcome, before, seen, generation }: LaneState): string {
  const first = generationOf(before);
  const last = generation ?? generationOf(seen);
  if (first === null || last === null || outcome !== "done" || first === last) {
    return String(last ?? first ?? "");
  }
  return `${first} → ${last}`;
}

/** What a host that was not changed, or went back, runs: `runs generation 118 again`. */
export function standingText(lane: LaneState): string | null {
  const generation = generationOf(lane.before) ?? lane.generation;
  if (generation === null) return null;
  if (lane.outcome === "undone") return `runs generation ${generation} again`;
  if (lane.outcome === "failed") return `still on generation ${generation}`;
  return null;
}

/** A text that stands behind its host's name need not begin with it. */
export function withoutHost(host: string, text: string): string {
  if (text.startsWith(`${host}: `)) return text.slice(host.length + 2);
  return text.startsWith(`${host} `) ? text.slice(host.length + 1) : text;
}

function generationOf(seen: Seen | null): number | null {
  return seen?.answers ? seen.generation : null;
}
