import type { Event } from "../event/event.ts";
import { endOf, type RunRecord, timeOf } from "../event/run-document.ts";
import { hostOfStep, type LaneState, nothingYet, reduce, type RunState } from "../event/state.ts";
import { durationText } from "../lib/duration.ts";
import { clean } from "../lib/width.ts";
import { dayAndTime, offsetHere, timeOfDay } from "./clock.ts";
import { failuresText } from "./failure.ts";
import { revisionText } from "./frame.ts";
import { withoutHost, wordsOf } from "./lane-words.ts";
import { plainRevision, plainRows } from "./plain-rows.ts";
import { factsOf } from "./plain.ts";
import { typedCommand } from "./run-words.ts";
import { draw, drawAll, type Line, type Span, type Style } from "./style.ts";
import { summaryText } from "./summary.ts";
import { type Cell, type Column, tableLines } from "./table.ts";

const columns: readonly Column[] = [
  { heading: "RUN" },
  { heading: "WHEN" },
  { heading: "WHAT", most: 36 },
  { heading: "REVISION", rank: 3 },
  { heading: "WHO", rank: 2, most: 24 },
  { heading: "TOOK", align: "right", rank: 4 },
  { heading: "OUTCOME" },
];

/** Runs in the order they are given, a line each. */
export function historyText(
  records: readonly RunRecord[],
  style: Style,
  offsetMinutes?: number,
): string[] {
  if (records.length === 0) return drawAll([["no run was made from here yet"]], style);
  const rows = records.map((record) => rowOf(record, offsetMinutes));
  return drawAll(tableLines(columns, rows, style, { headings: true, indent: "" }), style);
}

/** `flurry history --plain`: run, time, title, revision, who, seconds, outcome. */
export function historyPlain(records: readonly RunRecord[]): string[] {
  return plainRows(
    records.map((record) => {
      const { run, started, at, endedAt } = record.state;
      const begun = started?.at ?? at;
      return [
        run,
        timeOf(begun),
        started?.title ?? null,
        started && plainRevision(started.revision, started.dirty),
        started?.by ?? null,
        endedAt === null ? null : (endedAt - begun) / 1000,
        endOf(record),
      ];
    }),
  );
}

function rowOf(record: RunRecord, offsetMinutes?: number): Cell[] {
  const { run, started, endedAt, lanes } = record.state;
  const at = started?.at ?? record.state.at;
  return [
    run,
    dayAndTime(at, offsetMinutes ?? offsetHere(at)),
    started?.title ?? "",
    started?.revision ? revisionText(started.revision, started.dirty) : "–",
    started?.by ?? "",
    started === null || endedAt === null ? "–" : durationText((endedAt - started.at) / 1000),
    outcomeCell(record, [...lanes.values()]),
  ];
}

function outcomeCell(record: RunRecord, lanes: readonly LaneState[]): Span {
  const outcome = endOf(record);
  const counts = new Map<string, number>();
  for (const lane of lanes) {
    const word = lane.outcome === null ? "unfinished" : wordsOf(lane.outcome).word;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const detail = [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
  const { symbol, tone } = marks[outcome] ?? marks.failed;
  return { text: `${symbol} ${outcome}${detail ? `: ${detail}` : ""}`, tone };
}

const marks: Readonly<
  Record<
    ReturnType<typeof endOf>,
    { readonly symbol: string; readonly tone: NonNullable<Span["tone"]> }
  >
> = {
  succeeded: { symbol: "✔", tone: "good" },
  partial: { symbol: "⚠", tone: "warn" },
  failed: { symbol: "✖", tone: "bad" },
  interrupted: { symbol: "⚠", tone: "warn" },
  running: { symbol: "▸", tone: "busy" },
  lost: { symbol: "✖", tone: "bad" },
};

/** One run: who wanted what and why, how each host ended, and each failure in full. */
export function runText(record: RunRecord, style: Style, offsetMinutes?: number): string[] {
  const { state } = record;
  const { started, at } = state;
  const facts: Line[] = [
    fact("run", state.run),
    fact("what", started?.title),
    fact("when", dayAndTime(started?.at ?? at, offsetMinutes ?? offsetHere(at))),
    fact("who", started?.by),
    fact("why", started?.reason),
    fact("typed", typedCommand(state)),
    fact("source", started?.source),
    fact("revision", started?.revision && revisionText(started.revision, started.dirty)),
    fact("outcome", outcomeCell(record, []).text),
    fact("exit", state.exit === null ? null : String(state.exit)),
  ].filter((line) => line.length > 0);
  const systems = [...state.lanes.values()].flatMap(systemsOf);
  return [
    ...drawAll(facts, style),
    "",
    ...drawAll(systems, style),
    ...(systems.length > 0 ? [""] : []),
    ...failuresText(state, style),
    ...summaryText(state, style, { alive: record.alive }),
  ];
}

function fact(name: string, value: string | null | undefined): Line {
  return value ? [{ text: name.padEnd(10), tone: "faint" }, value] : [];
}

function systemsOf({ host, from, to }: LaneState): Line[] {
  return [
    ...(from === null ? [] : [[{ text: `${host}  from  `, tone: "faint" as const }, from]]),
    ...(to === null ? [] : [[{ text: `${host}  to    `, tone: "faint" as const }, to]]),
  ];
}

/** Where the time of a run went: seconds for each host and step. */
export function timingText(state: RunState, style: Style): string[] {
  const lanes = [...state.lanes.values()];
  const kinds = [...new Set(lanes.flatMap(({ steps }) => steps.map(({ kind }) => kind)))];
  const shown = kinds.filter((kind) => lanes.some((lane) => secondsOf(lane, kind) !== null));
  const rows = lanes.map((lane): Cell[] => {
    const all = shown.map((kind) => secondsOf(lane, kind));
    const took =
      lane.startedAt !== null && lane.endedAt !== null
        ? (lane.endedAt - lane.startedAt) / 1000
        : null;
    return [lane.host, ...all.map(secondsText), secondsText(took)];
  });
  const table: Column[] = [
    { heading: "HOST", most: 24 },
    ...shown.map((kind, at): Column => ({ heading: kind.toUpperCase(), align: "right", rank: at })),
    { heading: "IN ALL", align: "right" },
  ];
  return drawAll(tableLines(table, rows, style, { headings: true, indent: "" }), style);
}

function secondsOf({ steps }: LaneState, kind: string): number | null {
  const step = steps.find((each) => each.kind === kind);
  if (!step || step.startedAt === null || step.endedAt === null) return null;
  return (step.endedAt - step.startedAt) / 1000;
}

function secondsText(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 100 ? `${seconds.toFixed(1)} s` : durationText(seconds);
}

/** All that a journal holds, as the plain view would have told it; of one host, or of all. */
export function logText(
  events: readonly Event[],
  host: string | null,
  style: Style,
  offsetMinutes?: number,
): string[] {
  let state = nothingYet;
  return events.flatMap((event) => {
    state = reduce(state, event);
    if (host !== null && hostOf(event) !== host) return [];
    const time = timeOfDay(event.at, offsetMinutes ?? offsetHere(event.at));
    // A log is searched and piped: no line of it is cut.
    return factsOf(event, state).map((text) =>
      draw([`${time} ${clean(text)}`], { ...style, width: Infinity }),
    );
  });
}

function hostOf(event: Event): string | null {
  if ("host" in event) return event.host;
  return "step" in event ? hostOfStep(event.step) : null;
}

/** What one host remembers of a run. */
export interface HostMemory {
  readonly run: string;
  readonly phase: string;
  readonly because: string | null;
  readonly owner: string | null;
  readonly reason: string | null;
  readonly goal: string | null;
  /** Milliseconds since 1970. */
  readonly at: number | null;
  readonly revision: string | null;
  readonly revisionDirty: boolean;
}

const memoryColumns: readonly Column[] = [
  { heading: "RUN" },
  { heading: "WHEN" },
  { heading: "GOAL" },
  { heading: "REVISION", rank: 2 },
  { heading: "WHO", rank: 1, most: 24 },
  { heading: "HOW" },
];

/** What a host remembers; why it does not say, where `runs` is null. */
export interface HostMemories {
  readonly host: string;
  readonly runs: readonly HostMemory[] | null;
  readonly problem: { readonly message: string } | null;
}

/** `flurry history --on HOSTS --plain`: host, run, time, goal, revision, who, phase, why. */
export function hostHistoryPlain({ host, runs }: HostMemories): string[] {
  return plainRows(
    (runs ?? []).map(({ run, at, goal, revision, revisionDirty, owner, phase, because }) => {
      const built = plainRevision(revision, revisionDirty);
      return [host, run, timeOf(at), goal, built, owner, phase, because];
    }),
  );
}

/** Runs as one host remembers them, newest first. */
export function hostHistoryText(
  told: HostMemories,
  style: Style,
  offsetMinutes?: number,
): string[] {
  const title: Line = [{ text: told.host, tone: "strong" }];
  if (told.runs === null) {
    const why = withoutHost(told.host, told.problem?.message ?? "no answer");
    return drawAll([title, ["  ", { text: "✖", tone: "bad" }, ` ${why}`]], style);
  }
  if (told.runs.length === 0) return drawAll([title, ["  no run is remembered"]], style);
  const rows = told.runs.map((one): Cell[] => [
    one.run,
    one.at === null ? "–" : dayAndTime(one.at, offsetMinutes ?? offsetHere(one.at)),
    one.goal ?? "–",
    one.revision === null ? "–" : revisionText(one.revision, one.revisionDirty),
    one.owner ?? "–",
    `${one.phase}${one.because ? `: ${one.because}` : ""}`,
  ]);
  const table = tableLines(memoryColumns, rows, style, { headings: true, indent: "  " });
  return drawAll([title, ...table], style);
}
