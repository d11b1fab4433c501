import { existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { planText } from "../src/nix/guard.ts";
import { parseWord } from "../src/nix/parse-outcome.ts";
import { GuardHost, kept, old, until } from "./guard-host.ts";

// Claim: whatever dies, reboots or meddles, the host ends on the old system or the new, a colleague's
// work stays, and nothing unconfirmed is kept.
let host: GuardHost;
beforeEach(() => {
  host = new GuardHost();
});
afterEach(() => host.close());

test.for(["armed", "activating", "waiting"])(
  "a power cut while %s goes back, by the boot-time unit alone",
  (phase) => {
    if (phase === "activating") host.system("new", { test: "exec /bin/sleep 60" });
    host.take();
    host.arm();
    if (phase !== "armed") host.guard(["activate", host.run]);
    if (phase === "waiting") host.settles(["armed", "activating"]);
    if (phase === "activating") until("it has begun", () => host.switched().length > 0);
    host.reboot();
    expect(host.outcome()).toMatchObject({
      kind: "undone",
      because: `the host rebooted while ${phase}`,
    });
    expect(host.state()).toEqual(old);
    expect(host.leftovers()).toEqual([]);
  },
);

test("a power cut after the confirmation keeps what was written whole", () => {
  host.activated();
  host.confirm();
  host.settles(["confirmed"]);
  host.stopAll();
  restore({ phase: "confirmed" });
  host.reboot();
  expect(host.outcome()).toMatchObject({ kind: "kept" });
  expect(host.state()).toEqual(kept);
});

test("a power cut between profile and loader takes the profile back", () => {
  host.activated();
  host.stopAll();
  restore({ phase: "confirmed", committing: "yes" });
  host.setProfile("new");
  host.reboot();
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "rebooted" });
  expect(host.state()).toEqual({ ...old, generations: "1 2" });
});

test("where the loader cannot be read, what booted tells whether the commit was whole", () => {
  host.activated();
  host.confirm();
  host.settles(["confirmed"]);
  host.stopAll();
  restore({ phase: "confirmed", default: "unknown" });
  host.stopAll();
  const boots = host.state().boots;
  rmSync(join(host.root, "boot/loader/loader.conf"));
  for (const link of ["current-system", "booted-system"])
    host.link(`run/${link}`, host.path(boots));
  host.write("proc/sys/kernel/random/boot_id", "boot-2\n");
  host.guard(["recover"]);
  expect(host.outcome()).toMatchObject({ kind: "kept" });
});

test("a power cut while settling leaves nothing that only a person could remove", () => {
  host.activated();
  host.confirm();
  host.outcome();
  // As if the power had gone between `settled` and the removal of `open`.
  symlinkSync(`runs/${host.run}`, join(host.root, "nix/var/flurry/open"));
  host.reboot();
  until("it has tidied up", () => !existsSync(join(host.root, "nix/var/flurry/open")));
  expect(host.state()).toEqual(kept);
});

test.for(["armed", "waiting"])(
  "a guard that is killed while %s comes back and goes on",
  (phase) => {
    host.take();
    host.arm();
    if (phase === "waiting") {
      host.guard(["activate", host.run]);
      host.settles(["armed", "activating"]);
    }
    host.kill("flurry-guard");
    host.guard(["recover"]);
    if (phase === "armed") {
      expect(host.guard(["activate", host.run]).status).toBe(0);
      host.settles(["armed", "activating"]);
    }
    expect(host.confirm()).toBe(0);
    expect(host.outcome()).toMatchObject({ kind: "kept" });
    expect(host.switched(), "the activation ran once").toEqual(["new test", "new boot"]);
  },
);

test("an activation goes on without its guard, and is judged by the next", () => {
  host.system("new", { test: 'until [ -e "$root/go" ]; do /bin/sleep 0.02; done' });
  host.take();
  host.arm();
  host.guard(["activate", host.run]);
  until("it has begun", () => host.switched().length > 0);
  host.kill("flurry-guard");
  host.write("go", "");
  until("it has ended", () => host.fact("code") !== "");
  host.guard(["recover"]);
  expect(host.settles(["activating"])).toBe("waiting");
  expect(host.switched()).toEqual(["new test"]);
});

test("activate asks for the guard", () => {
  host.take();
  host.arm();
  host.kill("flurry-guard");
  const refused = host.guard(["activate", host.run]);
  expect(refused).toMatchObject({ status: 77, stderr: "nobody is on guard\n" });
  expect(host.switched()).toEqual([]);
});

test("activate refuses after a reboot", () => {
  host.take();
  host.arm();
  host.write("proc/sys/kernel/random/boot_id", "boot-2\n");
  expect(host.guard(["activate", host.run]).status).toBe(77);
});

test("a confirmation wakes a guard that was stopped by hand", () => {
  host.activated();
  host.kill("flurry-guard");
  expect(host.confirm()).toBe(0);
  expect(host.outcome()).toMatchObject({ kind: "kept" });
});

test("a confirmation that comes too late is refused, even where the guard is gone", () => {
  host.activated();
  const word = parseWord(host.guard(["challenge", host.run]).stdout);
  host.kill("flurry-guard");
  host.pass(31);
  expect(host.guard(["confirm", host.run], `${word}\n`).status).toBe(77);
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "unconfirmed" });
  expect(host.state()).toEqual(old);
});

test("if nobody is left, a timer reboots: what boots is the old", () => {
  host.take();
  host.arm();
  const started = readFileSync(join(host.root, "units-started"), "utf8");
  expect(started).toContain("--unit=flurry-last --on-active=2230 --timer-property=AccuracySec=1s");
  expect(started).not.toContain("Requisite");
});

test("a host that is not as it was seen refuses to be armed, and nothing stays", () => {
  host.take();
  host.setProfile("theirs");
  const refused = host.arm();
  expect(refused.status).toBe(76);
  expect(refused.stderr).toContain("its profile is system-2-link");
  expect(host.fact("phase")).toBe("");
  host.guard(["release", host.run]);
  expect(host.leftovers()).toEqual([]);
});

test.for([
  ["switches", true, true, true],
  ["sets the boot default", false, true, true],
  ["tries a system", true, false, false],
] as const)(
  "a colleague who %s before the activation keeps what he did",
  ([, test_, profile, boot]) => {
    host.take();
    host.arm();
    colleague(test_, profile, boot);
    host.guard(["activate", host.run]);
    expect(host.outcome()).toMatchObject({ kind: "undone", cause: "changed" });
    expect(host.state()).toMatchObject(theirs(test_, profile, boot));
    expect(host.switched()).not.toContain("new test");
  },
);

test.for([
  ["switches", true, true, true],
  ["sets the boot default", false, true, true],
  ["tries a system", true, false, false],
] as const)("a colleague who %s while we wait keeps what he did", ([, test_, profile, boot]) => {
  host.activated();
  colleague(test_, profile, boot);
  expect(host.confirm()).toBe(76);
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "changed" });
  expect(host.state()).toMatchObject(theirs(test_, profile, boot));
});

test.for([
  ["sets the profile", true, false],
  ["sets the boot default", false, true],
] as const)(
  "a colleague who %s between confirmation and commit keeps what he did",
  ([, profile, boot]) => {
    host.activated();
    host.stopAll();
    restore({ phase: "confirmed" });
    colleague(false, profile, boot);
    host.guard(["recover"]);
    expect(host.outcome()).toMatchObject({ kind: "undone", cause: "changed" });
    expect(host.state()).toMatchObject({
      runs: "old",
      profile: profile ? "theirs" : "old",
      boots: boot ? "theirs" : "old",
    });
  },
);

test("a full disk costs the reserve, not the run", () => {
  host.take();
  host.arm();
  const reserve = join(host.root, "nix/var/flurry/runs", host.run, "reserve");
  expect(existsSync(reserve)).toBe(true);
  // The first try of each write fails as long as the reserve is there.
  host.program("stubs/mv", `[ ! -e "${reserve}" ] || exit 1\nexec env PATH="\${PATH#*:}" mv "$@"`);
  host.guard(["activate", host.run]);
  expect(host.settles(["armed", "activating"])).toBe("waiting");
  expect(existsSync(reserve)).toBe(false);
});

test("two runs: one has the host, the other is told who and how long", () => {
  expect(host.take("r1")).toBe(0);
  const second = host.guard(["take", "r2", "bob@desk", "90"]);
  expect(second).toMatchObject({
    status: 75,
    stderr: "ada@laptop deploys has this host, for 90 s more (run r1)\n",
  });
  host.pass(60);
  expect(host.guard(["renew", "r1", "90"]).status).toBe(0);
  host.pass(60);
  expect(host.guard(["take", "r2", "bob@desk", "90"]).status, "renewed").toBe(75);
  host.pass(31);
  expect(host.guard(["take", "r2", "bob@desk", "90"]).status, "run out").toBe(0);
  expect(host.guard(["renew", "r1", "90"]).status, "another's by now").toBe(75);
  expect(host.guard(["arm", "r1"], planText(host.order())).status).toBe(75);
});

test("a lease ends with the boot, and a dead run's roots go with the next one", () => {
  host.take("r1");
  host.guard(["root", "r1", host.path("new")]);
  host.reboot();
  expect(host.take("r2")).toBe(0);
  host.guard(["root", "r2", host.path("new")]);
  expect(host.leftovers()).toContain("root r2-to");
  expect(host.leftovers()).not.toContain("root r1-to");
  expect(host.guard(["release", "r2"]).status).toBe(0);
  expect(host.leftovers()).toEqual([]);
});

test("an open run keeps others out, and says whose it is", () => {
  host.activated();
  const second = host.guard(["take", "r2", "bob@desk", "90"]);
  expect(second.status).toBe(75);
  host.pass(29);
  const third = host.guard(["take", "r2", "bob@desk", "90"]);
  expect(third.stderr).toContain("ada@laptop");
  expect(host.guard(["reboot", "none"]).status, "not while a run is open").toBe(75);
});

/** As a run's folder was at another moment. */
function restore(facts: Readonly<Record<string, string>>): void {
  const folder = `nix/var/flurry/runs/${host.run}`;
  for (const [fact, value] of Object.entries(facts)) host.write(`${folder}/${fact}`, `${value}\n`);
  rmSync(join(host.root, folder, "settled"), { force: true });
  host.link("nix/var/flurry/open", `runs/${host.run}`);
}

function colleague(switches: boolean, profile: boolean, boot: boolean): void {
  if (profile) host.setProfile("theirs");
  if (boot)
    host.write("boot/loader/entries/theirs.conf", `options init=${host.path("theirs")}/init\n`);
  if (boot) host.write("boot/loader/loader.conf", "default theirs.conf\n");
  if (switches) host.switchProgram("theirs", "test");
}

function theirs(switches: boolean, profile: boolean, boot: boolean): object {
  const name = (changed: boolean): string => (changed ? "theirs" : "old");
  return { runs: name(switches), profile: name(profile), boots: name(boot) };
}
