import { Problem } from "../lib/problem.ts";
import { planPreparation } from "../plan/prepare.ts";
import { generationFor, type RollbackWish } from "../plan/rollback.ts";
import { deploy } from "../run/deploy.ts";
import type { Prepared } from "../run/prepare-host.ts";
import { answer } from "./answer.ts";
import type { Call } from "./command.ts";
import { toFlag, toRevisionFlag } from "./commands/rollback.ts";
import { decide } from "./decide.ts";
import { keepGoingFlag, parallelFlag, reasonFlag } from "./flags.ts";
import { openFleet } from "./open-fleet.ts";
import { withWorkshop } from "./with-workshop.ts";
import { aimOf, defaultWidth } from "./aim.ts";

/** `flurry rollback`: to a generation that is on the host, through the same plan and run as any change. */
export async function rollback(call: Call): Promise<number> {
  const back: RollbackWish = {
    to: call.flag(toFlag) ?? null,
    revision: call.flag(toRevisionFlag) ?? null,
  };
  if (back.to !== null && back.revision !== null) {
    throw new Problem("usage", "--to and --to-revision name the same thing in two ways");
  }
  const opened = await openFleet(call, { verb: "changes", reaches: true, evaluates: false });
  const { hosts } = opened;
  const reason = call.flag(reasonFlag) ?? "";
  const wish = { goal: "rollback", title: "rollback", source: null, reason: reason, kept: true };
  return withWorkshop(call, opened, wish, async (session, workshop) => {
    const ends = await deploy(
      {
        hosts,
        preparation: planPreparation(hosts, { until: "copied", built: true, reason }),
        aim: aimOf(call, opened, { goalOf: () => "switch", revision: null }),
        policy: { width: call.flag(parallelFlag) || defaultWidth },
        keepGoing: call.flag(keepGoingFlag),
        rehearsalOnly: false,
        choose: (prepared) => choose(prepared, back),
        decide: (proposal) => decide(call, session, proposal),
      },
      workshop,
      session.errand,
    );
    return answer(call, session, session.finish(ends));
  });
}

function choose(prepared: Prepared, wish: RollbackWish): void {
  const { host, seen } = prepared;
  if (!seen) return;
  const { number, system } = generationFor(host.name, seen, wish);
  prepared.system = system;
  prepared.generation = number;
}
