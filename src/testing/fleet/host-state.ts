import { existsSync, readdirSync } from "node:fs";
import { diskOf, initOf, linkOf, textOf, type Place } from "./place.ts";

/** What is really so on a test host, read from outside. Systems are store paths. */
export interface HostState {
  /** Null while the host is off. */
  readonly running: string | null;
  readonly booted: string | null;
  /** What `/nix/var/nix/profiles/system` holds. */
  readonly profile: string | null;
  /** What the boot loader would start; null where it has nothing. */
  readonly bootDefault: string | null;
  readonly generations: Readonly<Record<number, string>>;
  /** Another one after each boot; null while the host is off. */
  readonly bootId: string | null;
}

/** Looks at a host without its network, and also when it is off. */
export function hostState(place: Place, host: string): HostState {
  const disk = diskOf(place, host);
  const init = initOf(place, host);
  const live = (path: string) => (init === undefined ? null : linkOf(`/proc/${init}/root${path}`));
  const profiles = `${disk}/nix/var/nix/profiles`;
  const generations: Record<number, string> = {};
  // A host that has only just been switched on has no disk yet.
  for (const name of existsSync(profiles) ? readdirSync(profiles) : []) {
    const number = /^system-(\d+)-link$/.exec(name)?.[1];
    const system = number === undefined ? null : linkOf(`${profiles}/${name}`);
    if (system !== null) generations[Number(number)] = system;
  }
  return {
    running: live("/run/current-system"),
    booted: live("/run/booted-system"),
    profile: linkOf(`${profiles}/${linkOf(`${profiles}/system`) ?? ""}`),
    bootDefault: bootDefault(disk),
    generations,
    bootId: bootIdOf(init),
  };
}

/**
 * The number that Linux draws at each boot, here by nspawn. Null while the host is off, and in the
 * first moment of a boot, when it still sees the number of this machine.
 */
function bootIdOf(init: number | undefined): string | null {
  if (init === undefined) return null;
  const file = "/proc/sys/kernel/random/boot_id";
  const id = textOf(`/proc/${init}/root${file}`).trim();
  return id === "" || id === textOf(file).trim() ? null : id;
}

function bootDefault(disk: string): string | null {
  const entry = defaultEntry(`${disk}/boot/loader`);
  // In grub.cfg the default stands first, as NixOS writes it.
  const text = textOf(entry ?? `${disk}/boot/grub/grub.cfg`);
  return /\binit=(\S+)\/init\b/.exec(text)?.[1] ?? null;
}

/** The file that loader.conf prefers, or names as the default; its name may carry a boot counter. */
function defaultEntry(loader: string): string | null {
  const text = textOf(`${loader}/loader.conf`);
  const name = /^preferred +(.+)$/m.exec(text)?.[1] ?? /^default +(.+)$/m.exec(text)?.[1];
  if (name === undefined) return null;
  const folder = `${loader}/entries`;
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const found = files.find((file) => file.replace(/\+\d+(?:-\d+)?\.conf$/, ".conf") === name);
  return found === undefined ? null : `${folder}/${found}`;
}
