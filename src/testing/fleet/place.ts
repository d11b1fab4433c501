import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where fleets live: a folder each, which root alone may write. sweep.sh has the same words. */
export const fleetsFolder = "/run/flurry-fleet";

/** The folder of the project, wherever this code runs from: source or bundle. */
export const projectFolder: string = folderWithPackage(dirname(fileURLToPath(import.meta.url)));

/** The shell half of the fleet. */
export const scriptsFolder: string = join(projectFolder, "src/testing/fleet");

/** The stand-in for nixpkgs, whose systems the hosts run. */
export const nixpkgsFolder: string = join(projectFolder, "src/testing/nixpkgs");

function folderWithPackage(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : folderWithPackage(dirname(folder));
}

/** One fleet that runs, as seen from outside. */
export interface Place {
  readonly name: string;
  /** Its folder: keys, ssh config, a folder a host. */
  readonly folder: string;
  /** A process in the fleet's mount and network namespaces. */
  readonly keeper: number;
}

/** The place of a fleet by its name; undefined when no such fleet is up. */
export function placeOf(name: string): Place | undefined {
  const folder = join(fleetsFolder, name);
  const keeper = Number(textOf(join(folder, "keeper")));
  return keeper > 0 && existsSync(`/proc/${keeper}`) ? { name, folder, keeper } : undefined;
}

/** The names of a fleet's hosts, in the order of their addresses. */
export function hostsOf(place: Place): readonly string[] {
  const number = (host: string) =>
    textOf(join(hostFolder(place, host), "address"))
      .split(".")
      .reduce((sum, part) => sum * 256 + Number(part), 0);
  return readdirSync(join(place.folder, "hosts")).toSorted(
    (one, other) => number(one) - number(other),
  );
}

/** Where things about one host are kept: its switch, its console, its mount points. */
export function hostFolder(place: Place, host: string): string {
  return join(place.folder, "hosts", host);
}

/**
 * The root of a host's file system, on or off, through the keeper's mount namespace. Absolute links
 * in it lead to this machine when followed: read them with `linkOf`.
 */
export function diskOf(place: Place, host: string): string {
  return `/proc/${place.keeper}/root${hostFolder(place, host)}/root`;
}

/** argv that runs a command in the fleet's network, with this machine's files. */
export function inNetwork(place: Place, argv: readonly string[]): readonly string[] {
  return ["nsenter", `--net=/proc/${place.keeper}/ns/net`, "--", ...argv];
}

/** argv that runs a command where the hosts' disks and outer interfaces are. */
export function inKeeper(place: Place, argv: readonly string[]): readonly string[] {
  const { keeper } = place;
  return [
    "nsenter",
    `--net=/proc/${keeper}/ns/net`,
    `--mount=/proc/${keeper}/ns/mnt`,
    "--",
    ...argv,
  ];
}

/** The control groups of a host, one in each tree that this machine has. */
export function groupsOf(place: Place, host: string): readonly string[] {
  const trees = existsSync("/sys/fs/cgroup/cgroup.controllers")
    ? ["/sys/fs/cgroup"]
    : ["unified", "systemd", "cpu", "memory"].map((tree) => `/sys/fs/cgroup/${tree}`);
  return trees.map((tree) => `${tree}/flurry-fleet.${place.name}/${host}`).filter(existsSync);
}

/** Process 1 of a host, by its number here; undefined while the host is off. */
export function initOf(place: Place, host: string): number | undefined {
  for (const group of groupsOf(place, host)) {
    for (const pid of processesBelow(group)) {
      // Counted here, in the keeper's namespace, and in the host's own.
      const numbers = /^NSpid:\t(.*)$/m.exec(textOf(`/proc/${pid}/status`))?.[1]?.split("\t");
      if (numbers?.[2] === "1") return pid;
    }
  }
  return undefined;
}

function processesBelow(group: string): readonly number[] {
  const own = textOf(join(group, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
  return [...own, ...namesIn(group).flatMap((name) => processesBelow(join(group, name)))];
}

function namesIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return []; // The group went while we looked.
  }
}

/** A file's text; empty where there is none. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Where a link leads; null where there is none. */
export function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
