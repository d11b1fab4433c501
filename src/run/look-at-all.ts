import type { Host } from "../fleet/host.ts";
import type { Seen } from "../fleet/seen.ts";
import { problemOf } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { parseLook } from "../nix/parse-look.ts";
import type { World } from "../world/world.ts";

/** Asks all hosts at once what they are. One that does not answer is an answer, too: why not. */
export async function lookAtAll(
  hosts: readonly Host[],
  world: World,
): Promise<ReadonlyMap<string, Seen>> {
  const seen = await Promise.all(
    hosts.map(async (host): Promise<[string, Seen]> => [host.name, await lookAtOne(host, world)]),
  );
  return new Map(seen);
}

async function lookAtOne(host: Host, world: World): Promise<Seen> {
  return world.onHost(guard.look(host, { root: true })).then(
    ({ stdout, chatter = null }) => parseLook(stdout, world.now(), { chatter }),
    (thrown: unknown) => ({
      answers: false,
      at: world.now(),
      problem: problemOf(thrown).report,
    }),
  );
}
