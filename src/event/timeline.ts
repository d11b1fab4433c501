import type { Problem } from "../lib/problem.ts";
import type { Emit, Event, Happening } from "./event.ts";
import { declaresIntent, encodeLine, isKept } from "./journal-line.ts";
import { nothingYet, reduce, type RunState } from "./state.ts";

/** Someone looking on: told what happened, and what has become of the run by that. */
export type Listener = (event: Event, state: RunState) => void;

/** The one true order of what happens in a run. */
export interface Timeline {
  readonly emit: Emit;
  readonly state: () => RunState;
}

/** Progress of one step is told at most ten times a second. */
const progressMilliseconds = 100;

/** Where a timeline writes, and whom it tells. */
export interface TimelineOptions {
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Appends a line to the journal, on the disk before it returns if `durable`. Never throws. */
  readonly keep?: (line: string, durable: boolean) => Problem | undefined;
  readonly listeners: readonly Listener[];
}

/**
 * Numbers what happens, keeps it in the journal first, then tells those who look on. A journal
 * that cannot be written does not end a run on hosts: it is told once, as a warning.
 */
export function timelineOf({ run, now, keep, listeners }: TimelineOptions): Timeline {
  let state = nothingYet;
  let next = 0;
  let told = false;
  const progressAt = new Map<string, number>();

  /** The last figures of a step may be dropped: that it finished says the same. */
  function isTooSoon(happening: Happening, at: number): boolean {
    if (happening.kind !== "step.progressed") return false;
    const key = `${happening.step} ${happening.unit} ${happening.note ?? ""}`;
    if (at - (progressAt.get(key) ?? -Infinity) < progressMilliseconds) return true;
    progressAt.set(key, at);
    return false;
  }

  function emit(happening: Happening): void {
    const at = now();
    if (isTooSoon(happening, at)) return;
    const kept = isKept(happening);
    const event: Event = { v: 1, run, ...(kept && { seq: next }), at, ...happening };
    if (kept) next += 1;
    const problem = kept ? keep?.(encodeLine(event), declaresIntent(happening)) : undefined;
    state = reduce(state, event);
    for (const listener of listeners) listener(event, state);
    if (problem !== undefined && !told) {
      told = true;
      emit({ kind: "warning.given", host: null, message: problem.message });
    }
  }

  return { emit, state: () => state };
}
