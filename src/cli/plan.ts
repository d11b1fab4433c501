import type { Goal, Host } from "../fleet/host.ts";
import type { PlanDocument, PlannedWork } from "../plan/plan-document.ts";
import { outputsOf } from "../nix/commands.ts";
import { nixEnvironment } from "../nix/nix-settings.ts";
import { planPreparation } from "../plan/prepare.ts";
import { changeOf, type Prepared } from "../run/prepare-host.ts";
import { survey } from "../run/survey.ts";
import { planPlain, planText } from "../view/plan-text.ts";
import { aimOf, defaultWidth } from "./aim.ts";
import { buildOnOf } from "./build-on.ts";
import type { Call } from "./command.ts";
import { buildFlag, exitCodeFlag } from "./commands/plan.ts";
import { goalFlag } from "./flags.ts";
import { openFleet } from "./open-fleet.ts";
import { planDocument } from "./plan-document.ts";
import { mayNameOneSystem, namedSystem } from "./store-path.ts";
import { withWorkshop } from "./with-workshop.ts";
import type { RealWorkshop } from "./workshop.ts";

const somethingWouldChange = 2;

/** `flurry plan`, `dry-build`, and every verb with `--dry-run`: nothing is copied or changed. */
export async function plan(call: Call): Promise<number> {
  const { world } = call.context;
  const startedAt = world.now();
  const builds = wantsBuild(call);
  const system = await namedSystem(call);
  const opened = await openFleet(call, { verb: "reads", reaches: true, evaluates: !system });
  const { hosts, fleet } = opened;
  mayNameOneSystem(system, hosts);
  const wish = { goal: "plan", title: "plan", source: fleet.source, reason: "", kept: false };
  return withWorkshop(call, opened, wish, async (session, workshop) => {
    const buildOn = buildOnOf(call);
    const preparation = planPreparation(hosts, {
      until: builds ? "built" : "evaluated",
      reason: "",
      ...(system && { built: true }),
      ...(buildOn !== undefined && { buildOn }),
    });
    const { revision, dirty } = fleet.source;
    const goalOf = goalFrom(call);
    const commit = system ? null : { commit: revision, dirty };
    const aim = aimOf(call, opened, { goalOf, revision: commit, readOnly: true });
    const choose = (prepared: Prepared): void => {
      if (system) prepared.system = system;
    };
    const found = await survey(hosts, preparation, aim, workshop, session.errand, choose);
    const exit = session.finish(found.ends);
    if (!builds) await nameUnbuilt(call, found.prepared);
    const document = await planDocument(world, {
      goal: hosts[0] ? goalOf(hosts[0]) : "switch",
      source: system ? null : fleet.source,
      prepared: found.prepared,
      changes: found.prepared.flatMap((one) => changeOf(one, aim, session.errand) ?? []),
      problems: found.problems,
      isBuilt: builds || system !== undefined,
      work: builds || system ? null : await countWork(found.prepared, workshop),
      width: defaultWidth,
      seconds: (world.now() - startedAt) / 1000,
    });
    session.close();
    tellPlan(call, document);
    const changes = Object.values(document.hosts).some(({ change }) => change !== "none");
    return exit === 0 && changes && asksForCode(call) ? somethingWouldChange : exit;
  });
}

/** The plan as it was asked for: text, or a document; the events were told already. */
export function tellPlan({ context }: Call, document: PlanDocument): void {
  const { output, stdout, style } = context;
  if (output.format === "json") stdout(`${JSON.stringify(document, null, 2)}\n`);
  else if (output.format === "table") {
    const lines = output.plain ? planPlain(document) : planText(document, style());
    stdout(lines.map((line) => `${line}\n`).join(""));
  }
}

/** A system's path is known before it is built. */
async function nameUnbuilt({ context }: Call, prepared: readonly Prepared[]): Promise<void> {
  const evaluated = prepared.filter(({ derivation }) => derivation !== null);
  if (evaluated.length === 0) return;
  const command = outputsOf(evaluated.flatMap(({ derivation }) => derivation ?? []));
  const env = { ...nixEnvironment(context.env), ...command.env };
  const { stdout } = await context.world.here({ ...command, env });
  const outputs = stdout.split("\n").filter((line) => line !== "");
  // A system has one output; where one has more, nobody can say which is whose.
  if (outputs.length !== evaluated.length) return;
  for (const [index, one] of evaluated.entries()) one.system = outputs[index] ?? null;
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
