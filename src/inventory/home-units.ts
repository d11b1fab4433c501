import type { FleetProblem } from "../fleet/fleet.ts";
import { reservedNames } from "../fleet/names.ts";
import type { Unit } from "./scan-units.ts";

/** Whose homes there are, and for which hosts. */
export interface Homes {
  /** `alice` → `homes/alice`, `homes/alice@global`: what her homes everywhere begin with. */
  readonly bases: ReadonlyMap<string, readonly string[]>;
  /** By host, then by user: the folder for this host alone. */
  readonly bound: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly problems: readonly FleetProblem[];
}

/** Sorts the units of `homes/`: `user`, `user@global`, `user@host`, `user@droid`. */
export function sortHomes(units: readonly Unit[], hosts: ReadonlySet<string>): Homes {
  const bases = new Map<string, readonly string[]>();
  const bound = new Map<string, Map<string, string>>();
  const problems: FleetProblem[] = [];
  const wrong = (severity: "error" | "warning", code: string, path: string, why: string): void => {
    problems.push({ severity, code, path, message: `${path}: ${why}` });
  };
  // By name, so that `alice` comes before `alice@global`.
  for (const { name, path } of units.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const [user = "", place, ...more] = name.split("@");
    if (more.length > 0) wrong("error", "home-name", path, "more than one @");
    else if (user === "") wrong("error", "home-name", path, "no user before @");
    else if (place === "") wrong("error", "home-name", path, "nothing after @");
    else if (reservedNames.has(user)) {
      wrong("error", "name-reserved", path, `'${user}' is reserved for user@${user}`);
    } else if (place === undefined || place === "global") {
      bases.set(user, [...(bases.get(user) ?? []), path]);
    } else if (place !== "droid") {
      bound.set(place, (bound.get(place) ?? new Map<string, string>()).set(user, path));
      const why = `there is no host ${place}; used by nothing`;
      if (!hosts.has(place)) wrong("warning", "home-unknown-host", path, why);
    }
  }
  return { bases, bound, problems };
}

/** The layers of each home on one host, base first. Users without any are left out. */
export function homesOn(
  { bases, bound }: Homes,
  host: string,
  users: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  const here = bound.get(host);
  const all = new Set([...users, ...(here?.keys() ?? [])]);
  const layers = [...all].flatMap((user): [string, readonly string[]][] => {
    const own = here?.get(user);
    const list = [...(bases.get(user) ?? []), ...(own === undefined ? [] : [own])];
    return list.length === 0 ? [] : [[user, list]];
  });
  return Object.fromEntries(layers.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
