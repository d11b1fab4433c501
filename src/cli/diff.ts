import { coresHere } from "../world/cores.ts";
import type { Source } from "../fleet/fleet.ts";
import type { Host } from "../fleet/host.ts";
import { diffHosts } from "../inventory/closures.ts";
import { evaluatorOf } from "../inventory/evaluate.ts";
import { referenceAt } from "../inventory/reference-at.ts";
import { takeSnapshot } from "../inventory/snapshot.ts";
import { Problem } from "../lib/problem.ts";
import type { Difference, DiffDocument } from "../plan/diff-document.ts";
import { planPreparation } from "../plan/prepare.ts";
import type { Prepared } from "../run/prepare-host.ts";
import { survey } from "../run/survey.ts";
import { failuresText } from "../view/failure.ts";
import { aimOf } from "./aim.ts";
import { buildOnOf } from "./build-on.ts";
import type { Call } from "./command.ts";
import { againstFlag } from "./commands/diff.ts";
import { answerDiff, differenceOf } from "./diff-answer.ts";
import { diffGenerations, diffPaths, generationOf, isPath } from "./diff-systems.ts";
import { type OpenFleet, openFleet } from "./open-fleet.ts";
import type { Session } from "./session.ts";
import { withWorkshop } from "./with-workshop.ts";
import type { RealWorkshop } from "./workshop.ts";

/** `flurry diff`: of paths, of generations, or of what hosts run and would run. */
export async function diff(call: Call): Promise<number> {
  const { words } = call;
  if (words.length > 0 && words.every(isPath)) return await diffPaths(call);
  if (words.length > 0 && words.every((word) => generationOf(word) !== null)) {
    return await diffGenerations(call);
  }
  const mixed = words.find((word) => isPath(word) || generationOf(word) !== null);
  if (mixed !== undefined) {
    throw new Problem("usage", `${mixed} cannot be compared with hosts or words of another kind`, {
      hint: "flurry diff HOST, flurry diff HOST@41 HOST@42, or flurry diff PATH PATH",
    });
  }
  return await diffWithRepository(call);
}

/** What the work tree gives, against what hosts run, or what another commit gives. */
async function diffWithRepository(call: Call): Promise<number> {
  const against = call.flag(againstFlag);
  const reaches = against === undefined;
  const opened = await openFleet(call, { verb: "reads", reaches, evaluates: true });
  const { hosts, fleet } = opened;
  const wish = { goal: "diff", title: "compare", source: fleet.source, reason: "", kept: false };
  return withWorkshop(call, opened, wish, async (session, workshop) => {
    const buildOn = reaches ? buildOnOf(call) : "here";
    const preparation = planPreparation(hosts, {
      until: "built",
      reason: "",
      ...(!reaches && { unseen: true }),
      ...(buildOn !== undefined && { buildOn }),
    });
    const aim = aimOf(call, opened, { goalOf: () => "switch", revision: null, readOnly: true });
    const found = await survey(hosts, preparation, aim, workshop, session.errand);
    const others = reaches
      ? null
      : await systemsAgainst(call, against, opened, found.prepared, workshop, session);
    const compared = await compareAll(call, found.prepared, others, fleet.source);
    const exit = session.finish(found.ends);
    const problems = new Map([...found.problems, ...(others?.problems ?? [])]);
    session.close();
    tellFailures(call, session);
    return answerDiff(call, documentOf(hosts, compared, problems), exit);
  });
}

/** The systems that another commit gives. */
interface OtherSystems {
  readonly label: string;
  readonly systems: ReadonlyMap<string, string>;
  readonly problems: ReadonlyMap<string, Problem>;
}

async function systemsAgainst(
  call: Call,
  against: string,
  { fleet, flags }: OpenFleet,
  prepared: readonly Prepared[],
  workshop: RealWorkshop,
  { errand }: Session,
): Promise<OtherSystems> {
  const { world } = call.context;
  const other = await referenceAt(world, fleet.source, against);
  const snapshot = await takeSnapshot(world, other, flags.evaluate);
  const evaluator = evaluatorOf(world, snapshot, { flags, cores: coresHere(), folder: null });
  const signal = errand.control.cancel;
  const systems = new Map<string, string>();
  const problems = new Map<string, Problem>();
  const wanted = prepared.filter(({ system }) => system !== null);
  const built = wanted.map(async ({ host }) => {
    const derivation = await evaluator.evaluate(host, signal);
    systems.set(host.name, await workshop.here.build(derivation, signal));
  });
  for (const [index, end] of (await Promise.allSettled(built)).entries()) {
    const name = wanted[index]?.host.name ?? "";
    if (end.status === "rejected" && end.reason instanceof Problem) problems.set(name, end.reason);
    else if (end.status === "rejected") throw end.reason;
  }
  return { label: against, systems, problems };
}

async function compareAll(
  call: Call,
  prepared: readonly Prepared[],
  others: OtherSystems | null,
  source: Source,
): Promise<ReadonlyMap<string, Difference>> {
  const { world } = call.context;
  const revision = source.revision?.slice(0, 7) ?? "here";
  const label = source.dirty ? `${revision} + edits` : revision;
  const changes = prepared.flatMap(({ host, seen, system }) => {
    const running = others ? others.systems.get(host.name) : seen?.running;
    return system === null || running === undefined
      ? []
      : [{ host, seen: { running }, to: system }];
  });
  const found = await diffHosts(world, changes);
  return new Map(
    prepared.flatMap(({ host, seen }) => {
      const one = found.get(host.name);
      const from = others ? others.label : (seen?.generation ?? null);
      return one ? [[host.name, differenceOf(one, from, label)] as const] : [];
    }),
  );
}

function documentOf(
  hosts: readonly Host[],
  compared: ReadonlyMap<string, Difference>,
  problems: ReadonlyMap<string, Problem>,
): DiffDocument {
  const nothing = { from: null, to: null, diff: null, effects: null, risks: [] };
  const entries = hosts.map(({ name }): [string, Difference] => {
    const problem = problems.get(name)?.report ?? null;
    return [name, compared.get(name) ?? { ...nothing, problem }];
  });
  return { schema: "flurry.diff/1", hosts: Object.fromEntries(entries), systems: null };
}

function tellFailures(call: Call, session: Session): void {
  const { output, stderr, progressStyle } = call.context;
  if (output.format !== "table") return;
  const failures = failuresText(session.state(), progressStyle());
  if (failures.length > 0) stderr(`${failures.join("\n")}\n`);
}
