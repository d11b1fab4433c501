import { parseAddress } from "./address.ts";
import type { Host } from "./host.ts";
import { resolveHost } from "./resolve-host.ts";

/**
 * A machine that is no host of the fleet, by its address (`root@builder.lan:2222`): something that
 * builds. It has the default settings. Throws `setting-broken` for what is no address.
 */
export function machineAt(address: string): Host {
  parseAddress(address);
  const layer = { origin: "address", host: null, settings: { address } };
  return resolveHost({
    name: address,
    path: null,
    layers: { defaults: [layer], tags: new Map(), own: [], above: [] },
    homes: {},
    assumedSystem: null,
  }).host;
}
