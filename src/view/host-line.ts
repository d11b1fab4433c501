import type { LaneState, RunState, StepState } from "../event/state.ts";
import { bytesText } from "../lib/bytes.ts";
import { durationText } from "../lib/duration.ts";
import { pad, widthOf } from "../lib/width.ts";
import type { Order } from "../plan/plan.ts";
import {
  failedStep,
  generationText,
  runningStep,
  symbolOf,
  withoutHost,
  wordsOf,
} from "./lane-words.ts";
import { draw, harmless, type Line, type Span, type Style } from "./style.ts";

/** How host lines are laid out, and the moment they are for. */
export interface HostLineShape extends Style {
  readonly nameWidth: number;
  readonly now: number;
}

/** The longest word of what a host is at: `unreachable`. */
const phaseWidth = 11;
/** Clocks stand at most this far to the right: nearer to what they belong to on wide screens. */
const farthestRight = 100;
/** Silence worth telling of, in seconds. */
const longSilence = 10;
/** Steps in which nothing is asked of the host itself. */
const awayFromHost: ReadonlySet<string> = new Set(["evaluate", "build"]);

/** One host in a frame: what it is at, how far, and since when. */
export function hostLine(lane: LaneState, state: RunState, shape: HostLineShape): string {
  const [phase, detail, clock] = tellingOf(lane, state, shape);
  const name = harmless(lane.host, shape).text;
  const symbol = harmless(symbolOf(lane), shape);
  const start: Line = [
    "  ",
    { ...symbol, text: pad(symbol.text, shape.ascii ? 2 : 1) },
    ` ${pad(draw([name], { ...shape, colour: false, width: shape.nameWidth }), shape.nameWidth)}`,
    `  ${pad(phase, phaseWidth)}  `,
  ];
  return drawApart([...start, ...detail], clock, shape);
}

/** What it is at in a word, more of it, and what stands at the right. */
type Telling = readonly [phase: string, detail: Line, clock: Line];

function tellingOf(lane: LaneState, state: RunState, shape: HostLineShape): Telling {
  if (lane.outcome !== null) return [wordsOf(lane.outcome).word, endingOf(lane), spent(lane)];
  const failed = failedStep(lane);
  if (failed)
    return [
      failed.kind,
      [{ text: withoutHost(lane.host, failed.problem?.message ?? ""), tone: "bad" }],
      [],
    ];
  const step = runningStep(lane);
  if (step === undefined) {
    const begun = lane.steps.some(({ status }) => status === "finished");
    return [begun ? "prepared" : "waiting", [], []];
  }
  const silence = silenceOf(step, lane, state, shape.now);
  const detail: Line = silence ? [{ text: silence, tone: "warn" }] : detailOf(step, shape);
  return [step.kind, detail, clockOf(step, shape)];
}

function endingOf(lane: LaneState): Line {
  const generation = generationText(lane);
  const said = withoutHost(lane.host, lane.problem?.message ?? lane.because ?? "");
  const which = generation === "" ? "" : `generation ${generation}`;
  if (lane.outcome === "done" || lane.outcome === "unchanged") {
    const warning: Line = lane.problem ? [`   ⚠ ${said}`] : [];
    return [which, ...warning];
  }
  return [said || which];
}

function spent({ startedAt, endedAt, outcome }: LaneState): Line {
  if (startedAt === null || endedAt === null || outcome !== "done") return [];
  return [durationText((endedAt - startedAt) / 1000)];
}

function detailOf(step: StepState, shape: HostLineShape): Line {
  if (step.kind === "copy") return copied(step, shape);
  const { builds, bytes } = step.progress;
  if (step.kind === "build" && builds && builds.expected > 0) {
    return [`${counted(builds.done)} of ${counted(builds.expected)} built`];
  }
  if (step.kind === "build" && bytes && bytes.expected > 0) {
    return [`${bytesText(bytes.done)} of ${bytesText(bytes.expected)} fetched`];
  }
  return [step.note ?? step.line ?? ""];
}

function copied({ progress, startedAt, note }: StepState, shape: HostLineShape): Line {
  const { paths, bytes } = progress;
  const figure = bytes && bytes.expected > 0 ? bytes : paths;
  if (figure === undefined || !(figure.expected > 0)) return [note ?? ""];
  const fraction = Math.min(1, Math.max(0, figure.done / figure.expected));
  const seconds = (shape.now - (startedAt ?? shape.now)) / 1000;
  const speed = bytes && seconds > 0 ? bytes.done / seconds : 0;
  return [
    ...barOf(fraction, shape),
    `${pad(String(Math.floor(fraction * 100)), 2, "before")} %`,
    ...(paths ? [`   ${counted(paths.done)} of ${counted(paths.expected)} paths`] : []),
    ...(speed > 0 ? [`   ${bytesText(speed)}/s`] : []),
  ];
}

function counted(figure: number): string {
  return String(Math.round(figure));
}

function clockOf(step: StepState, shape: HostLineShape): Line {
  const { startedAt, heardAt, progress, kind } = step;
  if (startedAt === null) return [];
  const { seconds } = progress;
  if (kind === "confirm" && seconds && seconds.expected > 0) {
    const since = (shape.now - (heardAt ?? shape.now)) / 1000;
    const left = Math.max(0, seconds.expected - seconds.done - since);
    return [...barOf(left / seconds.expected, shape), `${durationText(left)} left`];
  }
  return [durationText((shape.now - startedAt) / 1000)];
}

/** A bar and a blank behind it; nothing where there is no room. */
function barOf(fraction: number, { width }: Style): Span[] {
  const cells = width >= 100 ? 18 : 10;
  if (width < 80) return [];
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * cells) || 0;
  const text = `▕${"█".repeat(full)}${"░".repeat(cells - full)}▏ `;
  return [{ text, tone: "busy" }];
}

/** Where nothing is heard from a host for a while: how long, and for how long it will be waited for. */
function silenceOf(
  { kind, heardAt }: StepState,
  { host }: LaneState,
  { plans }: RunState,
  now: number,
): string | null {
  const seconds = Math.floor((now - (heardAt ?? now)) / 1000);
  if (seconds < longSilence || awayFromHost.has(kind)) return null;
  const order = orderFor(host, plans);
  const limit = order && limitOf(kind, order);
  const until = limit ? `, waited for ${durationText(limit)}` : "";
  return `nothing heard for ${durationText(seconds)}${until}`;
}

/** Decision 94: how long a host may say nothing before its lane is ended. */
function limitOf(kind: string, order: Order): number | null {
  if (kind === "activate") return order.silentSeconds + order.confirmSeconds + 30;
  return kind === "confirm" ? order.confirmSeconds + 60 : null;
}

function orderFor(host: string, plans: RunState["plans"]): Order | undefined {
  const lanes = plans.flatMap(({ waves }) => waves.flatMap((wave) => wave.lanes));
  const steps = lanes.filter((lane) => lane.host === host).flatMap((lane) => lane.steps);
  return steps.find((step) => step.kind === "arm");
}

/** One part at the left, cut where it must be, and one at the right. */
function drawApart(left: Line, right: Line, style: Style): string {
  const end = right.map((part) => harmless(part, style));
  const endWidth = end.reduce((sum, { text }) => sum + widthOf(text), 0);
  const edge = Math.min(style.width, farthestRight);
  const room = edge - endWidth - 2;
  if (endWidth === 0 || room < edge / 3) return draw(left, style);
  const bare = draw(left, { ...style, colour: false, width: room });
  const gap = " ".repeat(edge - endWidth - widthOf(bare));
  return draw(left, { ...style, width: room }) + draw([gap, ...end], style);
}
