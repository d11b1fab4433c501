import { cksum } from "./cksum.ts";
import activation from "./scripts/activation.sh";
import arm from "./scripts/arm.sh";
import bootDefault from "./scripts/boot-default.sh";
import chores from "./scripts/chores.sh";
import common from "./scripts/common.sh";
import damage from "./scripts/damage.sh";
import guard from "./scripts/guard.sh";
import install from "./scripts/install.sh";
import lease from "./scripts/lease.sh";
import look from "./scripts/look.sh";
import main from "./scripts/main.sh";
import units from "./scripts/units.sh";
import verbs from "./scripts/verbs.sh";

/** The guard: the whole of it, as it lies on a host's disk. Its verbs are in scripts/main.sh. */
export const guardScript: string = [
  "#!/bin/sh\n",
  common,
  bootDefault,
  units,
  lease,
  arm,
  verbs,
  activation,
  guard,
  chores,
  damage,
  look,
  main,
].join("\n");

/** The part of it that looks: enough for a host on which nothing is to be written. */
export const lookScript: string = [common, bootDefault, lease, look, "look\n"].join("\n");

/** The number of the protocol between flurry and the guard. It speaks this one and the one before. */
export const protocol = 1;

const home = "/nix/var/flurry";
const endOfGuard = "END_OF_THE_GUARD";

/**
 * Where this version of the guard is on a host. The folder is called by what `cksum` says of the
 * script: that names a version and shows a write that was cut short, which is all that is asked of
 * it, since only root may write there, and ssh has seen to the rest.
 */
export function guardPath(): string {
  return `${home}/scripts/${guardName()}/guard`;
}

/** The name of this version, such as `1938274655-31245`. */
export function guardName(): string {
  known ??= nameOf(guardScript);
  return known;
}

let known: string | undefined;

function nameOf(text: string): string {
  const { sum, length } = cksum(new TextEncoder().encode(text));
  return `${sum}-${length}`;
}

/** Shell text that puts this version of the guard on the host's disk, unless it is there. */
export function installText(): string {
  const text = `guard_text() {\ncat <<'${endOfGuard}'\n${guardScript}${endOfGuard}\n}\n`;
  return `${text}${install}\ninstall_guard ${guardName()}\n`;
}
