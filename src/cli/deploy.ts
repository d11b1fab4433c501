import { runDocument } from "../event/run-document.ts";
import type { Goal, Host } from "../fleet/host.ts";
import { Problem } from "../lib/problem.ts";
import { planPreparation } from "../plan/prepare.ts";
import { deploy as carryOutDeploy } from "../run/deploy.ts";
import type { Aim, Prepared } from "../run/prepare-host.ts";
import { summaryText } from "../view/summary.ts";
import { isAlive, listRuns, runsFolder } from "../world/journal.ts";
import type { Call } from "./command.ts";
import { decide } from "./decide.ts";
import {
  acceptDriftFlag,
  buildHostFlag,
  buildOnTargetFlag,
  checkSigsFlag,
  dryRunFlag,
  goalFlag,
  keepGoingFlag,
  lockWaitFlag,
  parallelFlag,
  reasonFlag,
  storePathFlag,
  useSubstitutesFlag,
} from "./flags.ts";
import { type OpenFleet, openFleet } from "./open-fleet.ts";
import { plan } from "./plan.ts";
import { openSession, type Session } from "./session.ts";
import { openWorkshop } from "./workshop.ts";
import { coresHere } from "../world/cores.ts";

const goals: ReadonlySet<string> = new Set(["switch", "boot", "test", "dry-activate"]);
/** How many hosts change at once, unless said (decision 16). */
const defaultWidth = 10;

/** `flurry deploy` and its verbs: prepare all, show, ask, change, and say how each host ended. */
export async function deploy(call: Call): Promise<number> {
  if (call.flag(dryRunFlag)) return plan(call);
  const storePath = call.flag(storePathFlag);
  const opened = await openFleet(call, { verb: "changes", reaches: true, evaluates: !storePath });
  const { hosts, fleet } = opened;
  if (storePath !== undefined && hosts.length !== 1) {
    throw new Problem("usage", `--store-path is one system; ${hosts.length} hosts are meant`);
  }
  const goalOf = goalFrom(call);
  const reason = call.flag(reasonFlag) ?? "";
  const verb = call.spec.path[0] ?? "deploy";
  const session = await openSession(call, {
    goal: verb === "deploy" ? (call.flag(goalFlag) ?? "switch") : verb,
    title: `${verb} ${hosts.length === 1 ? hosts[0]?.name : `${hosts.length} hosts`}`,
    hosts: hosts.map(({ name }) => name),
    source: storePath ? null : fleet.source,
    reason,
    kept: true,
  });
  const seen = (name: string) => {
    const lane = session.state().lanes.get(name)?.seen;
    return lane?.answers ? lane : null;
  };
  const checkSignatures = call.flag(checkSigsFlag);
  const options = { cores: coresHere(), checkSignatures, seen };
  const workshop = await openWorkshop(opened, session.errand, options);
  try {
    const ends = await carryOutDeploy(
      {
        hosts,
        preparation: preparationOf(call, opened, storePath),
        aim: aimOf(call, opened, goalOf, storePath !== undefined),
        policy: { width: call.flag(parallelFlag) || defaultWidth },
        keepGoing: call.flag(keepGoingFlag),
        rehearsalOnly: hosts.every((host) => goalOf(host) === "dry-activate"),
        ...(storePath && { known: (): Partial<Prepared> => ({ system: storePath }) }),
        decide: (proposal) => decide(call, session, opened, proposal),
      },
      workshop,
      session.errand,
    );
    return answer(call, session, session.finish(ends));
  } finally {
    await workshop.close();
    session.close();
  }
}

/** The end of a run, as it was asked for: a summary, one document, or nothing after the events. */
export function answer(call: Call, session: Session, exit: number): number {
  const { output, stdout, style } = call.context;
  session.close();
  if (output.format === "json") {
    stdout(`${JSON.stringify(runDocument(session.state()), null, 2)}\n`);
  } else if (output.format === "table") {
    stdout(`${summaryText(session.state(), style()).join("\n")}\n`);
  }
  return exit;
}

/** The verb, else `--goal`, else what the repository says of each host. */
function goalFrom(call: Call): (host: Host) => Goal {
  const verb = call.spec.path[0] ?? "";
  const said = goals.has(verb) ? (verb as Goal) : call.flag(goalFlag);
  return (host) => said ?? host.settings.policy.goal;
}

function preparationOf(call: Call, { hosts }: OpenFleet, storePath: string | undefined) {
  const buildOn = call.flag(buildOnTargetFlag) ? "target" : call.flag(buildHostFlag);
  const substitutes = call.flag(useSubstitutesFlag);
  return planPreparation(hosts, {
    until: "copied",
    reason: call.flag(reasonFlag) ?? "",
    ...(storePath && { built: true }),
    ...(buildOn !== undefined && { buildOn }),
    ...(substitutes !== undefined && { substitutes }),
  });
}

/** What every host is prepared for. Without a repository behind the system no revision is known. */
export function aimOf(
  call: Call,
  { fleet }: OpenFleet,
  goalOf: (host: Host) => Goal,
  withoutRevision: boolean,
): Aim {
  const { revision, dirty } = fleet.source;
  const { env } = call.context;
  return {
    goalOf,
    readOnly: false,
    revision: withoutRevision ? null : revision,
    dirty: withoutRevision ? false : dirty,
    acceptDrift: call.flag(acceptDriftFlag),
    fleetHostNames: fleet.hosts.map(({ settings }) => settings.hostName),
    lockWaitSeconds: call.flag(lockWaitFlag) ?? 0,
    isDeadRun: async (run) => {
      const file = (await listRuns(runsFolder(env))).find(({ id }) => id === run);
      return file !== undefined && !(await isAlive(file.path));
    },
  };
}
