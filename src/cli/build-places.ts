import type { Fleet } from "../fleet/fleet.ts";
import type { Host } from "../fleet/host.ts";
import { machineAt } from "../fleet/machine-at.ts";
import type { Seen, SeenHost } from "../fleet/seen.ts";
import type { BuildPlace } from "../inventory/build.ts";
import { Problem } from "../lib/problem.ts";
import { lookAtAll } from "../run/look-at.ts";
import type { World } from "../world/world.ts";

/** Finds where the system of a host is built: `on` is `here`, `target`, a host's name, or an address. */
export type FindPlace = (host: Host, on: string) => Promise<BuildPlace>;

/**
 * Places to build for a fleet. A builder that is none of the hosts of this call is met and looked at
 * once. Throws why it does not answer, and `setting-broken` for what is neither host nor address.
 */
export function placesFor(
  fleet: Fleet,
  world: World,
  seenInCall: (host: string) => SeenHost | null,
): FindPlace {
  const strangers = new Map<string, Promise<Seen>>();

  function lookAtStranger(host: Host): Promise<Seen> {
    const asked =
      strangers.get(host.name) ??
      world.meet([host]).then(async () => {
        const [[, seen] = []] = await lookAtAll([host], world);
        if (seen === undefined) throw new Error(`${host.name} was not looked at`);
        return seen;
      });
    strangers.set(host.name, asked);
    return asked;
  }

  return async (host, on) => {
    if (on === "here") return { kind: "here" };
    const named = fleet.hosts.find(({ name }) => name === on);
    const at = on === "target" ? host : (named ?? machineAt(on));
    const seen = seenInCall(at.name) ?? (await lookAtStranger(at));
    if (seen.answers) return { kind: "host", host: at, seen, keepThere: on === "target" };
    const { code, message, ...more } = seen.problem;
    throw new Problem(code, `${message} (it builds for ${host.name})`, more);
  };
}
