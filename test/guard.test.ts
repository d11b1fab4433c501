import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { verdictOf } from "../src/nix/verdict.ts";
import { hostOf } from "../src/testing/hosts.ts";
import { GuardHost, kept, old, until } from "./guard-host.ts";

// Claim: each row of the phase table holds for the real script under a real sh. What it calls on a
// host is stubbed, and time stands still until a test lets it pass.
let host: GuardHost;
beforeEach(() => {
  host = new GuardHost();
});
afterEach(() => host.close());

test("a system that is confirmed is kept, boots from now on, and leaves nothing behind", () => {
  expect(host.activated()).toBe("waiting");
  expect(host.state()).toEqual({ ...old, runs: "new" });
  expect(host.confirm()).toBe(0);
  expect(host.outcome()).toMatchObject({ kind: "kept", exit: 0, generation: 2 });
  expect(host.state()).toEqual(kept);
  expect(host.leftovers()).toEqual([]);
  expect(host.switched()).toEqual(["new test", "new boot"]);
});

test("a system that nobody confirms goes back to what it was", () => {
  expect(host.activated()).toBe("waiting");
  host.pass(31);
  expect(host.outcome()).toMatchObject({
    kind: "undone",
    exit: 77,
    cause: "unconfirmed",
    because: "nobody confirmed in 30 s",
  });
  expect(host.state()).toEqual(old);
  expect(host.leftovers()).toEqual([]);
});

test("a run that nobody activates ends by itself", () => {
  host.take();
  expect(host.arm().status).toBe(0);
  host.pass(119);
  expect(host.guard(["outcome", host.run]).status, "not yet").toBe(30);
  host.pass(2);
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "unarmed" });
  expect(host.switched(), "nothing was touched").toEqual([]);
});

test("the old system is kept from being collected while the run is open, and not after", () => {
  host.activated();
  expect(host.leftovers().filter((name) => name.startsWith("root "))).toEqual(
    ["default", "from", "to", "was"].map((name) => `root ${host.run}-${name}`),
  );
  host.guard(["abort", host.run, "enough"]);
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "aborted", because: "enough" });
  expect(host.leftovers()).toEqual([]);
});

test("an abort before the activation undoes nothing, and may be said twice", () => {
  host.take();
  host.arm();
  expect(host.guard(["abort", host.run]).status).toBe(0);
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "aborted" });
  expect(host.guard(["abort", host.run]).status).toBe(0);
  expect(host.switched()).toEqual([]);
});

test("an abort comes too late once the host keeps the new system", () => {
  host.activated();
  host.confirm();
  host.outcome();
  expect(host.guard(["abort", host.run]).status).toBe(77);
  expect(host.state()).toEqual(kept);
});

test("an activation that fails is undone, before and after it moved the running system", () => {
  host.system("new", { test: "exit 2" });
  expect(host.activated()).toMatch(/^undo/);
  expect(host.outcome()).toMatchObject({
    kind: "undone",
    cause: "code",
    code: 2,
    because: "the activation ended with 2",
  });
  expect(host.state()).toEqual(old);
  expect(host.switched(), "half of it may have happened").toEqual(["new test", "old test"]);
});

test("an activation that fails after the flip is undone", () => {
  host.system("new", { test: 'ln -sfn "$path" "$root/run/current-system"; exit 2' });
  host.activated();
  expect(host.outcome()).toMatchObject({ kind: "undone", code: 2 });
  expect(host.state()).toEqual(old);
});

test("an activation that is killed is undone", () => {
  host.system("new", { test: "exec /bin/sleep 60" });
  host.take();
  host.arm();
  host.guard(["activate", host.run]);
  until("it has begun", () => host.switched().length > 0);
  host.kill("flurry-activate");
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "killed" });
  expect(host.state()).toEqual(old);
});

test("silence ends an activation, words do not", () => {
  host.system("new", {
    test: 'n=0; until [ -e "$root/hush" ]; do n=$((n+1)); echo $n; /bin/sleep 0.05; done; exec /bin/sleep 60',
  });
  host.take();
  host.arm({ hardSeconds: 1_000_000 });
  host.guard(["activate", host.run]);
  for (let minutes = 0; minutes < 4; minutes += 1) {
    until("its words are heard", () => Number(host.fact("until")) >= now() + 99);
    host.pass(60);
    expect(host.fact("phase")).toBe("activating");
  }
  host.write("hush", "");
  until("it gives up", () => {
    host.pass(101);
    return host.fact("phase") !== "activating";
  });
  expect(host.outcome()).toMatchObject({
    kind: "undone",
    cause: "silent",
    because: "the activation was silent for 100 s",
  });
  expect(host.state()).toEqual(old);
});

test("an activation that talks for ever ends at its limit", () => {
  host.system("new", { test: "while :; do echo on; /bin/sleep 0.02; done" });
  host.take();
  host.arm({ silentSeconds: 5000 });
  host.guard(["activate", host.run]);
  until("it talks", () => host.switched().length > 0);
  host.pass(1001);
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "limit" });
  expect(host.state()).toEqual(old);
  const units = join(host.root, "units/flurry-activate");
  expect(existsSync(units), "it talks no more").toBe(false);
});

test("a goal of test is kept until the next boot, and no drift", () => {
  expect(host.activated({ goal: "test" })).toBe("waiting");
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "kept", exit: 0 });
  expect(host.state()).toEqual({ ...old, runs: "new" });
  expect(host.switched()).toEqual(["new test"]);
  expect(readFileSync(`${host.root}/nix/var/flurry/left`, "utf8")).toBe(
    `test ${host.path("new")}\n`,
  );
});

test("a goal of boot activates nothing, needs no word, and is kept at once", () => {
  host.take();
  expect(host.arm({ goal: "boot", as: host.path("old") }).status).toBe(0);
  expect(host.guard(["activate", host.run]).status, "never for goal boot").toBe(77);
  expect(host.guard(["confirm", host.run], "\n").status).toBe(0);
  expect(host.outcome()).toMatchObject({ kind: "kept", exit: 0 });
  expect(host.state()).toEqual({ ...kept, runs: "old" });
  expect(host.switched()).toEqual(["new boot"]);
});

test("a goal of boot whose loader fails leaves the running system alone", () => {
  host.system("new", { boot: "exit 1" });
  host.take();
  host.arm({ goal: "boot", as: host.path("old") });
  host.guard(["confirm", host.run], "\n");
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "commit" });
  expect(host.state()).toEqual({ ...old, generations: "1 2" });
  expect(host.switched()).not.toContain("old test");
});

test("a loader that fails undoes the whole commit", () => {
  host.system("new", { boot: "exit 1" });
  host.activated();
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "undone", because: "the commit failed" });
  expect(host.state()).toEqual({ ...old, generations: "1 2" });
});

test("a loader that says yes and does nothing is found out", () => {
  host.system("new", { boot: "exit 0" });
  host.activated();
  host.confirm();
  const { because } = host.outcome();
  expect(because).toBe(`the loader still boots ${host.path("old")}`);
  expect(host.state()).toEqual({ ...old, generations: "1 2" });
});

test("a profile that cannot be set undoes the commit", () => {
  host.activated();
  host.write("profile-breaks", "");
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "commit" });
  expect(host.state()).toEqual(old);
});

test("a rollback goes to the generation it names, and makes no new one", () => {
  host.setProfile("new");
  host.switchProgram("new", "test");
  host.switchProgram("new", "boot");
  const back = {
    to: host.path("old"),
    as: host.path("old"),
    from: host.path("new"),
    link: "system-2-link",
    default: host.path("new"),
    generation: 1,
  };
  expect(host.activated(back)).toBe("waiting");
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "kept", generation: 1 });
  expect(host.state()).toEqual({ ...old, generations: "1 2" });
});

test("a rollback beyond what the loader lists makes its system the newest", () => {
  // This loader lists only the newest generation.
  host.system("new");
  host.setProfile("new");
  host.switchProgram("new", "test");
  host.switchProgram("new", "boot");
  host.system("old", {
    boot: 'newest=$(ls -d "$root"/nix/var/nix/profiles/system-*-link | sort | tail -n 1); [ "$(readlink $newest)" = "$path" ] || exit 0',
  });
  const back = {
    to: host.path("old"),
    as: host.path("old"),
    from: host.path("new"),
    link: "system-2-link",
    default: host.path("new"),
    generation: 1,
  };
  host.activated(back);
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "kept", because: null, generation: 3 });
  expect(host.state()).toEqual({ ...old, generations: "1 2 3" });
});

test("drift is repaired by activating what runs", () => {
  host.setProfile("theirs");
  host.switchProgram("theirs", "boot");
  const repair = {
    to: host.path("old"),
    as: host.path("old"),
    link: "system-2-link",
    default: host.path("theirs"),
  };
  expect(host.activated(repair)).toBe("waiting");
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "kept" });
  expect(host.state()).toEqual({ ...old, generations: "1 2 3" });
});

test("an undone run restores each of three that differed before", () => {
  host.setProfile("theirs");
  const seen = { link: "system-2-link", default: host.path("old") };
  host.system("new", { boot: "exit 1" });
  expect(host.activated(seen)).toBe("waiting");
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "undone" });
  expect(host.state()).toEqual({ ...old, profile: "theirs", generations: "1 2 3" });
});

test("without a question to anyone the guard confirms by itself, if the units are well", () => {
  host.take();
  host.arm({ confirm: false });
  host.guard(["activate", host.run]);
  expect(host.outcome()).toMatchObject({ kind: "kept", exit: 0 });
  expect(host.state()).toEqual(kept);
});

test("without a fallback the failed system is left running, and the old one boots", () => {
  host.system("new", { test: 'echo bad.service >"$root/failed"' });
  host.activated({ fallback: false });
  expect(host.outcome()).toMatchObject({ kind: "left", exit: 14, cause: "units" });
  expect(host.state()).toEqual({ ...old, runs: "new" });
  expect(host.leftovers()).toEqual([]);
});

test("without a fallback a person may still ask to go back", () => {
  host.activated({ fallback: false });
  host.guard(["abort", host.run]);
  expect(host.outcome()).toMatchObject({ kind: "undone" });
  expect(host.state()).toEqual(old);
});

test("an old system that cannot be activated costs one reboot, and if that does not help the host is stuck", () => {
  host.system("old", { test: "exit 1" });
  host.activated();
  host.guard(["abort", host.run]);
  expect(host.settles(["undoing"])).toBe("stuck");
  expect(host.outcome()).toMatchObject({ kind: "stuck", exit: 78 });
  expect(existsSync(join(host.root, "rebooted"))).toBe(true);
  host.system("old");
  expect(host.guard(["recover"]).status).toBe(0);
  expect(host.outcome()).toMatchObject({ kind: "undone" });
  expect(host.state()).toEqual(old);
  expect(host.leftovers()).toEqual([]);
});

test("an undo waits for another switch that has the lock, however long", () => {
  host.system("old", {
    test: 'echo x >>"$root/tries"; [ "$(wc -l <"$root/tries")" -gt 6 ] || exit 11',
  });
  host.activated();
  host.guard(["abort", host.run]);
  expect(host.outcome()).toMatchObject({ kind: "undone" });
  expect(host.state()).toEqual(old);
});

test("where it came from is noted beside the system, and read again", () => {
  host.activated({ dirty: true });
  host.confirm();
  host.outcome();
  const note = readFileSync(
    `${host.root}/nix/var/flurry/systems/${host.path("new").split("/").at(-1)}`,
    "utf8",
  );
  expect(note).toContain("revision abc123\ndirty yes\n");
  expect(note).toContain("by ada@laptop deploys\nrun r1\n");
});

test("the verdict on an undone run says what failed and how to go on", () => {
  host.write("journal", "unpacking\nExisting file '/home/a/x' is in the way\nhint: move it\n");
  host.system("new", { test: 'echo bad.service >"$root/failed"' });
  host.activated();
  const { outcome, problem } = verdictOf(hostOf("nas"), "r1", host.outcome());
  expect(outcome).toBe("undone");
  expect(problem).toMatchObject({
    code: "activation-failed",
    message: "nas runs its old system again: failed now, but not before: bad.service",
    evidence: [
      "bad.service: Existing file '/home/a/x' is in the way",
      "bad.service: unpacking",
      "bad.service: hint: move it",
    ],
  });
});

test("what an activation says can be followed from where one stopped reading", () => {
  host.system("new", { test: "echo one; echo two" });
  host.activated();
  const first = host.guard(["follow", host.run, "armed", "0"]).stdout;
  expect(first).toBe(
    "phase waiting\nremaining 30\nlog 40\none\ntwo\nactivating the configuration...\n",
  );
  const next = host.guard(["follow", host.run, "waiting", "4"]).stdout;
  expect(next).toContain("log 40\ntwo\n");
  rmSync(join(host.root, "run", `flurry-${host.run}.log`));
  expect(host.guard(["follow", host.run, "waiting", "40"]).stdout).toContain("log 40\n");
});

test("of a line that is not whole yet nothing is told, and a NUL costs no other byte", () => {
  const hushed =
    'printf "one\\ntw"; until [ -e "$root/go" ]; do /bin/sleep 0.02; done; printf "o\\000\\n"';
  host.system("new", { test: hushed });
  host.take();
  host.arm();
  host.guard(["activate", host.run]);
  until("it talks", () =>
    host.guard(["follow", host.run, "activating", "0"]).stdout.includes("one"),
  );
  const told = host.guard(["follow", host.run, "activating", "0"]).stdout;
  expect(told).toMatch(/^log 4\none\n$/m);
  expect(told).not.toContain("tw");
  expect(host.guard(["follow", host.run, "activating", "4"]).stdout).toMatch(/^log 4\n$/m);
  host.write("go", "");
  expect(host.settles(["activating"])).toBe("waiting");
  expect(host.guard(["follow", host.run, "activating", "4"]).stdout).toContain(
    "log 41\ntwo?\nactivating the configuration...\n",
  );
});

test("each party is woken by the one before: nobody waits for a nap to end", () => {
  host.program(
    "stubs/timeout",
    '[ "$1" != 1 ] || { shift; set -- 600 "$@"; }; exec /usr/bin/timeout "$@"',
  );
  expect(host.activated()).toBe("waiting");
  expect(host.confirm()).toBe(0);
  expect(host.outcome()).toMatchObject({ kind: "kept", exit: 0 });
  expect(existsSync(join(host.root, "run", `flurry-${host.run}.bell`))).toBe(false);
});

test("a host that can have no bell is as safe, and only slower", () => {
  host.program("stubs/mkfifo", "exit 1");
  expect(host.activated()).toBe("waiting");
  expect(host.confirm()).toBe(0);
  expect(host.outcome()).toMatchObject({ kind: "kept", exit: 0 });
});

function now(): number {
  return Number(readFileSync(join(host.root, "proc/uptime"), "utf8").split(".")[0]);
}
