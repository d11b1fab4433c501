import type { Host } from "../fleet/host.ts";
import { problemFrom } from "../lib/problem.ts";
import type { World } from "../world/world.ts";
import type { Login } from "./context.ts";

type Opened = World & { readonly login: Login };

/**
 * The same world, where a host that is described badly is not contacted: its address, its user or
 * its key may be what could not be read. Whoever asks it gets the problem `host-described-badly`.
 */
export function wellDescribed(world: Opened): Opened {
  return {
    ...world,
    meet: (hosts) => world.meet(hosts.filter(({ flaw }) => flaw === null)),
    onHost: async (command, print) => {
      refuse(command.host);
      return world.onHost(command, print);
    },
    sendTo: async (source, command, print) => {
      refuse(command.host);
      return world.sendTo(source, command, print);
    },
    login: async (host, words) => {
      refuse(host);
      return world.login(host, words);
    },
  };
}

function refuse({ flaw }: Host): void {
  if (flaw) throw problemFrom(flaw);
}
