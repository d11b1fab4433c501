import type { Source } from "../fleet/fleet.ts";
import type { Goal } from "../fleet/host.ts";
import { diffHosts, type HostDiff } from "../inventory/closures.ts";
import type { Problem } from "../lib/problem.ts";
import { type Change, dueOf } from "../plan/change.ts";
import type { PlanDocument, PlannedHost, PlannedWork } from "../plan/plan-document.ts";
import { planRollout } from "../plan/rollout.ts";
import type { Prepared } from "../run/prepare-host.ts";
import type { World } from "../world/world.ts";

/** What a plan is made of. */
export interface PlanFacts {
  readonly goal: Goal;
  readonly source: Source | null;
  readonly prepared: readonly Prepared[];
  /** Of the hosts that answered and whose system is known. */
  readonly changes: readonly Change[];
  readonly problems: ReadonlyMap<string, Problem>;
  /** The systems are in the store here, so that closures can be compared. */
  readonly isBuilt: boolean;
  readonly work: PlannedWork | null;
  readonly width: number;
  readonly seconds: number;
}

/** The plan as data, with what each closure would gain and lose. Nothing is copied or changed. */
export async function planDocument(world: World, facts: PlanFacts): Promise<PlanDocument> {
  const { goal, source, prepared, changes, problems, work, width, seconds } = facts;
  const due = changes.filter((change) => dueOf(change) !== "none" && dueOf(change) !== "record");
  const diffs = facts.isBuilt ? await diffHosts(world, due) : new Map<string, HostDiff>();
  const hosts = prepared.map((one): [string, PlannedHost] => {
    const { name } = one.host;
    const change = changes.find(({ host }) => host.name === name);
    return [name, plannedHost(one, change, diffs.get(name), problems.get(name))];
  });
  return {
    schema: "flurry.plan/1",
    goal,
    source: source && (source.folder ?? source.reference),
    revision: source?.revision ?? null,
    dirty: source?.dirty ?? false,
    hosts: Object.fromEntries(hosts),
    waves: planRollout(due, { width }).waves.map(({ name, width: most, lanes }) => ({
      name,
      width: most,
      hosts: lanes.map(({ host }) => host),
    })),
    work,
    seconds,
  };
}

function plannedHost(
  { seen, system, effects, risks }: Prepared,
  change: Change | undefined,
  diff: HostDiff | undefined,
  problem: Problem | undefined,
): PlannedHost {
  const due = change && dueOf(change);
  const generation = seen?.generation ?? null;
  return {
    change: change === undefined ? null : due === "none" || due === "record" ? "none" : change.goal,
    running: seen?.running ?? null,
    to: system,
    generation,
    nextGeneration: change ? nextGeneration(change) : null,
    diff: diff?.diff ?? null,
    // The host's own word, where it was asked, is better than a guess from the closures.
    effects: effects ?? diff?.effects ?? null,
    risks: [...risks, ...(diff?.risks ?? [])],
    problem: problem?.report ?? null,
  };
}

/** A system that a generation holds already goes back to that number; a new one gets the next. */
function nextGeneration({ seen, to, generation, goal }: Change): number | null {
  if (goal === "test" || goal === "dry-activate") return null;
  if (generation !== null) return generation;
  const numbers = seen.generations.map(({ number }) => number);
  const newest = Math.max(0, ...numbers);
  const held = seen.generations.find(({ number, system }) => number === newest && system === to);
  return held ? newest : newest + 1;
}
