import type { Goal, Host } from "../fleet/host.ts";

/** What a run wants of every host it prepares. */
export interface Aim {
  readonly goalOf: (host: Host) => Goal;
  /** Only look: neither preflight nor lease. */
  readonly readOnly: boolean;
  readonly revision: string | null;
  readonly dirty: boolean;
  readonly acceptDrift: boolean;
  /** Names of all hosts of the fleet: a host that bears another's name is the wrong one. */
  readonly fleetHostNames: readonly string[];
  /** Seconds to wait for a host that someone else has; 0: not at all. */
  readonly lockWaitSeconds: number;
  /** Whether that run was begun here, by this user, and its process is gone. */
  readonly isDeadRun: (run: string) => Promise<boolean>;
}
