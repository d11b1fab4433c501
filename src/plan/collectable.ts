import type { SeenHost } from "../fleet/seen.ts";

/** Which generations stay: the newest `keep`, and those younger than `keepSinceSeconds`. */
export interface Keeping {
  readonly keep: number;
  readonly keepSinceSeconds: number | null;
}

/**
 * The generations that `gc` would drop, newest first: as the guard decides it (scripts/chores.sh), from
 * what the host was seen to have. What runs, booted, boots next or stands in the profile stays.
 */
export function collectable(seen: SeenHost, { keep, keepSinceSeconds }: Keeping): number[] {
  const used = new Set([seen.running, seen.booted, seen.bootDefault, seen.profile]);
  return seen.generations
    .toSorted((one, other) => other.number - one.number)
    .slice(keep)
    .filter(({ system, at }) => {
      const age = (seen.at - (at ?? 0)) / 1000;
      return !used.has(system) && (keepSinceSeconds === null || age > keepSinceSeconds);
    })
    .map(({ number }) => number);
}
