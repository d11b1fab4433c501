import { afterEach, beforeEach, expect, test } from "vitest";
import { verdictOf } from "../src/nix/verdict.ts";
import { hostOf } from "../src/testing/hosts.ts";
import { GuardHost, kept, old } from "./guard-host.ts";

// Claim: what a failed unit means is decided by name, not by exit code; and a system that refuses
// to be switched to has not failed.
let host: GuardHost;
beforeEach(() => {
  host = new GuardHost();
});
afterEach(() => host.close());

/** The new system in which these units fail, so that its switch ends with 4. */
function failing(...units: readonly string[]): void {
  const lines = units.map((unit) => `echo ${unit} >>"$root/failed"`).join("\n");
  host.system("new", { test: `${lines}\nln -sfn "$path" "$root/run/current-system"; exit 4` });
}

test("a unit that fails only now undoes the run", () => {
  failing("web.service");
  expect(host.activated()).toMatch(/^undo/);
  expect(host.outcome()).toMatchObject({
    kind: "undone",
    cause: "units",
    because: "failed now, but not before: web.service",
    failedUnits: [{ unit: "web.service", policy: "undo" }],
  });
  expect(host.state()).toEqual(old);
});

test("a unit that failed before and fails again is no reason", () => {
  host.write("failed", "web.service\n");
  host.system("new", { test: 'ln -sfn "$path" "$root/run/current-system"; exit 4' });
  expect(host.activated()).toBe("waiting");
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "kept", exit: 0 });
});

test("a unit that fails after the activation, before the word, undoes the run", () => {
  expect(host.activated()).toBe("waiting");
  host.write("failed", "web.service\n");
  expect(host.confirm()).toBe(77);
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "units" });
  expect(host.state()).toEqual(old);
});

test("a unit with the policy to warn is kept, and told", () => {
  failing("web-1.service");
  expect(host.activated({ units: { "web-*.service": "warn" } })).toBe("waiting");
  host.confirm();
  const ended = host.outcome();
  expect(ended).toMatchObject({
    kind: "kept",
    exit: 15,
    failedUnits: [{ unit: "web-1.service", policy: "warn" }],
  });
  expect(host.state()).toEqual(kept);
  expect(verdictOf(hostOf("nas"), "r1", ended)).toMatchObject({
    outcome: "done",
    problem: { code: "units-failed", message: "nas: kept, although web-1.service failed" },
  });
});

test("a unit with the policy to ignore is not mentioned", () => {
  failing("noise.service");
  expect(host.activated({ units: { "noise.service": "ignore" } })).toBe("waiting");
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "kept", exit: 0, failedUnits: [] });
});

test("waiting for the network fails at every switch, and is excused unless the policy says otherwise", () => {
  failing("NetworkManager-wait-online.service", "systemd-networkd-wait-online@eth0.service");
  expect(host.activated()).toBe("waiting");
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "kept", exit: 15 });
});

test("the policy overrules what is excused", () => {
  failing("NetworkManager-wait-online.service");
  const units = { "NetworkManager-wait-online.service": "undo" } as const;
  expect(host.activated({ units })).toMatch(/^undo/);
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "units" });
});

test("the plainest rule of a policy wins", () => {
  failing("web-1.service");
  const units = { "*": "undo", "web-*": "undo", "web-1.service": "ignore" } as const;
  expect(host.activated({ units })).toBe("waiting");
});

test("our own units never count", () => {
  failing("flurry-recover.service");
  expect(host.activated()).toBe("waiting");
});

test("a failed unit of a user is kept, with user and unit", () => {
  host.system("new", {
    test: `ln -sfn "$path" "$root/run/current-system"
echo "warning: the following user units failed: panel.service"
echo "warning: user activation for alice failed"
exit 4`,
  });
  expect(host.activated()).toBe("waiting");
  host.confirm();
  const ended = host.outcome();
  expect(ended).toMatchObject({
    kind: "kept",
    exit: 15,
    failedUnits: [],
    userUnits: [{ user: "alice", units: ["panel.service"] }],
  });
  expect(host.state()).toEqual(kept);
  expect(verdictOf(hostOf("nas"), "r1", ended).because).toBe(
    "panel.service of user alice failed; the system itself is well",
  );
});

test("systemd that re-executes itself gives no answer, and is asked again", () => {
  const list = 'while read -r unit; do echo "$unit loaded failed failed"; done';
  host.program(
    "stubs/list",
    `[ -e ${host.root}/answers ] || { touch ${host.root}/answers; echo "Transport endpoint is not connected" >&2; exit 1; }
${list} <${host.root}/failed`,
  );
  host.edit("stubs/systemctl", (text) =>
    text.replace(/list-units\).*;;/, "list-units) exec list ;;"),
  );
  expect(host.activated()).toBe("waiting");
});

test("a system that refuses before anything happened is refused, not failed, and nothing changes", () => {
  host.system("new", {
    test: `[ -z "$NIXOS_NO_CHECK" ] || exit 0
echo "dbus-implementation : dbus -> broker"
echo "Pre-switch check 'switchInhibitors' failed"
echo "Pre-switch checks failed"
exit 1`,
  });
  expect(host.activated()).toBe("refused");
  const ended = host.outcome();
  expect(ended).toMatchObject({
    kind: "refused",
    exit: 16,
    reason: ["dbus-implementation : dbus -> broker"],
  });
  expect(host.state()).toEqual(old);
  expect(host.switched(), "not even the old system is activated again").toEqual(["new test"]);
  expect(host.leftovers()).toEqual([]);
  expect(verdictOf(hostOf("nas"), "r1", ended).problem).toMatchObject({
    code: "system-refused",
    message: "nas cannot switch to this system while it runs: dbus-implementation : dbus -> broker",
    hint: "flurry boot nas",
  });
});

test("another init than the one that runs needs a boot", () => {
  host.system("new", { test: "exit 100" });
  expect(host.activated()).toBe("refused");
  expect(host.outcome()).toMatchObject({ kind: "refused", cause: "needs-boot", exit: 16 });
  expect(host.switched()).toEqual(["new test"]);
});

test("a switch that another one keeps out is busy, and nothing changes", () => {
  host.system("new", { test: "exit 11" });
  expect(host.activated()).toBe("refused");
  expect(host.outcome()).toMatchObject({ kind: "busy", exit: 75 });
  expect(host.switched()).toEqual(["new test"]);
});

test("the same words after the activation began are a failure", () => {
  host.system("new", {
    test: 'echo "activating the configuration..."; echo "Pre-switch check failed"; exit 1',
  });
  expect(host.activated()).toMatch(/^undo/);
  expect(host.outcome()).toMatchObject({ kind: "undone", cause: "code" });
});

test("the way back is never refused", () => {
  host.system("old", {
    test: '[ "$NIXOS_NO_CHECK" = 1 ] || { echo "Pre-switch checks failed"; exit 1; }',
  });
  host.activated();
  host.guard(["abort", host.run]);
  expect(host.outcome()).toMatchObject({ kind: "undone" });
  expect(host.state()).toEqual(old);
});
