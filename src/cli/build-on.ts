import type { Call } from "./command.ts";
import { buildHostFlag, buildOnTargetFlag } from "./flags.ts";

/** Where all systems of this call are built, if it was said: `target`, or a host. */
export function buildOnOf(call: Call): string | undefined {
  return call.flag(buildOnTargetFlag) ? "target" : call.flag(buildHostFlag);
}
