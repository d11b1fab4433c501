import { codeOf } from "../event/exit.ts";
import type { LaneState, RunState } from "../event/state.ts";
import type { ProblemReport } from "../lib/problem.ts";
import { problemExits } from "../lib/problem.ts";
import { isKeptRun, logCommand } from "./run-words.ts";
import { standingText, symbolOf, withoutHost } from "./lane-words.ts";
import { draw, drawAll, drawWhole, type Line, type Span, type Style, wrapped } from "./style.ts";

/** Lines of evidence that are shown; the others are in the journal. */
const mostEvidence = 12;

/** Why a host's part failed: what, evidence, why, what next, code. Empty where nothing failed. */
export function failureText(state: RunState, host: string, style: Style): string[] {
  const lane = state.lanes.get(host);
  if (!lane?.problem) return [];
  const { problem } = lane;
  const exit = lane.outcome === null ? problemExits[problem.code] : codeOf(endOf(lane));
  const log = logCommand(state, host);
  return [
    ...drawAll(whatOf(lane, problem, style), style),
    ...drawAll([...evidenceOf(problem, log, style), ...reasonOf(lane, style)], style),
    ...closing(problem, isKeptRun(state) ? state.run : null, exit, style),
  ];
}

/** All failures of a run, one below the other. */
export function failuresText(state: RunState, style: Style): string[] {
  return [...state.lanes.keys()].flatMap((host) => {
    const text = failureText(state, host, style);
    return text.length > 0 ? [...text, ""] : [];
  });
}

/** A problem outside of a run, in the same form. */
export function problemText(problem: ProblemReport, style: Style): string[] {
  const [first = [], ...more] = wrapped("  ", problem.message, style);
  const start: Line = [{ text: "✖ ", tone: "bad" }, ...first.slice(1)];
  return [
    ...drawAll([start, ...more, ...evidenceOf(problem, null, style)], style),
    ...closing(problem, null, problemExits[problem.code], style),
  ];
}

function endOf({ outcome, problem }: LaneState): Parameters<typeof codeOf>[0] {
  return { outcome: outcome ?? "failed", problem };
}

function whatOf(lane: LaneState, { message }: ProblemReport, style: Style): Line[] {
  const said = `${lane.host}  ${withoutHost(lane.host, message)}`;
  const [first = [], ...more] = wrapped("  ", said, style);
  return [[symbolOf(lane), " ", ...first.slice(1)], ...more];
}

function evidenceOf({ evidence = [] }: ProblemReport, log: string | null, style: Style): Line[] {
  if (evidence.length === 0) return [];
  const front: Span = { text: "  │ ", tone: "faint" };
  const lines = evidence.slice(-mostEvidence).flatMap((line) => wrapped(front, line, style));
  const more: Line[] = log === null ? [] : [[{ text: `  └ all: ${log}`, tone: "faint" }]];
  return [[], ...lines, ...more, []];
}

function reasonOf(lane: LaneState, style: Style): Line[] {
  const { because, problem, host } = lane;
  const standing = standingText(lane);
  const why = because && because !== problem?.message ? withoutHost(host, because) : null;
  return [
    ...(why === null ? [] : wrapped("  Why    ", why, style)),
    ...(standing === null ? [] : wrapped("  Now    ", `${host} ${standing}`, style)),
  ];
}

function closing(
  { hint, code }: ProblemReport,
  run: string | null,
  exit: number,
  style: Style,
): string[] {
  const parts = [
    `code ${code} (flurry explain ${code})`,
    ...(run === null ? [] : [`run ${run}`]),
    `exit ${exit}`,
  ];
  return [
    ...(hint ? [drawWhole([`  Next   ${hint}`], style)] : []),
    draw([{ text: `  ${parts.join("    ")}`, tone: "faint" }], style),
  ];
}
