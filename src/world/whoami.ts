import { hostname, userInfo } from "node:os";

/** Who carries out a run, as others read it: `ada@fern`. */
export function whoami(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** This machine's name, as `uname -n` gives it. */
export function machineName(): string {
  return hostname();
}
