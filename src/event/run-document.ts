import type { ProblemCode } from "../lib/problem.ts";
import type { LaneOutcome, RunOutcome } from "./event.ts";
import { codeOf } from "./exit.ts";
import type { LaneState, RunState } from "./state.ts";

/** What `--json` gives of a run that changes hosts. Times are RFC 3339 in UTC, unknown is null. */
export interface RunDocument {
  readonly schema: "flurry.run/1";
  readonly run: string;
  readonly goal: string | null;
  readonly revision: string | null;
  readonly dirty: boolean;
  readonly by: string | null;
  readonly startedAt: string | null;
  readonly seconds: number | null;
  /** Null: the run has not ended. */
  readonly exit: number | null;
  readonly hosts: Readonly<Record<string, RunHost>>;
}

export interface RunHost {
  readonly outcome: LaneOutcome | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly generation: number | null;
  readonly because: string | null;
  readonly code: ProblemCode | null;
  /** The exit code that this host alone would give. */
  readonly exit: number | null;
  readonly seconds: number | null;
}

/** The runs that were made from here, newest first. */
export interface HistoryDocument {
  readonly schema: "flurry.history/1";
  readonly runs: readonly HistoryRun[];
}

export interface HistoryRun {
  readonly run: string;
  readonly title: string | null;
  readonly goal: string | null;
  readonly by: string | null;
  readonly reason: string | null;
  readonly revision: string | null;
  readonly dirty: boolean;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly seconds: number | null;
  /** `running` while it goes on; `lost` where it ended without a word. */
  readonly outcome: RunOutcome | "running" | "lost";
  readonly exit: number | null;
  readonly hosts: Readonly<Record<string, HistoryHost>>;
}

export interface HistoryHost {
  readonly from: string | null;
  readonly to: string | null;
  readonly generation: number | null;
  readonly outcome: LaneOutcome | null;
  readonly reason: string | null;
  /** How long each step took that ended: `build` → 12.4. */
  readonly phaseSeconds: Readonly<Record<string, number>>;
}

/** A run as its journal tells it, and whether its process still lives. */
export interface RunRecord {
  readonly state: RunState;
  readonly alive: boolean;
}

/** A run as one document. */
export function runDocument(state: RunState): RunDocument {
  const { started, lanes } = state;
  return {
    schema: "flurry.run/1",
    run: state.run,
    goal: started?.goal ?? null,
    revision: started?.revision ?? null,
    dirty: started?.dirty ?? false,
    by: started?.by ?? null,
    startedAt: timeOf(started?.at ?? null),
    seconds: secondsBetween(started?.at ?? null, state.endedAt),
    exit: state.exit,
    hosts: Object.fromEntries([...lanes.values()].map((lane) => [lane.host, runHostOf(lane)])),
  };
}

function runHostOf(lane: LaneState): RunHost {
  const { outcome, from, to, generation, because, problem } = lane;
  return {
    outcome,
    from,
    to,
    generation,
    because,
    code: problem?.code ?? null,
    exit: outcome === null ? null : codeOf({ outcome, problem }),
    seconds: secondsBetween(lane.startedAt, lane.endedAt),
  };
}

/** Runs as one document, in the order they are given. */
export function historyDocument(records: readonly RunRecord[]): HistoryDocument {
  return { schema: "flurry.history/1", runs: records.map(historyRunOf) };
}

function historyRunOf(record: RunRecord): HistoryRun {
  const { state } = record;
  const { started, lanes } = state;
  return {
    run: state.run,
    title: started?.title ?? null,
    goal: started?.goal ?? null,
    by: started?.by ?? null,
    reason: started?.reason ?? null,
    revision: started?.revision ?? null,
    dirty: started?.dirty ?? false,
    startedAt: timeOf(started?.at ?? null),
    endedAt: timeOf(state.endedAt),
    seconds: secondsBetween(started?.at ?? null, state.endedAt),
    outcome: endOf(record),
    exit: state.exit,
    hosts: Object.fromEntries([...lanes.values()].map((lane) => [lane.host, historyHostOf(lane)])),
  };
}

/** How a run ended; a run that did not end goes on, or its process is gone. */
export function endOf({ state, alive }: RunRecord): HistoryRun["outcome"] {
  return state.outcome ?? (alive ? "running" : "lost");
}

function historyHostOf(lane: LaneState): HistoryHost {
  const { from, to, generation, outcome, because } = lane;
  const ended = lane.steps.flatMap(({ kind, startedAt, endedAt }) => {
    const seconds = secondsBetween(startedAt, endedAt);
    return seconds === null ? [] : [[kind, seconds] as const];
  });
  return {
    from,
    to,
    generation,
    outcome,
    reason: because,
    phaseSeconds: Object.fromEntries(ended),
  };
}

/** Milliseconds since 1970 as RFC 3339 in UTC; null stays null. */
export function timeOf(at: number | null): string | null {
  // Beyond this, JavaScript has no dates; a journal may hold any number.
  return at === null || !(Math.abs(at) <= 8.64e15) ? null : new Date(at).toISOString();
}

function secondsBetween(start: number | null, end: number | null): number | null {
  return start === null || end === null ? null : Math.max(0, end - start) / 1000;
}
