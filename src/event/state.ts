import type { Seen } from "../fleet/seen.ts";
import type { ProblemReport } from "../lib/problem.ts";
import type { Lane, Plan } from "../plan/plan.ts";
import type { Event, Happening, LaneOutcome, RunOutcome, StepResult } from "./event.ts";

/** Everything a view may show of a run. It is a fold of its events: replay them and get it back. */
export interface RunState {
  readonly run: string;
  /** When the last event happened. */
  readonly at: number;
  readonly started: Started | null;
  /** The preparation, then the rollout. */
  readonly plans: readonly Plan[];
  readonly wave: string | null;
  /** By host, in the order in which they were selected. */
  readonly lanes: ReadonlyMap<string, LaneState>;
  /** By derivation, in the order in which they began. */
  readonly builds: ReadonlyMap<string, BuildState>;
  readonly warnings: readonly Warning[];
  readonly interrupted: { readonly signal: string; readonly times: number } | null;
  readonly outcome: RunOutcome | null;
  readonly exit: number | null;
  readonly endedAt: number | null;
}

/** How a run began: who asked for what, and when. */
export type Started = Omit<Extract<Happening, { kind: "run.started" }>, "kind" | "kept"> & {
  readonly at: number;
  /** It is in the history, and can be asked for by its id. */
  readonly kept: boolean;
};

/** What has become of one host. */
export interface LaneState {
  readonly host: string;
  /** As last seen, and as first seen in this run. */
  readonly seen: Seen | null;
  readonly before: Seen | null;
  /** Of all plans, in their order. */
  readonly steps: readonly StepState[];
  readonly outcome: LaneOutcome | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly generation: number | null;
  readonly because: string | null;
  readonly problem: ProblemReport | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export interface StepState {
  readonly id: string;
  /** A kind of step, or a word of a newer flurry. */
  readonly kind: string;
  readonly status: "waiting" | "running" | "finished" | "failed" | "skipped";
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** When the step last gave a sign of life. */
  readonly heardAt: number | null;
  readonly progress: Readonly<Partial<Record<ProgressUnit, Progress>>>;
  /** What is going on, in a few words. */
  readonly note: string | null;
  /** The last line it printed. */
  readonly line: string | null;
  readonly result: StepResult | null;
  readonly problem: ProblemReport | null;
  /** Why it was skipped. */
  readonly because: string | null;
}

export type ProgressUnit = Extract<Happening, { kind: "step.progressed" }>["unit"];

export interface Progress {
  readonly done: number;
  readonly expected: number;
}

/** One derivation that is being built, or was. */
export interface BuildState {
  readonly derivation: string;
  readonly name: string;
  /** Where: a host, a builder, or `here`. */
  readonly on: string;
  readonly phase: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** `built`, `failed`; null while it goes on. */
  readonly outcome: string | null;
}

export interface Warning {
  readonly host: string | null;
  readonly message: string;
  readonly at: number;
}

/** The state before any event. */
export const nothingYet: RunState = {
  run: "",
  at: 0,
  started: null,
  plans: [],
  wave: null,
  lanes: new Map(),
  builds: new Map(),
  warnings: [],
  interrupted: null,
  outcome: null,
  exit: null,
  endedAt: null,
};

/** What one more event makes of the state. Defined for every event in every state: journals may be torn. */
export function reduce(before: RunState, event: Event): RunState {
  const state = { ...before, run: event.run, at: event.at };
  switch (event.kind) {
    case "run.started":
      return withHosts({ ...state, started: startedOf(event) }, event.hosts);
    case "plan.made":
      return withPlan({ ...state, plans: [...state.plans, event.plan] }, event.plan);
    case "wave.started":
      return { ...state, wave: event.wave };
    case "host.seen":
      return withSeen(state, event.host, event.seen);
    case "warning.given":
      return { ...state, warnings: [...state.warnings, warningOf(event)] };
    case "lane.finished":
      return withLane(state, event.host, laneEndOf(event));
    case "run.interrupted":
      return { ...state, interrupted: { signal: event.signal, times: event.times } };
    case "run.finished":
      return { ...state, outcome: event.outcome, exit: event.exit, endedAt: event.at };
    case "build.started":
    case "build.reached":
    case "build.finished":
      return { ...state, builds: withBuild(state.builds, event) };
    case "step.started":
    case "step.printed":
    case "step.progressed":
    case "step.finished":
    case "step.failed":
    case "step.skipped":
      return withStep(state, event);
  }
}

/** The host a step belongs to: its id is `HOST.KIND`, and names of hosts may have dots. */
export function hostOfStep(id: string): string {
  const dot = id.lastIndexOf(".");
  return dot < 0 ? id : id.slice(0, dot);
}

type EventOf<Kind extends Event["kind"]> = Extract<Event, { readonly kind: Kind }>;
type StepEvent = EventOf<
  | "step.started"
  | "step.printed"
  | "step.progressed"
  | "step.finished"
  | "step.failed"
  | "step.skipped"
>;
type BuildEvent = EventOf<"build.started" | "build.reached" | "build.finished">;

function startedOf(event: EventOf<"run.started">): Started {
  const { by, flurry, goal, title, hosts, source, revision, dirty, reason, process, at } = event;
  const { command, kept = true } = event;
  return {
    by,
    flurry,
    goal,
    title,
    hosts,
    source,
    revision,
    dirty,
    reason,
    ...(command && { command }),
    kept,
    process,
    at,
  };
}

function warningOf({ host, message, at }: EventOf<"warning.given">): Warning {
  return { host, message, at };
}

function laneEndOf(event: EventOf<"lane.finished">): Partial<LaneState> {
  const { outcome, from, to, generation, because, problem = null, at } = event;
  return { outcome, from, to, generation, because, problem, endedAt: at };
}

function withHosts(state: RunState, hosts: readonly string[]): RunState {
  const lanes = new Map(hosts.map((host) => [host, state.lanes.get(host) ?? laneOf(host)]));
  for (const [host, lane] of state.lanes) lanes.set(host, lane);
  return { ...state, lanes };
}

function withPlan(state: RunState, plan: Plan): RunState {
  const lanes = new Map(state.lanes);
  for (const planned of plan.waves.flatMap((wave) => wave.lanes)) {
    lanes.set(planned.host, withSteps(lanes.get(planned.host) ?? laneOf(planned.host), planned));
  }
  return { ...state, lanes };
}

function withSteps(lane: LaneState, { steps }: Lane): LaneState {
  const fresh = steps.filter(({ id }) => !lane.steps.some((step) => step.id === id));
  return { ...lane, steps: [...lane.steps, ...fresh.map(({ id, kind }) => stepOf(id, kind))] };
}

function withLane(state: RunState, host: string, change: Partial<LaneState>): RunState {
  const lane = { ...(state.lanes.get(host) ?? laneOf(host)), ...change };
  return { ...state, lanes: new Map(state.lanes).set(host, lane) };
}

function withSeen(state: RunState, host: string, seen: Seen): RunState {
  return withLane(state, host, { seen, before: state.lanes.get(host)?.before ?? seen });
}

function withStep(state: RunState, event: StepEvent): RunState {
  const host = hostOfStep(event.step);
  const lane = state.lanes.get(host) ?? laneOf(host);
  const known = lane.steps.some(({ id }) => id === event.step);
  // A step no plan told of: a torn journal, or a newer flurry. Its name says what it is.
  const kind = event.step.slice(host.length + 1);
  const steps = known ? lane.steps : [...lane.steps, stepOf(event.step, kind)];
  const changed = steps.map((step) => (step.id === event.step ? stepAfter(step, event) : step));
  const startedAt = lane.startedAt ?? (event.kind === "step.started" ? event.at : null);
  return withLane(state, host, { steps: changed, startedAt });
}

function stepAfter(before: StepState, event: StepEvent): StepState {
  const { at } = event;
  const step = { ...before, heardAt: at };
  switch (event.kind) {
    case "step.started":
      return { ...stepOf(step.id, step.kind), status: "running", startedAt: at, heardAt: at };
    case "step.printed":
      return { ...step, line: event.line };
    case "step.progressed": {
      if (isSilence(event)) return before;
      const { done, expected, unit, note = step.note } = event;
      return { ...step, progress: { ...step.progress, [unit]: { done, expected } }, note };
    }
    case "step.finished":
      return { ...step, status: "finished", endedAt: at, result: event.result ?? null };
    case "step.failed":
      return { ...step, status: "failed", endedAt: at, problem: event.problem };
    case "step.skipped":
      return { ...step, status: "skipped", endedAt: at, because: event.because };
  }
}

/** Seconds without an expected end: nothing was heard for so long. No sign of life. */
function isSilence({ unit, expected }: EventOf<"step.progressed">): boolean {
  return unit === "seconds" && expected === 0;
}

function withBuild(builds: RunState["builds"], event: BuildEvent): RunState["builds"] {
  const { derivation, at } = event;
  if (event.kind === "build.started") {
    const { name, on } = event;
    const build = {
      derivation,
      name,
      on,
      phase: null,
      startedAt: at,
      endedAt: null,
      outcome: null,
    };
    return new Map(builds).set(derivation, build);
  }
  const build = builds.get(derivation);
  if (build === undefined) return builds;
  const change =
    event.kind === "build.reached"
      ? { phase: event.phase }
      : { endedAt: at, outcome: event.outcome };
  return new Map(builds).set(derivation, { ...build, ...change });
}

function laneOf(host: string): LaneState {
  return {
    host,
    seen: null,
    before: null,
    steps: [],
    outcome: null,
    from: null,
    to: null,
    generation: null,
    because: null,
    problem: null,
    startedAt: null,
    endedAt: null,
  };
}

function stepOf(id: string, kind: string): StepState {
  return {
    id,
    kind,
    status: "waiting",
    startedAt: null,
    endedAt: null,
    heardAt: null,
    progress: {},
    note: null,
    line: null,
    result: null,
    problem: null,
    because: null,
  };
}
