import { Problem, type ProblemCode, problemOf } from "../lib/problem.ts";
import type { Errand } from "./errand.ts";

/** How long to go on asking a host that does not answer. */
export interface Patience {
  /** Milliseconds since 1970. Asked anew each time, because answers may move it. */
  readonly until: () => number;
  /** Told of each failed try. */
  readonly silent?: (problem: Problem) => void;
}

const secondsBetween = 2;
const most = 0.5;

/** Ways in which a host that is being changed may fail to answer; in time it may again. */
const noAnswers: ReadonlySet<ProblemCode> = new Set([
  "host-unreachable",
  "command-timed-out",
  "login-refused",
  "login-shell-refused",
  "host-key-unknown",
  "host-key-changed",
  "elevation-refused",
  "elevation-broken",
  "host-chatters",
] as const);

/** Asks again and again, until the host answers or patience is at its end; then the last Problem. */
export async function patiently<T>(
  { world, control }: Errand,
  { until, silent }: Patience,
  ask: () => Promise<T>,
): Promise<T> {
  for (;;) {
    if (control.detach.aborted) throw detached();
    try {
      return await ask();
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (control.detach.aborted) throw detached();
      if (!noAnswers.has(problem.code) || world.now() >= until()) throw problem;
      silent?.(problem);
    }
    // Not all hosts at the same moment.
    const jitter = most * (Number.parseInt(world.random(2), 36) / 36 ** 2);
    await world.sleep(secondsBetween + jitter, control.detach);
  }
}

/** What a lane ends with when nobody waits for its host any longer. */
export function detached(): Problem {
  return new Problem("interrupted", "no longer waited for; the host settles by itself");
}
