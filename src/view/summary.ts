import type { LaneState, RunState } from "../event/state.ts";
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

/** How a run ended: a line for each host, and what to do next. The last thing on the screen. */
export function summaryText(state: RunState, style: Style): string[] {
  const lanes = [...state.lanes.values()];
  const rows = lanes.map((lane) => rowOf(lane));
  const table = tableLines(columns, rows, style, { headings: false, indent: "  " });
  const next = nextText(commandsFor(state), style);
  return [
    ...drawAll([headlineOf(state), ...table], style),
    ...(next.length > 0 ? ["", ...next] : []),
  ];
}

/** `run 7f3kq2  finished in 4 m 51 s    3 done, 1 unchanged`. */
export function headlineOf(state: RunState): Line {
  const { run, started, endedAt, at, interrupted } = state;
  const seconds = ((endedAt ?? at) - (started?.at ?? at)) / 1000;
  const how = interrupted ? "interrupted after" : "finished in";
  return [
    { text: `run ${run}`, tone: "strong" },
    `  ${how} ${durationText(seconds)}    ${countsOf([...state.lanes.values()])}`,
  ];
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
  const confirm = lane.steps.find(({ kind }) => kind === "confirm");
  if (lane.outcome === "done" && confirm?.status === "finished") {
    const milliseconds = (confirm.endedAt ?? 0) - (confirm.startedAt ?? confirm.endedAt ?? 0);
    return `confirmed after ${durationText(milliseconds / 1000)}`;
  }
  const step = failedStep(lane);
  return lane.outcome === "failed" && step ? `${step.kind} failed` : wordsOf(lane.outcome).word;
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
function commandsFor(state: RunState): [what: string, command: string][] {
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
  const [firstFailed] = failed;
  return [
    ...(firstStuck ? [["Look", `flurry ssh ${firstStuck}`] as [string, string]] : []),
    ...(waiting.length > 0
      ? [["Follow", `flurry run follow ${state.run}`] as [string, string]]
      : []),
    ...(needsBoot.length > 0
      ? [["Boot", `flurry boot ${needsBoot.join(" ")}`] as [string, string]]
      : []),
    ...againOf(state, missing),
    ...(firstFailed
      ? [["Log", `flurry history log ${state.run} ${firstFailed}`] as [string, string]]
      : []),
    ...(reboots.length > 0
      ? [["Reboot", `flurry reboot ${reboots.join(" ")}`] as [string, string]]
      : []),
  ];
}

const again: ReadonlySet<string> = new Set(["failed", "undone", "skipped", "unreachable"]);

const bootHelps: ReadonlySet<ProblemCode> = new Set(["system-refused", "needs-boot"] as const);

function againOf({ started }: RunState, hosts: readonly string[]): [string, string][] {
  // Where nothing was touched on purpose, or none of it was ours to repeat, there is no hint.
  if (hosts.length === 0 || started === null || !/^[a-z-]+$/.test(started.goal)) return [];
  return [["Again", `flurry ${started.goal} ${hosts.join(" ")}`]];
}
