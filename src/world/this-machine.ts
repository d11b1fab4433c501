import type { Host } from "../fleet/host.ts";
import { isLoopback } from "../fleet/address.ts";

/** This machine, as far as it can be told from others. */
export interface ThisMachine {
  /** As `uname -n` says. */
  readonly hostName: string;
  /** Its own public host keys, `TYPE BASE64`. */
  readonly hostKeys: readonly string[];
}

/**
 * Is the host the machine we run on, and to be changed without ssh? By its name, and by its key
 * where one is pinned; `local: false` says that it never is.
 */
export function isThisMachine({ settings }: Host, machine: ThisMachine): boolean {
  const { local, hostName, sshHostKey } = settings;
  if (!local || hostName !== machine.hostName) return false;
  const ours = new Set(machine.hostKeys);
  return sshHostKey.length === 0 || sshHostKey.some((key) => ours.has(keyOf(key)));
}

/** Only the machine itself gets there: every address is a loopback one, and not a tunnel. */
export function isOnlyReachableFromItself({ settings }: Host): boolean {
  return settings.port === null && settings.addresses.every(isLoopback);
}

function keyOf(text: string): string {
  return text.trim().split(/\s+/).slice(0, 2).join(" ");
}
