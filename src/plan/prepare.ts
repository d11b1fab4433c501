import type { Host } from "../fleet/host.ts";
import type { Act, Lane, Plan, Step } from "./plan.ts";

/** How far a preparation goes, and what it takes along. */
export interface PreparationWish {
  /**
   * `seen`: look at the hosts only. `evaluated`, `built`: nothing reaches a host. `copied`: the
   * system is whole on the host and rehearsed there; nothing that anyone can feel has changed.
   */
  readonly until: "seen" | "evaluated" | "built" | "copied";
  /** Skip looking at the hosts: `build` needs none of them. */
  readonly unseen?: true;
  /** The systems are known and built already: `--store-path`, a rollback. */
  readonly built?: true;
  readonly reason: string;
  /** A host's or builder's name that stands in for every host's own `build.on`. */
  readonly buildOn?: string;
  /** Stands in for every host's own `build.substitutes`. */
  readonly substitutes?: boolean;
  /** Check what is new to each host, and send again what is damaged there. */
  readonly repair?: true;
}

/** One wave, a lane a host, no barrier between lanes: what must be known and there before a rollout. */
export function planPreparation(hosts: readonly Host[], wish: PreparationWish): Plan {
  const lanes = hosts.map((host) => laneOf(host, wish));
  return {
    title: `prepare ${hosts.length} ${hosts.length === 1 ? "host" : "hosts"}`,
    waves: [{ name: "prepare", width: hosts.length, lanes }],
  };
}

function laneOf(host: Host, wish: PreparationWish): Lane {
  const { build } = host.settings;
  const look: Act[] = wish.unseen ? [] : [{ kind: "look" }];
  const evaluate: Act = { kind: "evaluate", attribute: host.attribute };
  const acts: Act[] = [
    ...look,
    ...(wish.built ? [] : from(wish, "evaluated", evaluate)),
    ...(wish.built ? [] : from(wish, "built", { kind: "build", on: wish.buildOn ?? build.on })),
    ...from(wish, "copied", { kind: "take", reason: wish.reason }),
    ...from(wish, "copied", {
      kind: "copy",
      substitutes: wish.substitutes ?? build.substitutes,
      ...(wish.repair && { repair: true }),
    }),
    ...from(wish, "copied", { kind: "rehearse" }),
  ];
  return { host: host.name, steps: acts.map((act) => stepOf(host.name, act, wish)) };
}

const reach = ["seen", "evaluated", "built", "copied"] as const;

function from(wish: PreparationWish, first: (typeof reach)[number], act: Act): Act[] {
  return reach.indexOf(wish.until) >= reach.indexOf(first) ? [act] : [];
}

/**
 * Looking at a host needs nothing from evaluating its system, nor from building it here. Other
 * machines that build must have been seen.
 */
function stepOf(host: string, act: Act, wish: PreparationWish): Step {
  const id = `${host}.${act.kind}`;
  if (wish.unseen) return { id, ...act };
  if (act.kind === "evaluate") return { id, ...act, beside: true };
  if (act.kind === "build" && act.on === "here") return { id, ...act, after: `${host}.evaluate` };
  return { id, ...act };
}
