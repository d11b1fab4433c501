import { expect, test } from "vitest";
import type { HostSettings } from "../src/fleet/host.ts";
import type { SeenHost } from "../src/fleet/seen.ts";
import type { ProblemCode } from "../src/lib/problem.ts";
import { preflight, type Want } from "../src/nix/preflight.ts";
import { hostOf, seenOf } from "../src/testing/hosts.ts";

const old = "/nix/store/00000000000000000000000000000000-nixos-system-nas-26.05.1";
const other = "/nix/store/11111111111111111111111111111111-nixos-system-nas-26.05.2";
const well = seenOf("nas", old);
const mebibyte = 1024 * 1024;

function judge(
  seen: Partial<SeenHost> = {},
  want: Partial<Want> = {},
  settings: Partial<HostSettings> = {},
): ReturnType<typeof preflight> {
  const host = hostOf("nas", { hostName: "nas", system: "x86_64-linux", ...settings });
  return preflight(
    host,
    { ...well, ...seen },
    {
      goal: "switch",
      fleetHostNames: ["nas", "gateway"],
      verbCopies: true,
      acceptDrift: false,
      now: 0,
      ...want,
    },
  );
}

test("a host with nothing about it is neither refused nor a risk", () => {
  expect(judge()).toEqual({ refusals: [], risks: [] });
});

interface Refusal {
  readonly of: string;
  readonly code: ProblemCode;
  readonly says: string;
  readonly seen?: Partial<SeenHost>;
  readonly want?: Partial<Want>;
  readonly settings?: Partial<HostSettings>;
}

const { readiness } = well;
const refusals: readonly Refusal[] = [
  {
    of: "another machine at its address",
    seen: { machineId: "b" },
    settings: { machineId: "a" },
    code: "wrong-host",
    says: "nas is another machine: its machine-id is b, not a",
  },
  {
    of: "another host of the fleet at its address",
    seen: { hostName: "gateway" },
    code: "wrong-host",
    says: "calls itself gateway, which is another host of this fleet",
  },
  {
    of: "another architecture",
    seen: { system: "aarch64-linux" },
    code: "wrong-architecture",
    says: "nas is aarch64-linux, and its system is for x86_64-linux",
  },
  { of: "no NixOS", seen: { running: null }, code: "not-a-system", says: "nas runs no NixOS" },
  {
    of: "a missing program",
    seen: { readiness: { ...readiness, toolsMissing: ["flock", "sed"] } },
    code: "host-lacks-tools",
    says: "nas lacks flock, sed",
  },
  {
    of: "no Nix",
    seen: { nixDaemon: null, nixVersion: null },
    code: "host-lacks-tools",
    says: "finds no Nix",
  },
  {
    of: "an old Nix",
    seen: { nixVersion: "2.3.16" },
    code: "host-lacks-tools",
    says: "has Nix 2.3.16; 2.8 or newer is needed",
  },
  { of: "a newer guard", seen: { protocol: 9 }, code: "host-lacks-tools", says: "protocol 9" },
  {
    of: "a shell that chatters, where something is to be copied",
    seen: { chatter: "welcome" },
    code: "host-chatters",
    says: "the login shell of root on nas prints text",
  },
  {
    of: "a folder of ours that is not root's alone",
    seen: { readiness: { ...readiness, stateProblem: "/nix/var/flurry is a link" } },
    code: "state-broken",
    says: "nas: /nix/var/flurry is a link",
  },
  {
    of: "the open run of someone else",
    seen: { open: { run: "r7", phase: "waiting", because: null, owner: "bob@desk" } },
    want: { run: "r8" },
    code: "host-busy",
    says: "bob@desk has nas: run r7 is waiting",
  },
  {
    of: "a stuck run",
    seen: { open: { run: "r7", phase: "stuck", because: "no", owner: "bob@desk" } },
    code: "host-stuck",
    says: "nas is stuck in run r7 of bob@desk: no",
  },
  {
    of: "the lease of someone else",
    seen: { lease: { run: "r7", owner: "bob@desk", secondsLeft: 44 } },
    code: "host-busy",
    says: "bob@desk has nas, for 44 s more (run r7)",
  },
  {
    of: "a switch without us",
    seen: { readiness: { ...readiness, switching: true } },
    code: "host-busy",
    says: "another switch of nas is under way",
  },
  {
    of: "too little space in the store",
    seen: { storeFreeBytes: 300 * mebibyte },
    want: { neededBytes: 100 * mebibyte },
    code: "disk-full",
    says: "nas has 300 MiB free in /nix/store, and needs 366 MiB",
  },
  {
    of: "too few inodes",
    seen: { storeFreeInodes: 10 },
    want: { neededInodes: 11 },
    code: "disk-full",
    says: "10 inodes",
  },
  {
    of: "too little space in /boot",
    seen: { bootFreeBytes: 20 * mebibyte },
    want: { neededBootBytes: 19 * mebibyte },
    code: "disk-full",
    says: "nas has 20 MiB free in /boot, and needs 21 MiB",
  },
  {
    of: "another running system than the profile's",
    seen: { running: other },
    code: "host-drifted",
    says: "nas runs 1111111…-nixos-system-nas-26.05.2, has 0000000…-nixos-system-nas-26.05.1",
  },
  {
    of: "another boot default than the profile",
    seen: { bootDefault: other },
    code: "host-drifted",
    says: "boots 1111111…-nixos-system-nas-26.05.2",
  },
];

test.for(refusals)("$of is refused", ({ seen, want, settings, code, says }) => {
  const [first, ...others] = judge(seen, want, settings).refusals;
  expect(others).toEqual([]);
  expect(first?.code).toBe(code);
  expect(first?.message).toContain(says);
});

test("what is ours, left on purpose or accepted by name stands in nobody's way", () => {
  const open = { run: "r1", phase: "armed", because: null, owner: "me" };
  const none = (...words: Parameters<typeof judge>): void =>
    expect(judge(...words).refusals).toEqual([]);
  none({ open }, { run: "r1" });
  none({ lease: { run: "r1", owner: "me", secondsLeft: 1 } }, { run: "r1" });
  none({ running: other }, { acceptDrift: true });
  none({ running: other }, { goal: "dry-activate" });
  none({ running: other, left: { goal: "test", system: other } });
  none({ profile: other, bootDefault: other, left: { goal: "boot", system: other } });
  none({ bootDefault: null });
  none({ chatter: "welcome" }, { verbCopies: false });
  none({ storeFreeBytes: 1 }, { neededBytes: 0 });
  none({ machineId: null }, {}, { machineId: "a" });
  none({ system: "x86_64-linux" }, {}, { system: "i686-linux" });
  none({ hostName: "unnamed" });
});

test("a boot default that others moved is drift, also after a goal of test", () => {
  const { refusals: found } = judge({
    running: other,
    bootDefault: other,
    left: { goal: "test", system: other },
  });
  expect(found.map(({ code }) => code)).toEqual(["host-drifted"]);
});

test("what makes a change less safe is told, and does not stop it", () => {
  const { refusals: found, risks } = judge(
    {
      hostName: "unnamed",
      needsReboot: true,
      failedUnits: ["web.service"],
      otherSwitchers: ["nixos-upgrade.timer, next Thu"],
      bootDefault: null,
      running: other,
      readiness: { ...readiness, clock: 6 * 60_000, leftovers: ["start-list"], wakesAtBoot: false },
    },
    { acceptDrift: true },
  );
  expect(found).toEqual([]);
  expect(risks.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
    "other: calls itself unnamed, not nas",
    "drift: runs 1111111…-nixos-system-nas-26.05.2, has 0000000…-nixos-system-nas-26.05.1 as its profile",
    "kernel: waits for a reboot already",
    "other: web.service failed before",
    "switchers: is also switched by nixos-upgrade.timer, next Thu",
    "boot-default: what it boots cannot be read",
    "other: its clock is 6 minutes from ours",
    "other: a killed switch left unfinished work that the next takes over",
    "other: /etc of nas is read-only: after a power cut it settles when next asked",
  ]);
});
