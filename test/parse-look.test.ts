import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { planText } from "../src/nix/guard.ts";
import { lookScript } from "../src/nix/guard-script.ts";
import { isWholeLook, parseLook } from "../src/nix/parse-look.ts";
import { GuardHost } from "./guard-host.ts";

const old = "/nix/store/00000000000000000000000000000000-nixos-system-nas-26.05.1";
const now = "/nix/store/11111111111111111111111111111111-nixos-system-nas-26.05.2";
const said = `protocol 1
hostname nas
machine-id 0123456789abcdef0123456789abcdef
user deployer
uid 0
machine Linux x86_64
boot 8f1c
uptime 86400
load 0.42
clock 1764000000
nix-daemon /run/current-system/sw/bin/nix-daemon
nix-path /nix/store/33333333333333333333333333333333-nix-2.24.9/bin/nix
running ${now}
booted ${old}
profile ${now}
booted-kernel /nix/store/44444444444444444444444444444444-linux-6.12.8/bzImage
booted-initrd /nix/store/55555555555555555555555555555555-initrd-linux-6.12.8/initrd
booted-modules /nix/store/66666666666666666666666666666666-linux-6.12.8-modules
kernel /nix/store/77777777777777777777777777777777-linux-6.12.11/bzImage
initrd /nix/store/55555555555555555555555555555555-initrd-linux-6.12.8/initrd
modules /nix/store/66666666666666666666666666666666-linux-6.12.8-modules
link system-42-link
default ${now}
since 1763990000
init-interface systemd 1
configuration-revision 0123456789abcdef0123456789abcdef01234567
generation 1763000000 '/nix/var/nix/profiles/system-41-link' -> '${old}'
generation 1763990000 '/nix/var/nix/profiles/system-42-link' -> '${now}'
generation 1760000000 '/nix/var/nix/profiles/system-7-link' -> '/nix/store/88888888888888888888888888888888-nixos-system-nas-25.11'
kernel-of '/nix/var/nix/profiles/system-41-link/kernel' -> '/nix/store/44444444444444444444444444444444-linux-6.12.8/bzImage'
kernel-of '/nix/var/nix/profiles/system-42-link/kernel' -> '/nix/store/77777777777777777777777777777777-linux-6.12.11/bzImage'
fact-of /nix/var/nix/profiles/system-41-link/nixos-version:26.05.1
fact-of /nix/var/nix/profiles/system-42-link/nixos-version:26.05.2
fact-of /nix/var/nix/profiles/system-41-link/configuration-revision:89abcde-dirty
failed web.service
failed db@1.service
switcher nixos-upgrade.timer Thu 2026-11-26 04:40:00 CET
disk 4096 1000000 250000 123456 /nix/store
disk 4096 1000 500 0 /boot
missing xargs
leftover start-list
wakes yes
open/phase waiting
open/because
open/owner ada@laptop
open/rebooted yes
open r7
lease r8 44 bob@desk deploys
left boot ${now}
note-of /nix/var/flurry/systems/${now.slice(11)}:revision abc123
note-of /nix/var/flurry/systems/${now.slice(11)}:dirty yes
something-newer that we do not know
looked yes
`;

test("all that a host says of itself is read", () => {
  expect(isWholeLook(said)).toBe(true);
  expect(parseLook(said, 7, { chatter: "hello" })).toMatchInlineSnapshot(`
    {
      "answers": true,
      "asRoot": true,
      "at": 7,
      "bootDefault": "/nix/store/11111111111111111111111111111111-nixos-system-nas-26.05.2",
      "bootFreeBytes": 2048000,
      "bootId": "8f1c",
      "booted": "/nix/store/00000000000000000000000000000000-nixos-system-nas-26.05.1",
      "chatter": "hello",
      "failedUnits": [
        "web.service",
        "db@1.service",
      ],
      "generation": 42,
      "generations": [
        {
          "at": 1760000000000,
          "kernel": null,
          "nixosVersion": null,
          "number": 7,
          "revision": null,
          "revisionDirty": false,
          "system": null,
        },
        {
          "at": 1763000000000,
          "kernel": "6.12.8",
          "nixosVersion": "26.05.1",
          "number": 41,
          "revision": "89abcde",
          "revisionDirty": true,
          "system": "/nix/store/00000000000000000000000000000000-nixos-system-nas-26.05.1",
        },
        {
          "at": 1763990000000,
          "kernel": "6.12.11",
          "nixosVersion": "26.05.2",
          "number": 42,
          "revision": "abc123",
          "revisionDirty": true,
          "system": "/nix/store/11111111111111111111111111111111-nixos-system-nas-26.05.2",
        },
      ],
      "hostName": "nas",
      "lease": {
        "owner": "bob@desk deploys",
        "run": "r8",
        "secondsLeft": 44,
      },
      "left": {
        "goal": "boot",
        "system": "/nix/store/11111111111111111111111111111111-nixos-system-nas-26.05.2",
      },
      "link": "system-42-link",
      "load": 0.42,
      "loginUser": "deployer",
      "machineId": "0123456789abcdef0123456789abcdef",
      "needsReboot": true,
      "nixDaemon": "/run/current-system/sw/bin/nix-daemon",
      "nixVersion": "2.24.9",
      "open": {
        "because": null,
        "owner": "ada@laptop",
        "phase": "waiting",
        "rebooted": true,
        "run": "r7",
      },
      "otherSwitchers": [
        "nixos-upgrade.timer, next Thu 2026-11-26 04:40:00 CET",
      ],
      "profile": "/nix/store/11111111111111111111111111111111-nixos-system-nas-26.05.2",
      "protocol": 1,
      "readiness": {
        "clock": 1764000000000,
        "leftovers": [
          "start-list",
        ],
        "stateProblem": null,
        "switching": false,
        "toolsMissing": [
          "xargs",
        ],
        "wakesAtBoot": true,
      },
      "revision": "abc123",
      "revisionDirty": true,
      "running": "/nix/store/11111111111111111111111111111111-nixos-system-nas-26.05.2",
      "since": 1763990000000,
      "storeBytes": 4096000000,
      "storeFreeBytes": 1024000000,
      "storeFreeInodes": 123456,
      "system": "x86_64-linux",
      "uptimeSeconds": 86400,
    }
  `);
});

test("an answer without anything in it knows nothing, and is not whole", () => {
  const seen = parseLook("bash: no such file\n", 7);
  expect(isWholeLook("protocol 1\n")).toBe(false);
  expect(seen).toMatchObject({
    protocol: 0,
    running: null,
    bootDefault: null,
    needsReboot: null,
    open: null,
    lease: null,
    storeFreeBytes: null,
    generations: [],
  });
});

test("a host is not believed what is no store path", () => {
  const seen = parseLook(`running /etc/passwd\nprofile ${old}/../../etc\ndefault unknown\n`, 7);
  expect(seen).toMatchObject({ running: null, profile: null, bootDefault: null });
});

test("what was left on purpose counts only as long as it is there", () => {
  const left = (text: string): unknown => parseLook(text, 7).left;
  expect(left(`running ${now}\nprofile ${old}\nleft test ${now}\n`)).toEqual({
    goal: "test",
    system: now,
  });
  expect(left(`running ${old}\nprofile ${old}\nleft test ${now}\n`), "rebooted since").toBeNull();
  expect(left(`running ${old}\nprofile ${now}\nleft boot ${now}\n`)).toMatchObject({
    goal: "boot",
  });
});

test("a system without a note has the revision that stands in it, if that is a commit", () => {
  const without = said.replaceAll(/^note-of.*\n/gm, "");
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const told = (revision: string): unknown => {
    const { revision: found, revisionDirty } = parseLook(without.replace(commit, revision), 7);
    return [found, revisionDirty];
  };
  expect(told(commit)).toEqual([commit, false]);
  expect(told(`${commit}-dirty`)).toEqual([commit, true]);
  expect(told("dirty")).toEqual([null, false]);
  expect(told("v1.2")).toEqual([null, false]);
});

test("kernels that lie inside each system do not ask for a reboot", () => {
  const inside = said
    .replaceAll(/^(booted-kernel) .*$/gm, `$1 ${old}/kernel`)
    .replaceAll(/^(kernel) .*$/gm, `$1 ${now}/kernel`);
  expect(parseLook(inside, 7).needsReboot).toBe(false);
});

test("what the guard's own script says is read, as the whole and by stdin", () => {
  const host = new GuardHost();
  try {
    host.write("failed", "web.service\n");
    host.take("r1");
    const byFile = host.guard(["look"]).stdout.replaceAll(host.root, "");
    const byStdin = spawnSync("sh", ["-s"], { env: host.env, input: lookScript, encoding: "utf8" });
    expect(byStdin.stderr).toBe("");
    for (const text of [byFile, byStdin.stdout.replaceAll(host.root, "")]) {
      expect(isWholeLook(text)).toBe(true);
      const path = host.path("old").replace(host.root, "");
      expect(parseLook(text, 7)).toMatchObject({
        protocol: 1,
        hostName: "h1",
        running: path,
        booted: path,
        profile: path,
        bootDefault: path,
        link: "system-1-link",
        generation: 1,
        failedUnits: ["web.service"],
        lease: { run: "r1", owner: "ada@laptop deploys", secondsLeft: 90 },
        open: null,
        readiness: { toolsMissing: [], stateProblem: null, wakesAtBoot: true },
      });
    }
  } finally {
    host.close();
  }
});

test("an open run is seen, and whether the host has booted since", () => {
  const host = new GuardHost();
  try {
    host.take();
    host.guard(["arm", "r1"], planText(host.order()));
    const open = (): unknown => parseLook(host.guard(["look"]).stdout, 7).open;
    const about = { run: "r1", phase: "armed", owner: "ada@laptop deploys", because: null };
    expect(open()).toEqual({ ...about, rebooted: false });
    // The power is gone, and no guard is awake yet that could settle the run.
    host.stopAll();
    host.write("proc/sys/kernel/random/boot_id", "boot-2\n");
    expect(open()).toEqual({ ...about, rebooted: true });
  } finally {
    host.close();
  }
});
