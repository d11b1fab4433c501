import type { BuildState, LaneState, RunState } from "../event/state.ts";
import { bytesText } from "../lib/bytes.ts";
import { durationText } from "../lib/duration.ts";
import { widthOf } from "../lib/width.ts";
import { hostLine } from "./host-line.ts";
import { runningStep, symbolOf } from "./lane-words.ts";
import { isKeptRun, nameOfRun } from "./run-words.ts";
import { draw, harmless, type Line, type Span, type Style } from "./style.ts";
import { tableLines } from "./table.ts";

/** The terminal a frame is for, and the moment. */
export interface FrameWish extends Style {
  readonly rows: number;
  /** Milliseconds since 1970: clocks go on between events. */
  readonly now: number;
}

const longestName = 24;

/** What a terminal shows of a run at this moment: never wider, never taller than it. Pure. */
export function frame(state: RunState, wish: FrameWish): string[] {
  // The cursor rests on the line below.
  const rows = Math.max(1, wish.rows - 1);
  const top = [draw(headerOf(state, wish), wish), ...interruption(state).map(drawn(wish))];
  const builds = buildLines(state, Math.floor(wish.rows / 3), wish);
  const room = rows - top.length - builds.length;
  return [...top, ...laneLines(state, room, wish), ...builds].slice(0, rows);
}

function drawn(style: Style): (line: Line) => string {
  return (line) => draw(line, style);
}

function headerOf(state: RunState, { now }: FrameWish): Line {
  const { started, plans } = state;
  const title = plans.length > 1 ? plans.at(-1)?.title : started?.title;
  const name = nameOfRun(state);
  const seconds = ((state.endedAt ?? now) - (started?.at ?? now)) / 1000;
  const revision = started?.revision ? `  ${revisionText(started.revision, started.dirty)}` : "";
  return [
    { text: name, tone: "strong" },
    `${title && title !== name ? `  ${title}` : ""}${revision}    ${durationText(seconds)}`,
    ...workOf(state).flatMap((text) => ["    ", text]),
  ];
}

/** A commit as people name it; `+` where files were edited since. */
export function revisionText(revision: string, dirty: boolean): string {
  return `${revision.slice(0, 7)}${dirty ? "+" : ""}`;
}

/** Sums over the whole run. Each host of a batch tells the figures of the batch: the highest count. */
function workOf({ lanes, builds }: RunState): string[] {
  const steps = [...lanes.values()].flatMap(({ steps: all }) =>
    all.filter(({ kind }) => kind === "build"),
  );
  const most = (unit: "builds" | "bytes", figure: "done" | "expected"): number =>
    Math.max(0, ...steps.map(({ progress }) => progress[unit]?.[figure] ?? 0));
  const expected = Math.max(most("builds", "expected"), builds.size);
  const ended = [...builds.values()].filter(({ endedAt }) => endedAt !== null).length;
  const done = Math.max(most("builds", "done"), ended);
  const bytes = most("bytes", "expected");
  return [
    ...(expected > 0 ? [`build ${done}/${expected}`] : []),
    ...(bytes > 0 ? [`fetch ${bytesText(most("bytes", "done"))} of ${bytesText(bytes)}`] : []),
  ];
}

function interruption(state: RunState): Line[] {
  const { interrupted, run } = state;
  if (interrupted === null) return [];
  if (!isKeptRun(state)) return [[{ text: "⚠ interrupted", tone: "warn" }]];
  const text =
    interrupted.times > 1
      ? `detached: hosts settle alone; flurry run follow ${run}`
      : "interrupted: nothing new is started; Ctrl-C again leaves hosts to settle alone";
  return [[{ text: `⚠ ${text}`, tone: "warn" }]];
}

/** All hosts, or those that have something to tell and how many more there are. */
function laneLines(state: RunState, room: number, wish: FrameWish): string[] {
  const lanes = [...state.lanes.values()];
  const names = lanes.map(({ host }) => widthOf(harmless(host, wish).text));
  const nameWidth = Math.min(longestName, Math.max(0, ...names));
  const shape = { ...wish, nameWidth };
  if (lanes.length <= room) return lanes.map((lane) => hostLine(lane, state, shape));
  const chosen = new Set(
    lanes.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, Math.max(0, room - 1)),
  );
  const shown = lanes.filter((lane) => chosen.has(lane));
  const hidden = lanes.filter((lane) => !chosen.has(lane));
  return [
    ...shown.map((lane) => hostLine(lane, state, shape)),
    draw([{ text: `  ⋯ ${hidden.length} more: ${countsOf(hidden)}`, tone: "faint" }], wish),
  ];
}

function weightOf(lane: LaneState): number {
  if (symbolOf(lane).tone === "bad") return 4;
  if (lane.outcome === null) return runningStep(lane) ? 3 : 1;
  return symbolOf(lane).tone === "warn" ? 2 : 0;
}

function countsOf(lanes: readonly LaneState[]): string {
  const counts = new Map<string, number>();
  for (const lane of lanes) {
    const word = lane.outcome ?? (runningStep(lane) ? "running" : "waiting");
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
}

/** What is being built, at most so many lines; the longest first, for it is waited for. */
function buildLines({ builds, lanes }: RunState, most: number, wish: FrameWish): string[] {
  const running = [...builds.values()].filter(({ endedAt }) => endedAt === null);
  if (running.length === 0 || most < 2) return [];
  const waiting = waitingBuilds({ builds, lanes }, running.length);
  const room = most - 1;
  const shown = running.slice(0, running.length > room || waiting > 0 ? room - 1 : room);
  const hidden = running.length - shown.length;
  const rest = [
    ...(hidden > 0 ? [`${hidden} more`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ];
  const columns = [
    { heading: "", most: Math.max(8, Math.floor(wish.width / 2)) },
    { heading: "" },
    { heading: "" },
    { heading: "" },
  ];
  const rows = shown.map((build) => buildRow(build, wish.now));
  return [
    draw([{ text: ruler(wish), tone: "faint" }], wish),
    ...tableLines(columns, rows, wish, { headings: false, indent: "  " }).map(drawn(wish)),
    ...(rest.length > 0 ? [draw([{ text: `  ⋯ ${rest.join(", ")}`, tone: "faint" }], wish)] : []),
  ];
}

function ruler({ width }: Style): string {
  const title = " ── builds ";
  return title + "─".repeat(Math.max(0, Math.min(width, 84) - title.length));
}

function buildRow(build: BuildState, now: number): (string | Span)[] {
  const { name, phase, on, startedAt } = build;
  return [`▸ ${name}`, phase ?? "", on, durationText((now - startedAt) / 1000)];
}

function waitingBuilds({ builds, lanes }: Pick<RunState, "builds" | "lanes">, now: number): number {
  const figures = [...lanes.values()].flatMap(({ steps }) =>
    steps.flatMap(({ progress }) => (progress.builds ? [progress.builds] : [])),
  );
  const expected = Math.max(0, ...figures.map((figure) => figure.expected));
  const done = Math.max(0, ...figures.map((figure) => figure.done));
  const ended = [...builds.values()].filter(({ endedAt }) => endedAt !== null).length;
  return Math.max(0, Math.round(expected - Math.max(done, ended) - now)) || 0;
}
