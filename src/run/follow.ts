import type { Host } from "../fleet/host.ts";
import { Problem, problemOf } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { type Followed, parseFollow } from "../nix/parse-outcome.ts";
import type { Order } from "../plan/plan.ts";
import type { Errand } from "./errand.ts";
import { patiently } from "./patiently.ts";

/** On top of the host's own clocks, before a host that says nothing is given up (decision 94). */
const graceSeconds = 30;

/**
 * Starts the activation, and follows it to its end: gives the phase in which it left `activating`.
 * Its words become `step.printed`, its clocks `step.progressed`. Throws `host-silent` when the host
 * has said nothing for longer than it may take to go back by itself.
 */
export async function followActivation(
  host: Host,
  order: Order,
  errand: Errand,
): Promise<Followed> {
  const { world, run, emit } = errand;
  const step = `${host.name}.activate`;
  let heardAt = world.now();
  const allowed = (order.silentSeconds + order.confirmSeconds + graceSeconds) * 1000;
  const patience = {
    until: () => heardAt + allowed,
    silent: () => {
      const silentFor = Math.round((world.now() - heardAt) / 1000);
      const note = `no answer for ${silentFor} s`;
      emit({ kind: "step.progressed", step, done: silentFor, expected: 0, unit: "seconds", note });
    },
  };

  // Its answer may be lost with the connection: then following tells whether it began.
  await world.onHost(guard.activate(host, run)).then(undefined, (thrown: unknown) => {
    const problem = problemOf(thrown);
    if (problem.code !== "host-unreachable" && problem.code !== "command-timed-out") throw problem;
  });
  const startedAt = world.now();
  // As it should be by now: the host answers at once where it is not, and else when there is news.
  let at = { phase: "activating", offset: 0 };
  for (;;) {
    const { phase: last, offset } = at;
    const followed = await patiently(errand, patience, async () => {
      const { stdout } = await world.onHost(guard.follow(host, run, { phase: last, offset }));
      return parseFollow(stdout);
    }).then(undefined, (problem: unknown) => {
      throw silentHost(problemOf(problem), host, order, errand);
    });
    heardAt = world.now();
    for (const line of followed.log.split("\n").filter((text) => text.trim() !== "")) {
      emit({ kind: "step.printed", step, line });
    }
    if (followed.phase !== "armed" && followed.phase !== "activating") return followed;
    const done = Math.round((world.now() - startedAt) / 1000);
    emit({ kind: "step.progressed", step, done, expected: order.hardSeconds, unit: "seconds" });
    at = { phase: followed.phase, offset: followed.offset };
  }
}

function silentHost(problem: Problem, host: Host, order: Order, { run }: Errand): Problem {
  if (problem.code === "interrupted") return problem;
  const seconds = order.silentSeconds + order.confirmSeconds + graceSeconds;
  const message = `${host.name} has not answered for ${seconds} s; by now it should have gone back by itself`;
  return new Problem("host-silent", message, {
    hint: `flurry run follow ${run}`,
    evidence: [problem.message],
    cause: problem,
  });
}
