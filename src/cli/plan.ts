import type { Goal, Host } from "../fleet/host.ts";
import type { PlannedWork } from "../plan/plan-document.ts";
import { planPreparation } from "../plan/prepare.ts";
import { changeOf, type Prepared } from "../run/prepare-host.ts";
import { survey } from "../run/survey.ts";
import { planText } from "../view/plan-text.ts";
import { aimOf, defaultWidth } from "./aim.ts";
import { buildOnOf } from "./build-on.ts";
import type { Call } from "./command.ts";
import { buildFlag, exitCodeFlag } from "./commands/plan.ts";
import { goalFlag } from "./flags.ts";
import { openFleet } from "./open-fleet.ts";
import { planDocument } from "./plan-document.ts";
import { withWorkshop } from "./with-workshop.ts";
import type { RealWorkshop } from "./workshop.ts";

const somethingWouldChange = 2;

/** `flurry plan`, `dry-build`, and every verb with `--dry-run`: nothing is copied or changed. */
export async function plan(call: Call): Promise<number> {
  const { world, output, stdout, style } = call.context;
  const startedAt = world.now();
  const builds = wantsBuild(call);
  const opened = await openFleet(call, { verb: "reads", reaches: true, evaluates: true });
  const { hosts, fleet } = opened;
  const wish = { goal: "plan", title: "plan", source: fleet.source, reason: "", kept: false };
  return withWorkshop(call, opened, wish, async (session, workshop) => {
    const buildOn = buildOnOf(call);
    const preparation = planPreparation(hosts, {
      until: builds ? "built" : "evaluated",
      reason: "",
      ...(buildOn !== undefined && { buildOn }),
    });
    const { revision, dirty } = fleet.source;
    const goalOf = goalFrom(call);
    const commit = { commit: revision, dirty };
    const aim = aimOf(call, opened, { goalOf, revision: commit, readOnly: true });
    const found = await survey(hosts, preparation, aim, workshop, session.errand);
    const exit = session.finish(found.ends);
    const document = await planDocument(world, {
      goal: hosts[0] ? goalOf(hosts[0]) : "switch",
      source: fleet.source,
      prepared: found.prepared,
      changes: found.prepared.flatMap((one) => changeOf(one, aim, session.errand) ?? []),
      problems: found.problems,
      work: builds ? null : await countWork(found.prepared, workshop),
      width: defaultWidth,
      seconds: (world.now() - startedAt) / 1000,
    });
    session.close();
    if (output.format === "json") stdout(`${JSON.stringify(document, null, 2)}\n`);
    else if (output.format === "table") stdout(`${planText(document, style()).join("\n")}\n`);
    const changes = Object.values(document.hosts).some(({ change }) => change !== "none");
    return exit === 0 && changes && asksForCode(call) ? somethingWouldChange : exit;
  });
}

async function countWork(
  prepared: readonly Prepared[],
  { here }: RealWorkshop,
): Promise<PlannedWork> {
  const derivations = prepared.flatMap(({ derivation }) => derivation ?? []);
  const { build, fetch, downloadBytes } = await here.count(derivations);
  return { builds: build.length, fetches: fetch.length, fetchBytes: downloadBytes, on: "here" };
}

function wantsBuild(call: Call): boolean {
  if (call.spec.path[0] === "dry-build") return false;
  return call.spec.flags.includes(buildFlag) ? call.flag(buildFlag) !== false : true;
}

function asksForCode(call: Call): boolean {
  return call.spec.flags.includes(exitCodeFlag) && call.flag(exitCodeFlag);
}

const goals: readonly Goal[] = ["switch", "boot", "test", "dry-activate"];

/** The verb, else `--goal`, else what the repository says of each host. */
export function goalFrom(call: Call): (host: Host) => Goal {
  const verb = call.spec.path[0] ?? "";
  const asked = call.spec.flags.includes(goalFlag) ? call.flag(goalFlag) : undefined;
  const said = goals.find((goal) => goal === verb) ?? asked;
  return (host) => said ?? host.settings.policy.goal;
}
