import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import {
  fleetsFolder,
  hostFolder,
  hostsOf,
  inNetwork,
  placeOf,
  scriptsFolder,
  type Place,
} from "./place.ts";
import { run, until } from "./program.ts";
import { writeSshConfig } from "./ssh-config.ts";
import { testHost, type TestHost } from "./test-host.ts";

/** Hosts for tests: real systemd, real sshd, real Nix stores, on this machine. */
export interface TestFleet {
  readonly name: string;
  readonly hosts: readonly TestHost[];
  /** For `ssh -F`; set it as SSH_CONFIG_FILE for flurry, and in NIX_SSHOPTS. */
  readonly sshConfig: string;
  /** argv that runs a command inside the fleet's network: servers, and peers that know addresses. */
  enter(argv: readonly string[]): readonly string[];
  /** Ends everything. Idempotent; also happens when this process dies, by SIGKILL too. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a fleet should be like. */
export interface FleetWish {
  /** How many (named h1, h2, …), or their names: up to 11 lower-case letters, digits and dashes. */
  readonly hosts: number | readonly string[];
  readonly loader?: "systemd-boot" | "grub";
  readonly systems?: Systems;
  /** Of each host; in memory, and used only as far as it is filled. 512 unless said. */
  readonly diskMib?: number;
  /** Files and folders of this machine that every host sees, read-only, at the path in `to`. */
  readonly binds?: readonly { readonly from: string; readonly to: string }[];
}

/** Store paths of this machine, by host, that are generation 1 there in place of the image's own. */
export type Systems = Readonly<Record<string, string>>;

/** The password of the user `pwuser` on every host, whose sudo and doas ask for it. */
export const testPassword = "correct horse";

/** The programs without which there are no hosts. */
export const neededPrograms: readonly string[] = [
  "systemd-nspawn",
  "nsenter",
  "unshare",
  "flock",
  "nc",
  "ip",
  "nft",
  "ssh-keygen",
  "mmdebstrap",
];

/** Why hosts cannot be started here; undefined where they can. */
export function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "systemd hosts need root";
  const folders = `${process.env["PATH"]}:/usr/sbin:/sbin`.split(":");
  const missing = neededPrograms.filter(
    (program) => !folders.some((folder) => existsSync(join(folder, program))),
  );
  return missing.length === 0
    ? undefined
    : `${missing.join(", ")} missing (node scripts/setup.mjs)`;
}

/** Starts hosts that end with this process. The first time on a machine it makes their image: a minute. */
export async function startFleet(wish: FleetWish): Promise<TestFleet> {
  const name = `${process.pid}-${randomBytes(3).toString("hex")}`;
  const holder = await startHolder(name, wish, "no");
  const ended = new Promise<void>((resolve) => holder.once("exit", () => resolve()));
  const end = async () => {
    holder.stdin?.end();
    await ended;
  };
  try {
    return await switchOn(name, end, async () => wish.systems ?? {});
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * Starts hosts that stay until `endFleet`, also when this process has ended. `systemsFor` is given the
 * fleet's place before any host is on, and says what they start with.
 */
export async function startLastingFleet(
  name: string,
  wish: FleetWish,
  systemsFor: (place: Place) => Promise<Systems>,
): Promise<TestFleet> {
  const holder = await startHolder(name, wish, "yes");
  holder.unref();
  // Open pipes would keep this process from ending.
  for (const pipe of [holder.stdin, holder.stdout, holder.stderr]) pipe?.destroy();
  try {
    return await switchOn(name, () => endFleet(name), systemsFor);
  } catch (error) {
    await endFleet(name);
    throw error;
  }
}

/** A fleet that is up, by its name; undefined where there is none. */
export function fleetNamed(name: string): TestFleet | undefined {
  const place = placeOf(name);
  return place && fleetAt(place, join(place.folder, "ssh_config"), () => endFleet(name));
}

/** Ends a fleet of that name, whoever started it; resolves when nothing of it is left. */
export async function endFleet(name: string): Promise<void> {
  const folder = join(fleetsFolder, name);
  const sweep =
    '. "$0/sweep.sh"; [ ! -e "$1/holder" ] || kill -TERM "$(cat "$1/holder")" || sweep_the_dead';
  await run(["sh", "-c", sweep, scriptsFolder, folder]);
  await until(`the fleet ${name} ends`, () => !existsSync(folder), 30);
}

/** The janitor has a session of its own, so that what ends us does not end it before its work. */
async function startHolder(
  name: string,
  wish: FleetWish,
  stay: "yes" | "no",
): Promise<ChildProcess> {
  const hindered = obstacle();
  if (hindered !== undefined) throw new Error(`fleet: cannot start hosts here: ${hindered}`);
  const hosts = namesOf(wish).map((host, index) => `${host}=${addressOf(index)}`);
  const binds = (wish.binds ?? []).map(({ from, to }) => `${from}:${to}`);
  const disk = `${wish.diskMib ?? 512}m`;
  const words = [name, wish.loader ?? "systemd-boot", disk, stay, ...hosts, "--", ...binds];
  const path = `${process.env["PATH"]}:/usr/sbin:/sbin`;
  const holder = spawn(join(scriptsFolder, "hold.sh"), words, {
    cwd: "/",
    detached: true,
    env: { ...process.env, PATH: path },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const complaints: string[] = [];
  createInterface(holder.stderr).on("line", (line) => {
    if (line.startsWith("fleet: making")) process.stderr.write(`${line}\n`);
    complaints.push(line);
  });
  await new Promise<void>((resolve, reject) => {
    createInterface(holder.stdout).on("line", (line) => line === "ready" && resolve());
    holder.once("error", reject);
    holder.once("close", () =>
      reject(new Error(`the fleet did not start\n${complaints.join("\n")}`)),
    );
  });
  return holder;
}

function namesOf(wish: FleetWish): readonly string[] {
  const { hosts } = wish;
  const names =
    typeof hosts === "number"
      ? Array.from({ length: hosts }, (_, index) => `h${index + 1}`)
      : hosts;
  for (const name of names) {
    // `vb-NAME` is an interface, and Linux gives those 15 letters.
    if (!/^[a-z][a-z0-9-]{0,10}$/.test(name)) throw new Error(`${name}: no name for a test host`);
  }
  if (new Set(names).size !== names.length) throw new Error("two test hosts have one name");
  return names;
}

/** The range is the same in every fleet, and collides with nothing: each has a network of its own. */
function addressOf(index: number): string {
  return `10.77.${Math.floor((index + 1) / 250)}.${((index + 1) % 250) + 2}`;
}

/** Hosts come with the power off: first their disks get what they start with. */
async function switchOn(
  name: string,
  end: () => Promise<void>,
  systemsFor: (place: Place) => Promise<Systems>,
): Promise<TestFleet> {
  await until(`the keeper of ${name} is there`, () => placeOf(name) !== undefined, 10);
  const place = placeOf(name);
  if (place === undefined) throw new Error(`the keeper of ${name} has ended`);
  const fleet = fleetAt(place, writeSshConfig(place), end);
  for (const [host, system] of Object.entries(await systemsFor(place))) {
    writeFileSync(join(hostFolder(place, host), "system"), system);
  }
  await Promise.all(fleet.hosts.map((host) => host.powerOn()));
  return fleet;
}

function fleetAt(place: Place, sshConfig: string, end: () => Promise<void>): TestFleet {
  return {
    name: place.name,
    hosts: hostsOf(place).map((host) => testHost(place, host)),
    sshConfig,
    enter: (argv) => inNetwork(place, argv),
    [Symbol.asyncDispose]: end,
  };
}
