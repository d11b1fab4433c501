import { codeOf } from "../event/exit.ts";
import type { LaneState, RunState } from "../event/state.ts";
import type { ProblemReport } from "../lib/problem.ts";
import { problemExits } from "../lib/problem.ts";
import { standingText, symbolOf, withoutHost } from "./lane-words.ts";
import { drawAll, type Line, type Span, type Style } from "./style.ts";

/** Lines of evidence that are shown; the others are in the journal. */
const mostEvidence = 12;

/** Why a host's part failed: what, evidence, why, what next, code. Empty where nothing failed. */
export function failureText(state: RunState, host: string, style: Style): string[] {
  const lane = state.lanes.get(host);
  if (!lane?.problem) return [];
  const { problem } = lane;
  const first: Line = [
    symbolOf(lane),
    " ",
    { text: host, tone: "strong" },
    `  ${withoutHost(host, problem.message)}`,
  ];
  const exit = lane.outcome === null ? problemExits[problem.code] : codeOf(endOf(lane));
  const log = `flurry history log ${state.run} ${host}`;
  return drawAll(
    [first, ...evidenceOf(problem, log), ...reasonOf(lane), ...closing(problem, state.run, exit)],
    style,
  );
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
  const first: Line = [{ text: "✖", tone: "bad" }, ` ${problem.message}`];
  const exit = problemExits[problem.code];
  return drawAll([first, ...evidenceOf(problem, null), ...closing(problem, null, exit)], style);
}

function endOf({ outcome, problem }: LaneState): Parameters<typeof codeOf>[0] {
  return { outcome: outcome ?? "failed", problem };
}

function evidenceOf({ evidence = [] }: ProblemReport, log: string | null): Line[] {
  if (evidence.length === 0) return [];
  const shown = evidence.slice(-mostEvidence);
  const lines = shown.map((line): Line => [{ text: "  │ ", tone: "faint" }, line]);
  const more: Line[] = log === null ? [] : [[{ text: `  └ all: ${log}`, tone: "faint" }]];
  return [[], ...lines, ...more, []];
}

function reasonOf(lane: LaneState): Line[] {
  const { because, problem } = lane;
  const standing = standingText(lane);
  return [
    ...(because && because !== problem?.message ? [[`  Why    ${because}`]] : []),
    ...(standing ? [[`  Now    ${lane.host} ${standing}`]] : []),
  ];
}

function closing({ hint, code }: ProblemReport, run: string | null, exit: number): Line[] {
  const parts = [
    `code ${code} (flurry explain ${code})`,
    ...(run === null ? [] : [`run ${run}`]),
    `exit ${exit}`,
  ];
  const last: Span = { text: `  ${parts.join("    ")}`, tone: "faint" };
  return [...(hint ? [[`  Next   ${hint}`]] : []), [last]];
}
