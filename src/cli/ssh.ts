import { Problem } from "../lib/problem.ts";
import type { Call } from "./command.ts";
import { openFleet } from "./open-fleet.ts";

/** `flurry ssh HOST [-- COMMAND]`: the exit code is that of ssh. */
export async function ssh(call: Call): Promise<number> {
  const wish = { verb: "changes", reaches: true, evaluates: false } as const;
  const { hosts } = await openFleet({ ...call, rest: [] }, wish);
  const [host, another] = hosts;
  if (host === undefined || another !== undefined) {
    throw new Problem("usage", `ssh goes to one host, and ${hosts.length} are named`);
  }
  return call.context.login(host, call.rest);
}
