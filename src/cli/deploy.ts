import type { Source } from "../fleet/fleet.ts";
import { planPreparation } from "../plan/prepare.ts";
import { deploy as carryOutDeploy } from "../run/deploy.ts";
import type { Prepared } from "../run/prepare-host.ts";
import { aimOf, defaultWidth } from "./aim.ts";
import { answer } from "./answer.ts";
import { buildOnOf } from "./build-on.ts";
import type { Call } from "./command.ts";
import { canAskOrThrow, decide, isPlanWanted } from "./decide.ts";
import {
  dryRunFlag,
  goalFlag,
  keepGoingFlag,
  parallelFlag,
  reasonFlag,
  repairStoreFlag,
  useSubstitutesFlag,
} from "./flags.ts";
import { type OpenFleet, openFleet } from "./open-fleet.ts";
import { goalFrom, plan } from "./plan.ts";
import { mayNameOneSystem, namedSystem } from "./store-path.ts";
import { withWorkshop } from "./with-workshop.ts";

/** `flurry deploy` and its verbs: prepare all, show, ask, change, and say how each host ended. */
export async function deploy(call: Call): Promise<number> {
  if (call.flag(dryRunFlag)) return plan(call);
  canAskOrThrow(call);
  const storePath = await namedSystem(call);
  const opened = await openFleet(call, { verb: "changes", reaches: true, evaluates: !storePath });
  const { hosts, fleet } = opened;
  mayNameOneSystem(storePath, hosts);
  const goalOf = goalFrom(call);
  const reason = call.flag(reasonFlag) ?? "";
  const verb = call.spec.path[0] ?? "deploy";
  const goal = verb === "deploy" ? (call.flag(goalFlag) ?? "switch") : verb;
  const wish = {
    goal: goal,
    title: verb,
    source: storePath ? null : fleet.source,
    reason: reason,
    kept: true,
    compares: isPlanWanted(call, hosts.length),
  };
  return withWorkshop(call, opened, wish, async (session, workshop) => {
    const ends = await carryOutDeploy(
      {
        hosts,
        preparation: preparationOf(call, opened, storePath),
        aim: aimOf(call, opened, { goalOf, revision: storePath ? null : commitOf(fleet.source) }),
        policy: { width: call.flag(parallelFlag) || defaultWidth },
        keepGoing: call.flag(keepGoingFlag),
        rehearsalOnly: hosts.every((host) => goalOf(host) === "dry-activate"),
        ...(storePath && { known: (): Partial<Prepared> => ({ system: storePath }) }),
        decide: (proposal) => decide(call, session, proposal),
      },
      workshop,
      session.errand,
    );
    return answer(call, session, session.finish(ends));
  });
}

function preparationOf(call: Call, { hosts }: OpenFleet, storePath: string | undefined) {
  const buildOn = buildOnOf(call);
  const substitutes = call.flag(useSubstitutesFlag);
  return planPreparation(hosts, {
    until: "copied",
    reason: call.flag(reasonFlag) ?? "",
    ...(storePath && { built: true }),
    ...(buildOn !== undefined && { buildOn }),
    ...(substitutes !== undefined && { substitutes }),
    ...(call.flag(repairStoreFlag) && { repair: true }),
  });
}

function commitOf({ revision, dirty }: Source): { commit: string | null; dirty: boolean } {
  return { commit: revision, dirty };
}
