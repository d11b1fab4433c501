import type { Generation, SeenHost } from "../fleet/seen.ts";
import { Problem } from "../lib/problem.ts";

/** Which generation a host goes back to, or forward to. */
export interface RollbackWish {
  /** A generation's number; null: the next lower one that exists and is not what runs. */
  readonly to: number | null;
  /** The newest generation recorded with a revision that begins so. */
  readonly revision: string | null;
}

/** A generation that is still in the store of its host. */
export interface WholeGeneration extends Generation {
  readonly system: string;
}

/** Picks the generation. Throws `generation-missing`, with those that are there. */
export function generationFor(host: string, seen: SeenHost, wish: RollbackWish): WholeGeneration {
  const whole = seen.generations.filter(isWhole).toSorted((a, b) => b.number - a.number);
  const found = whole.find((generation) => fits(generation, seen, wish));
  if (found) return found;
  const there = whole.map(({ number }) => number).join(", ");
  throw new Problem("generation-missing", `${host} has no generation ${wanted(wish)}`, {
    hint: there ? `flurry generations ${host}` : `flurry status ${host}`,
    evidence: there ? [`${host} has ${there}`] : [],
  });
}

function fits(
  { number, system, revision }: WholeGeneration,
  seen: SeenHost,
  wish: RollbackWish,
): boolean {
  if (wish.to !== null) return number === wish.to;
  if (wish.revision !== null) return revision?.startsWith(wish.revision) ?? false;
  if (system === seen.running) return false;
  // Where something else runs than the profile says (a test, a failed system that was left), the
  // profile's own generation is the one before.
  return seen.generation === null || number < seen.generation + (runsProfile(seen) ? 0 : 1);
}

function runsProfile({ running, profile }: SeenHost): boolean {
  return profile === null || running === profile;
}

function wanted({ to, revision }: RollbackWish): string {
  if (to !== null) return String(to);
  return revision === null ? "to go back to" : `of revision ${revision}`;
}

function isWhole(generation: Generation): generation is WholeGeneration {
  return generation.system !== null;
}
