import type { Host } from "../fleet/host.ts";
import type { Seen, SeenHost } from "../fleet/seen.ts";
import { problemOf } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { parseLook } from "../nix/parse-look.ts";
import type { World } from "../world/world.ts";
import type { Errand } from "./errand.ts";

/** Asks the host what it is, and tells it. Throws `host-unreachable` and its kin. */
export async function lookAt(host: Host, { world, emit, control }: Errand): Promise<SeenHost> {
  const seen = await askHost(host, world, control.cancel);
  emit({ kind: "host.seen", host: host.name, seen });
  return seen;
}

/** Asks all hosts at once what they are. One that does not answer is an answer, too: why not. */
export async function lookAtAll(
  hosts: readonly Host[],
  world: World,
): Promise<ReadonlyMap<string, Seen>> {
  const seen = await Promise.all(
    hosts.map(async (host): Promise<[string, Seen]> => {
      const answer = await askHost(host, world).then(undefined, (thrown: unknown) => ({
        answers: false as const,
        at: world.now(),
        problem: problemOf(thrown).report,
      }));
      return [host.name, answer];
    }),
  );
  return new Map(seen);
}

async function askHost(host: Host, world: World, signal?: AbortSignal): Promise<SeenHost> {
  const asked = { ...guard.look(host, { root: true }), ...(signal && { signal }) };
  const { stdout, chatter = null } = await world.onHost(asked);
  return parseLook(stdout, world.now(), { chatter });
}
