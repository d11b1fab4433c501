import type { Goal, Host } from "../fleet/host.ts";
import type { Aim } from "../run/aim.ts";
import { isAlive, listRuns, runsFolder } from "../world/journal.ts";
import type { Call } from "./command.ts";
import { acceptDriftFlag, lockWaitFlag } from "./flags.ts";
import type { OpenFleet } from "./open-fleet.ts";

/** How many hosts change at once, unless said (decision 16). */
export const defaultWidth = 10;

/** What hosts are prepared for. */
export interface AimWish {
  readonly goalOf: (host: Host) => Goal;
  /** Where the systems come from; null: not from a commit of this repository. */
  readonly revision: { readonly commit: string | null; readonly dirty: boolean } | null;
  readonly readOnly?: true;
}

/** What every host of this call is prepared for. The command must have the flags of a change. */
export function aimOf(call: Call, { fleet }: OpenFleet, wish: AimWish): Aim {
  const { env } = call.context;
  return {
    goalOf: wish.goalOf,
    readOnly: wish.readOnly ?? false,
    revision: wish.revision?.commit ?? null,
    dirty: wish.revision?.dirty ?? false,
    acceptDrift: wish.readOnly ? true : call.flag(acceptDriftFlag),
    fleetHostNames: fleet.hosts.map(({ settings }) => settings.hostName),
    lockWaitSeconds: wish.readOnly ? 0 : (call.flag(lockWaitFlag) ?? 0),
    isDeadRun: async (run) => {
      const file = (await listRuns(runsFolder(env))).find(({ id }) => id === run);
      return file !== undefined && !(await isAlive(file.path));
    },
  };
}
