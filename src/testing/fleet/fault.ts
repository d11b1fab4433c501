import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { diskOf, groupsOf, hostFolder, initOf, inKeeper, textOf, type Place } from "./place.ts";
import { attempt, run } from "./program.ts";
import { writeSshConfig } from "./ssh-config.ts";
import { sshdAnswers } from "./sshd-answers.ts";

/** What can be wrong with a host or the way to it. Each lasts until it is undone. */
export type Fault =
  /** Nothing comes through, either way; the link itself stays. */
  | { readonly kind: "packets-dropped" }
  /** The cable is out: the host sees it. */
  | { readonly kind: "link-down" }
  | { readonly kind: "loss"; readonly percent: number }
  | { readonly kind: "rate"; readonly kilobits: number }
  /** Each way; for connections that are opened afterwards. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  | { readonly kind: "disk-full"; readonly leftKib: number }
  | { readonly kind: "read-only"; readonly path: "/nix" | "/boot" | "/var" }
  | { readonly kind: "cpu"; readonly percent: number }
  | { readonly kind: "memory"; readonly mebibytes: number }
  | { readonly kind: "host-key-changed" }
  /** Who dials this host reaches that one, and the reverse. */
  | { readonly kind: "address-swapped"; readonly with: string };

/** Brings a fault about; returns when it is so. */
export async function bringAbout(place: Place, host: string, fault: Fault): Promise<void> {
  switch (fault.kind) {
    case "packets-dropped":
      return filter(place, host, "drop");
    case "loss":
      return filter(place, host, `numgen random mod 100 < ${fault.percent} drop`);
    case "link-down":
      return setLink(place, host, "down");
    case "rate":
      return setRate(place, host, fault.kilobits);
    case "delay":
      return setNote(place, host, "delay", String(fault.milliseconds));
    case "disk-full":
      return fillDisk(place, host, fault.leftKib);
    case "read-only":
      return setReadOnly(place, host, fault.path);
    case "cpu":
      return setLimit(place, host, "cpu", fault.percent * 1000);
    case "memory":
      return setLimit(place, host, "memory", fault.mebibytes * 1024 * 1024);
    case "host-key-changed":
      return changeHostKey(place, host);
    case "address-swapped":
      return swapAddresses(place, host, fault.with);
  }
}

/** Takes a fault away again. Harmless where it is not. */
export async function undo(place: Place, host: string, fault: Fault): Promise<void> {
  switch (fault.kind) {
    case "packets-dropped":
    case "loss":
      return filter(place, host, null);
    case "link-down":
      return setLink(place, host, "up");
    case "rate":
      return setRate(place, host, null);
    case "delay":
      return setNote(place, host, "delay", null);
    case "disk-full":
      return freeDisk(place, host);
    case "read-only":
      await attempt(inHost(place, host, ["umount", fault.path]));
      return;
    case "cpu":
    case "memory":
      return setLimit(place, host, fault.kind, null);
    case "host-key-changed":
      return restoreHostKey(place, host);
    case "address-swapped":
      await setNote(place, fault.with, "swapped", null);
      return setNote(place, host, "swapped", null);
  }
}

/** argv that runs a command on a host without its network. Throws while the host is off. */
export function inHost(place: Place, host: string, argv: readonly string[]): readonly string[] {
  const init = initOf(place, host);
  if (init === undefined) throw new Error(`${host} is off`);
  return ["nsenter", "-t", String(init), "-m", "-u", "-i", "-n", "-p", "--", ...argv];
}

/** A bridge table of the host's own, inside the fleet's network: a wrong rule harms nobody else. */
async function filter(place: Place, host: string, verdict: string | null): Promise<void> {
  const table = `bridge ${host.replaceAll("-", "_")}_`;
  const port = `"vb-${host}"`;
  const rules =
    verdict === null
      ? ""
      : `add table ${table}
table ${table} {
  chain through { type filter hook forward priority 0; iifname ${port} ${verdict}; oifname ${port} ${verdict}; }
  chain to { type filter hook input priority 0; iifname ${port} ${verdict}; }
  chain from { type filter hook output priority 0; oifname ${port} ${verdict}; }
}
`;
  const input = `add table ${table}\ndelete table ${table}\n${rules}`;
  await run(inKeeper(place, ["nft", "-f", "-"]), { input });
}

async function setLink(place: Place, host: string, way: "up" | "down"): Promise<void> {
  await run(inKeeper(place, ["ip", "link", "set", `vb-${host}`, way]));
}

/** Both ends of the cable, because a rate holds for what is sent only. */
async function setRate(place: Place, host: string, kilobits: number | null): Promise<void> {
  const init = initOf(place, host);
  const ends = [
    { device: `vb-${host}`, enter: (argv: readonly string[]) => inKeeper(place, argv) },
    {
      device: "host0",
      enter: (argv: readonly string[]) => ["nsenter", "-t", String(init), "-n", "--", ...argv],
    },
  ];
  for (const { device, enter } of ends) {
    await attempt(enter(["tc", "qdisc", "del", "dev", device, "root"]));
    if (kilobits === null) continue;
    const shape = ["tbf", "rate", `${kilobits}kbit`, "burst", "16kb", "latency", "400ms"];
    await run(enter(["tc", "qdisc", "add", "dev", device, "root", ...shape]));
  }
}

/** What the ssh configuration says of a host besides the truth. */
async function setNote(
  place: Place,
  host: string,
  note: string,
  text: string | null,
): Promise<void> {
  const path = join(hostFolder(place, host), note);
  if (text === null) rmSync(path, { force: true });
  else writeFileSync(path, text);
  writeSshConfig(place);
}

async function swapAddresses(place: Place, one: string, other: string): Promise<void> {
  const address = (host: string) => textOf(join(hostFolder(place, host), "address"));
  await setNote(place, one, "swapped", address(other));
  await setNote(place, other, "swapped", address(one));
}

/** A tmpfs refuses a size below what is used, so the size is what is used and the rest. */
async function fillDisk(place: Place, host: string, leftKib: number): Promise<void> {
  const disk = join(hostFolder(place, host), "disk");
  const table = await run(inKeeper(place, ["df", "--output=size,used", "-k", disk]));
  const [size = 0, used = 0] = (table.split("\n")[1] ?? "").trim().split(/\s+/).map(Number);
  const before = join(hostFolder(place, host), "disk-size");
  if (textOf(before) === "") writeFileSync(before, `${size}`);
  await run(inKeeper(place, ["mount", "-o", `remount,size=${used + leftKib}k`, disk]));
}

async function freeDisk(place: Place, host: string): Promise<void> {
  const before = join(hostFolder(place, host), "disk-size");
  const size = textOf(before);
  if (size === "") return;
  const disk = join(hostFolder(place, host), "disk");
  await run(inKeeper(place, ["mount", "-o", `remount,size=${size}k`, disk]));
  rmSync(before);
}

/** `mount -o remount,ro /` would say busy; a folder bound over itself does not. */
async function setReadOnly(place: Place, host: string, path: string): Promise<void> {
  await run(inHost(place, host, ["mount", "--bind", path, path]));
  await run(inHost(place, host, ["mount", "-o", "remount,bind,ro", path]));
}

/** CPU in microseconds of each 100 ms, memory in bytes; cgroup v2 and v1 name them differently. */
async function setLimit(
  place: Place,
  host: string,
  of: "cpu" | "memory",
  value: number | null,
): Promise<void> {
  const groups = groupsOf(place, host);
  const own = groups.find((group) => group.startsWith(`/sys/fs/cgroup/${of}/`));
  const file = of === "cpu" ? "cpu.cfs_quota_us" : "memory.limit_in_bytes";
  if (own !== undefined) return writeFileSync(join(own, file), String(value ?? -1));
  const limit = of === "cpu" ? `${value ?? "max"} 100000` : String(value ?? "max");
  writeFileSync(join(groups[0] ?? "", `${of}.max`), limit);
}

const keyFile = "/etc/ssh/ssh_host_ed25519_key";

async function changeHostKey(place: Place, host: string): Promise<void> {
  const keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keyFile];
  await run(inHost(place, host, ["rm", "-f", keyFile, `${keyFile}.pub`]));
  await run(inHost(place, host, keygen));
  await restartSshd(place, host);
}

async function restoreHostKey(place: Place, host: string): Promise<void> {
  const disk = diskOf(place, host);
  for (const end of ["", ".pub"]) {
    writeFileSync(`${disk}${keyFile}${end}`, textOf(join(place.folder, `hostkey${end}`)));
  }
  await restartSshd(place, host);
}

async function restartSshd(place: Place, host: string): Promise<void> {
  await run(inHost(place, host, ["systemctl", "restart", "sshd"]));
  await sshdAnswers(place, host);
}
