import { Problem } from "../lib/problem.ts";
import { planPreparation } from "../plan/prepare.ts";
import { generationFor, type RollbackWish } from "../plan/rollback.ts";
import { deploy } from "../run/deploy.ts";
import { changeOf, type Prepared } from "../run/prepare-host.ts";
import { survey } from "../run/survey.ts";
import { answer } from "./answer.ts";
import type { Call } from "./command.ts";
import { toFlag, toRevisionFlag } from "./commands/rollback.ts";
import { canAskOrThrow, decide } from "./decide.ts";
import { dryRunFlag, keepGoingFlag, parallelFlag, reasonFlag } from "./flags.ts";
import { type OpenFleet, openFleet } from "./open-fleet.ts";
import { tellPlan } from "./plan.ts";
import { planDocument } from "./plan-document.ts";
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
  canAskOrThrow(call);
  const opened = await openFleet(call, { verb: "changes", reaches: true, evaluates: false });
  const { hosts } = opened;
  if (call.flag(dryRunFlag)) return show(call, opened, back);
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

/** `--dry-run`: looks, and says what would change. */
async function show(call: Call, opened: OpenFleet, back: RollbackWish): Promise<number> {
  const { world } = call.context;
  const startedAt = world.now();
  const { hosts } = opened;
  const wish = { goal: "plan", title: "plan", source: null, reason: "", kept: false };
  return withWorkshop(call, opened, wish, async (session, workshop) => {
    const preparation = planPreparation(hosts, { until: "seen", built: true, reason: "" });
    const aim = aimOf(call, opened, { goalOf: () => "switch", revision: null, readOnly: true });
    const found = await survey(hosts, preparation, aim, workshop, session.errand, (prepared) =>
      choose(prepared, back),
    );
    const exit = session.finish(found.ends);
    const document = await planDocument(world, {
      goal: "switch",
      source: null,
      prepared: found.prepared,
      changes: found.prepared.flatMap((one) => changeOf(one, aim, session.errand) ?? []),
      problems: found.problems,
      isBuilt: true,
      work: null,
      width: call.flag(parallelFlag) || defaultWidth,
      seconds: (world.now() - startedAt) / 1000,
    });
    session.close();
    tellPlan(call, document);
    return exit;
  });
}

function choose(prepared: Prepared, wish: RollbackWish): void {
  const { host, seen } = prepared;
  if (!seen) return;
  const { number, system } = generationFor(host.name, seen, wish);
  prepared.system = system;
  prepared.generation = number;
}
