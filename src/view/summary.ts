import type { LaneOutcome } from "../event/event.ts";
import type { LaneState, RunState, Started } from "../event/state.ts";
import { durationText } from "../lib/duration.ts";
import type { ProblemCode } from "../lib/problem.ts";
import {
  failedStep,
  generationText,
  standingText,
  symbolOf,
  withoutHost,
  wordsOf,
} from "./lane-words.ts";
import { nextText } from "./next.ts";
import { isKeptRun, logCommand, nameOfRun, typedCommand } from "./run-words.ts";
import { drawAll, type Line, type Style } from "./style.ts";
import { type Cell, type Column, tableLines } from "./table.ts";

const columns: readonly Column[] = [
  { heading: "" },
  { heading: "HOST", most: 24 },
  { heading: "GENERATION", align: "right" },
  { heading: "HOW", most: 40 },
  { heading: "TIME", align: "right", rank: 1 },
  { heading: "NOTE" },
];

/** What a summary is told besides what happened in the run. */
export interface SummaryWish {
  /** Its process goes on; a run that neither ended nor goes on is lost. */
  readonly alive?: boolean;
  /** `run follow`: the run that it is about, and whether its journal is here. */
  readonly about?: { readonly run: string; readonly isHere: boolean };
}

/** How a run ended: a line for each host, and what to do next. The last thing on the screen. */
export function summaryText(state: RunState, style: Style, wish: SummaryWish = {}): string[] {
  const lanes = [...state.lanes.values()];
  const rows = lanes.map((lane) => rowOf(lane));
  const table = tableLines(columns, rows, style, { headings: false, indent: "  " });
  const next = nextText(commandsFor(state, wish), style);
  return [
    ...drawAll([headlineOf(state, wish), ...table], style),
    ...(next.length > 0 ? ["", ...next] : []),
  ];
}

/** `run 7f3kq2  finished in 4 m 51 s    3 done, 1 unchanged`. */
function headlineOf(state: RunState, wish: SummaryWish): Line {
  const { started, endedAt, at } = state;
  const seconds = ((endedAt ?? at) - (started?.at ?? at)) / 1000;
  return [
    { text: nameOfRun(state), tone: "strong" },
    `  ${endingOf(state, wish)} ${durationText(seconds)}    ${countsOf([...state.lanes.values()])}`,
  ];
}

function endingOf({ outcome, interrupted }: RunState, { alive }: SummaryWish): string {
  if (outcome === null) return alive ? "goes on, last heard after" : "lost after";
  return interrupted ? "interrupted after" : "finished in";
}

function countsOf(lanes: readonly LaneState[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of lanes) {
    const word = outcome === null ? "unfinished" : wordsOf(outcome).word;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
}

function rowOf(lane: LaneState): Cell[] {
  const { startedAt, endedAt } = lane;
  const took = startedAt !== null && endedAt !== null ? (endedAt - startedAt) / 1000 : null;
  return [
    symbolOf(lane),
    lane.host,
    generationText(lane),
    howOf(lane),
    took === null || lane.outcome === "unchanged" ? "" : durationText(took),
    noteOf(lane),
  ];
}

function howOf(lane: LaneState): string {
  if (lane.outcome === null) return "unfinished";
  const seconds = lane.outcome === "done" ? confirmationSeconds(lane) : null;
  if (seconds !== null) return `confirmed after ${seconds.toFixed(1)} s`;
  const step = failedStep(lane);
  return lane.outcome === "failed" && step ? `${step.kind} failed` : wordsOf(lane.outcome).word;
}

/** From the end of the activation to the word that confirmed it; null where nothing was activated. */
function confirmationSeconds({ steps }: LaneState): number | null {
  const ended = (kind: string): number | null =>
    steps.find((step) => step.kind === kind && step.status === "finished")?.endedAt ?? null;
  const [activated, confirmed] = [ended("activate"), ended("confirm")];
  if (activated === null || confirmed === null) return null;
  return Math.max(0, confirmed - activated) / 1000;
}

function noteOf(lane: LaneState): Cell {
  const { outcome, problem, because, seen, host } = lane;
  if (outcome === "done" && problem) {
    return { text: `⚠ ${withoutHost(host, problem.message)}`, tone: "warn" };
  }
  if (outcome === "done" && seen?.answers && seen.needsReboot) {
    return { text: "⚠ reboot for the new kernel", tone: "warn" };
  }
  if (outcome === "done" || outcome === "unchanged") return because ?? "";
  const why = withoutHost(host, because ?? problem?.message ?? "");
  const standing = standingText(lane);
  return standing === null ? why : [standing, why].filter((text) => text !== "").join(": ");
}

/** What to type next, the most pressing first. */
function commandsFor(state: RunState, { alive, about }: SummaryWish): Command[] {
  const lanes = [...state.lanes.values()];
  const named = (matches: (lane: LaneState) => boolean): string[] =>
    lanes.filter(matches).map(({ host }) => host);
  const stuck = named(({ outcome }) => outcome === "stuck");
  const waiting = named(({ outcome, problem }) => {
    return outcome === "detached" || (outcome === "unreachable" && problem?.code === "host-silent");
  });
  // Said again, the same would be refused again.
  const needsBoot = named(({ problem }) => problem !== null && bootHelps.has(problem.code));
  const missing = named(
    ({ host, outcome }) => outcome !== null && again.has(outcome) && !needsBoot.includes(host),
  );
  const failed = named(({ problem, outcome }) => problem !== null && outcome !== "skipped");
  const reboots = named(({ outcome, seen }) => {
    return outcome === "done" && seen?.answers === true && seen.needsReboot === true;
  });
  const [firstStuck] = stuck;
  // Done with failed units is a failure, too; but one that may wait.
  const worse = named(({ problem, outcome }) => problem !== null && !wellOrSkipped.has(outcome));
  const firstFailed = worse[0] ?? failed[0];
  // Of a run that was lost nobody knows what became of them: the hosts do.
  const unknown = state.outcome === null && !alive ? named(({ outcome }) => outcome === null) : [];
  const followed = about?.run ?? (isKeptRun(state) ? state.run : null);
  const when = (command: Command, isWanted: boolean): Command[] => (isWanted ? [command] : []);
  return [
    ...when(["Look", `flurry ssh ${firstStuck}`], firstStuck !== undefined),
    ...when(["Look", `flurry status ${unknown.join(" ")}`], unknown.length > 0),
    ...when(["Follow", `flurry run follow ${followed}`], waiting.length > 0 && followed !== null),
    ...when(["Boot", `flurry boot ${needsBoot.join(" ")}`], needsBoot.length > 0),
    ...againOf(state, missing),
    ...logOf(state, firstFailed, about),
    ...when(["Reboot", `flurry reboot ${reboots.join(" ")}`], reboots.length > 0),
  ];
}

type Command = readonly [what: string, command: string];

/** Of a run that is followed, the log is that of the run itself, if it was begun here. */
function logOf(
  state: RunState,
  failed: string | undefined,
  about: SummaryWish["about"],
): Command[] {
  if (about) return about.isHere ? [["Log", `flurry history log ${about.run}`]] : [];
  const command = failed === undefined ? null : logCommand(state, failed);
  return command === null ? [] : [["Log", command]];
}

const again: ReadonlySet<string> = new Set(["failed", "undone", "skipped", "unreachable"]);

const wellOrSkipped: ReadonlySet<LaneOutcome | null> = new Set(["done", "skipped"] as const);

const bootHelps: ReadonlySet<ProblemCode> = new Set(["system-refused", "needs-boot"] as const);

/**
 * The same command again finishes the work: hosts that have what was asked for are left as they are.
 * Some have to be named, for what was asked for is another thing each time.
 */
function againOf(state: RunState, hosts: readonly string[]): Command[] {
  const { started, lanes } = state;
  // Where nothing was touched on purpose, or none of it was ours to repeat, there is no hint.
  if (hosts.length === 0 || started === null || !/^[a-z-]+$/.test(started.goal)) return [];
  if (!isKeptRun(state)) return [];
  const typed = typedCommand(state);
  const isAllMissing = hosts.length === lanes.size;
  if (typed !== null && (isAllMissing || mayBeSaidTwice(started))) return [["Again", typed]];
  return [["Again", `flurry ${started.goal} ${hosts.join(" ")}`]];
}

/** A rollback without an aim goes back once more each time; so does a reboot. */
function mayBeSaidTwice({ goal, command = [] }: Started): boolean {
  if (goal === "rollback") return command.some((word) => /^--to(-revision)?(=|$)/.test(word));
  return goal !== "reboot";
}
