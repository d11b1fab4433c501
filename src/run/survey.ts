import type { Host } from "../fleet/host.ts";
import type { Problem } from "../lib/problem.ts";
import { dueOf } from "../plan/change.ts";
import type { Plan } from "../plan/plan.ts";
import { type Ends, endsOf } from "./ends.ts";
import type { Aim } from "./aim.ts";
import type { Errand } from "./errand.ts";
import { changeOf, type Prepared, prepareHost, unprepared, type Workshop } from "./prepare-host.ts";
import { run } from "./run.ts";

/** What was found out about hosts that are not going to be changed. */
export interface Survey {
  readonly ends: Ends;
  readonly prepared: readonly Prepared[];
  readonly problems: ReadonlyMap<string, Problem>;
}

/** Carries out a preparation for its results alone: each host goes on whatever becomes of others. */
export async function survey(
  hosts: readonly Host[],
  preparation: Plan,
  aim: Aim,
  workshop: Workshop,
  errand: Errand,
  /** Called for each host after its look, where its system is not built: `--store-path`, a rollback. */
  choose: (prepared: Prepared) => void = () => {},
): Promise<Survey> {
  const prepared = new Map(hosts.map((host) => [host.name, unprepared(host)]));
  const ends = endsOf(hosts, errand);
  const problems = new Map<string, Problem>();
  await run(
    preparation,
    async (step) => {
      const one = prepared.get(step.id.slice(0, step.id.lastIndexOf(".")));
      const result = one && (await prepareHost(step, one, aim, workshop, errand));
      if (one && step.kind === "look") choose(one);
      return result;
    },
    {
      keepGoing: true,
      hold: () => errand.control.held(),
      ended: async (host, { problem, stopped }) => {
        const one = prepared.get(host);
        if (problem) {
          problems.set(host, problem);
          ends.failed(host, problem, one);
        } else if (stopped !== null) ends.skipped(host, stopped);
        else if (one) {
          const change = changeOf(one, aim, errand);
          if (change && dueOf(change) === "none") ends.unchanged(change);
          else ends.prepared(one);
        }
      },
    },
    errand.emit,
  );
  return { ends: ends.all(), prepared: [...prepared.values()], problems };
}
