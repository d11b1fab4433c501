import type { Host } from "../fleet/host.ts";
import { Problem } from "../lib/problem.ts";
import type { Call } from "./command.ts";
import { storePathFlag } from "./flags.ts";

/** A system is for one host. Throws `usage` where several are meant. */
export function mayNameOneSystem(system: string | undefined, hosts: readonly Host[]): void {
  if (system === undefined || hosts.length === 1) return;
  throw new Problem("usage", `--store-path is one system; ${hosts.length} hosts are meant`);
}

/**
 * The system that `--store-path` names, its links followed: `./result` does as well. One that is not in
 * the store here may be in the host's. Throws `usage` and `not-a-system`.
 */
export async function namedSystem(call: Call): Promise<string | undefined> {
  const named = call.flag(storePathFlag);
  if (named === undefined) return undefined;
  const { cwd, world } = call.context;
  const typed = named.startsWith("/") ? named : `${cwd}/${named}`;
  const here = await world.files.real(typed);
  const path = here ?? typed;
  if (!/^\/nix\/store\/[0-9a-z]{32}-[\w+.?=-]+$/.test(path)) {
    const message = `--store-path: ${named} is no path in /nix/store`;
    throw new Problem("usage", message, { hint: "flurry build HOST" });
  }
  const program = `${path}/bin/switch-to-configuration`;
  if (here !== undefined && (await world.files.real(program)) === undefined) {
    const message = `${path} is no system: it has no bin/switch-to-configuration`;
    throw new Problem("not-a-system", message, { hint: "flurry build HOST" });
  }
  return path;
}
