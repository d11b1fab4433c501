import type { Emit, StepResult } from "../event/event.ts";
import { type Problem, problemOf } from "../lib/problem.ts";
import type { Lane, Plan, Step, Wave } from "../plan/plan.ts";
import { inWidth } from "./in-width.ts";

/** Does what one step says. What it learns goes into its result; failures are thrown Problems. */
export type CarryOut = (step: Step) => Promise<StepResult | LaneIsDone | void>;

/** A step's answer that the rest of its lane need not be done, and why: `unchanged`. */
export interface LaneIsDone {
  readonly laneIsDone: string;
}

/** How a lane came to its end. */
export interface Ending {
  /** What failed; null where all went well, or nothing was begun. */
  readonly problem: Problem | null;
  /** Why it was not begun, or not finished, though nothing failed in it. */
  readonly stopped: string | null;
}

/** When a run stops starting things. */
export interface RunRules {
  /** Asked before each step: a reason not to start it, which ends its lane. */
  readonly hold: (step: Step, failedHosts: readonly string[]) => string | null;
  /** A failed host does not keep others, nor later waves, from starting. */
  readonly keepGoing: boolean;
  /** Told of each lane that has ended, before its place is given to the next. */
  readonly ended?: (host: string, ending: Ending) => Promise<void>;
}

/** Carries out a plan. What happens is told through `emit`, and nowhere else. */
export async function run(
  plan: Plan,
  carryOut: CarryOut,
  rules: RunRules,
  emit: Emit,
): Promise<ReadonlyMap<string, Ending>> {
  const ends = new Map<string, Ending>();
  const going: Going = { carryOut, rules, emit, ends };
  emit({ kind: "plan.made", plan });
  for (const wave of plan.waves) await runWave(wave, going);
  return ends;
}

interface Going {
  readonly carryOut: CarryOut;
  readonly rules: RunRules;
  readonly emit: Emit;
  readonly ends: Map<string, Ending>;
}

async function runWave({ name, width, lanes }: Wave, going: Going): Promise<void> {
  going.emit({ kind: "wave.started", wave: name });
  await inWidth(width, lanes, async (lane) => {
    const failed = failedHosts(going);
    const end =
      failed.length > 0 && !going.rules.keepGoing
        ? skip(lane.steps, `${failed.join(", ")} failed`, going)
        : await runLane(lane, going);
    going.ends.set(lane.host, end);
    await going.rules.ended?.(lane.host, end);
  });
}

async function runLane({ steps }: Lane, going: Going): Promise<Ending> {
  let rest = stagesOf(steps);
  while (rest[0]) {
    const [stage, ...later] = rest;
    const held = going.rules.hold(stage[0], failedHosts(going));
    if (held !== null) return skip(rest.flat(), held, going);
    const ends = await runStage(stage, going);
    // A host that is down comes back by itself; what its own commit has wrong does not.
    const failure = ends.findLast((end) => end.kind === "failed");
    if (failure) return skip(later.flat(), whyNot(failure), going, failure.problem);
    const end = ends.find((each) => "because" in each);
    if (end) {
      const ending = skip(later.flat(), end.because, going);
      return end.kind === "done" ? { problem: null, stopped: null } : ending;
    }
    rest = later;
  }
  return { problem: null, stopped: null };
}

type Stage = readonly [Step, ...Step[]];

/** Each step with those behind it that say `beside` or `after`. */
function stagesOf(steps: readonly Step[]): Stage[] {
  const stages: [Step, ...Step[]][] = [];
  for (const step of steps) {
    const last = stages.at(-1);
    if ((step.beside || step.after !== undefined) && last) last.push(step);
    else stages.push([step]);
  }
  return stages;
}

/** What became of a step. `done`: the rest of its lane need not be done; `skipped`: it must not. */
type StepEnd =
  | { readonly kind: "went" }
  | { readonly kind: "failed"; readonly problem: Problem }
  | { readonly kind: "done" | "skipped"; readonly because: string };

/** Awaits all of them, also when one has failed: nothing of a lane goes on behind its end. */
async function runStage(stage: Stage, going: Going): Promise<readonly StepEnd[]> {
  const ends = new Map<string, Promise<StepEnd>>();
  const bad: Exclude<StepEnd, { readonly kind: "went" }>[] = [];
  const begin = async (step: Step): Promise<StepEnd> => {
    if (step.after !== undefined) {
      const before = ends.get(step.after);
      if (!before) throw new Error(`${step.id} comes after ${step.after}, which is not beside it`);
      await before;
      const because = bad[0] ? whyNot(bad[0]) : going.rules.hold(step, failedHosts(going));
      if (because !== null) {
        skip([step], because, going);
        return { kind: "skipped", because };
      }
    }
    return runStep(step, going);
  };
  for (const step of stage) {
    const end = begin(step).then((settled) => {
      if (settled.kind !== "went") bad.push(settled);
      return settled;
    });
    ends.set(step.id, end);
  }
  return Promise.all(ends.values());
}

function whyNot(end: Exclude<StepEnd, { readonly kind: "went" }>): string {
  return end.kind === "failed" ? "an earlier step failed" : end.because;
}

/** The one place where a thrown error becomes an event. */
async function runStep(step: Step, { carryOut, emit }: Going): Promise<StepEnd> {
  emit({ kind: "step.started", step: step.id });
  try {
    const result = await carryOut(step);
    const isDone = result !== undefined && "laneIsDone" in result;
    const told = result !== undefined && !isDone ? { result } : {};
    emit({ kind: "step.finished", step: step.id, ...told });
    return isDone ? { kind: "done", because: result.laneIsDone } : { kind: "went" };
  } catch (thrown) {
    const problem = problemOf(thrown);
    emit({ kind: "step.failed", step: step.id, problem: problem.report });
    return { kind: "failed", problem };
  }
}

function skip(
  steps: readonly Step[],
  because: string,
  { emit }: Going,
  problem: Problem | null = null,
): Ending {
  for (const { id } of steps) emit({ kind: "step.skipped", step: id, because });
  return { problem, stopped: problem ? null : because };
}

function failedHosts({ ends }: Going): string[] {
  return [...ends].flatMap(([host, { problem }]) => (problem ? [host] : []));
}
