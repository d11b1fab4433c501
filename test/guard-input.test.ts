import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { arm, confirm, planText, take } from "../src/nix/guard.ts";
import { guardName, guardScript, installText } from "../src/nix/guard-script.ts";
import { parseWord } from "../src/nix/parse-outcome.ts";
import { hostOf } from "../src/testing/hosts.ts";
import { GuardHost } from "./guard-host.ts";

// Claim: what is malformed or hostile is refused before anything is written.
let host: GuardHost;
beforeEach(() => {
  host = new GuardHost();
});
afterEach(() => host.close());

test("the name of a run is letters, digits and dashes", () => {
  for (const run of ["../x", "a b", "a;b", "", "ABC", "-a", "a/b", "a".repeat(40)]) {
    expect(host.guard(["take", run, "ada@laptop", "90"]).status, run).toBe(64);
  }
});

test("of an owner only harmless characters are kept", () => {
  host.guard(["take", "r1", "ada@laptop $(touch x) `id`; rm -rf /", "90"]);
  const { stderr } = host.guard(["take", "r2", "bob@desk", "90"]);
  expect(stderr).toContain("ada@laptop (touch x) id rm -rf has this host");
});

test("the time of a lease is a number", () => {
  for (const seconds of ["", "x", "1;reboot", "-1", "9999999"]) {
    expect(host.guard(["take", "r1", "ada@laptop", seconds]).status, seconds).toBe(64);
  }
});

test("an unknown verb and an unknown run are said to be so", () => {
  expect(host.guard(["explode", "r1"]).status).toBe(64);
  expect(host.guard(["confirm", "r1"], "x\n").status).toBe(79);
  expect(host.guard(["recover"]).status, "nothing is open").toBe(0);
});

test("a plan is refused for each thing that is not as it should be", () => {
  host.take();
  const good = planText(host.order());
  const bad: readonly (readonly [string, number, string])[] = [
    ["an unknown key", 65, `${good}shell rm\n`],
    ["a key twice", 65, `${good}goal test\n`],
    ["no number", 65, good.replace("silent 100", "silent 1;reboot")],
    ["a number left out", 65, good.replace(/hard .*\n/, "")],
    ["an unknown goal", 65, good.replace("goal switch", "goal explode")],
    ["no generation", 65, `${good}generation $(id)\n`],
    ["no link", 65, good.replace("system-1-link", "../../etc")],
    ["no yes or no", 65, good.replace("word yes", "word maybe")],
    ["no policy", 65, `${good}units undo:$(id)\n`],
    ["no revision", 65, good.replace("revision abc123", "revision $(id)")],
    ["a path elsewhere", 65, good.replace(`to ${host.path("new")}`, "to /etc")],
    ["a path that climbs", 65, good.replace(/to .*\n/, `to ${host.root}/nix/store/../../etc\n`)],
    ["a path with a command", 65, good.replace(/to .*\n/, `to ${host.root}/nix/store/$(id)\n`)],
    ["a hidden path", 65, good.replace(/to .*\n/, `to ${host.root}/nix/store/.links\n`)],
    ["a path that is not whole", 74, good.replace(/to .*\n/, `to ${host.path("gone")}\n`)],
    ["another system as", 65, good.replace(/as .*\n/, `as ${host.path("theirs")}\n`)],
    ["nothing", 65, ""],
  ];
  for (const [what, status, plan] of bad) {
    expect(host.guard(["arm", "r1"], plan).status, what).toBe(status);
    expect(existsSync(join(host.root, "nix/var/flurry/runs/r1")), what).toBe(false);
  }
  expect(host.guard(["arm", "r1"], good).status).toBe(0);
});

test("a path in the store that is no system is refused", () => {
  mkdirSync(join(host.path("file"), "bin"), { recursive: true });
  host.take();
  const refused = host.arm({ to: host.path("file"), as: host.path("file") });
  expect(refused).toMatchObject({ status: 65, stderr: expect.stringContaining("is not a system") });
});

test("a specialisation may be activated for the system that holds it, and only for that", () => {
  host.system("child");
  mkdirSync(join(host.path("new"), "specialisation"));
  symlinkSync(host.path("child"), join(host.path("new"), "specialisation/gaming"));
  expect(host.activated({ as: host.path("child") })).toBe("waiting");
  host.confirm();
  expect(host.outcome()).toMatchObject({ kind: "kept" });
  expect(host.state()).toMatchObject({ runs: "child", profile: "new", boots: "new" });
});

test("a folder that is not root's alone is refused by every verb", () => {
  host.take();
  const home = join(host.root, "nix/var/flurry");
  chmodSync(home, 0o755);
  expect(host.guard(["take", "r1", "ada@laptop", "90"]).status).toBe(65);
  chmodSync(home, 0o700);
  renameSync(home, `${home}.real`);
  symlinkSync(`${home}.real`, home);
  expect(host.guard(["take", "r1", "ada@laptop", "90"]).status).toBe(65);
  expect(host.guard(["outcome", "r1"]).status).toBe(65);
});

test("a run is armed once; its plan and its word are good for nothing else", () => {
  host.activated();
  const word = parseWord(host.guard(["challenge", "r1"]).stdout);
  host.guard(["abort", "r1"]);
  host.outcome();
  expect(host.guard(["confirm", "r1"], `${word}\n`).status, "an old word").toBe(77);
  host.take();
  expect(host.arm().status, "the same run again").toBe(75);
});

test.for(["", "wrong", "11111111"])("the word %j confirms nothing", (word) => {
  host.activated();
  expect(host.guard(["confirm", "r1"], `${word}\n`).status).toBe(79);
  expect(host.fact("phase")).toBe("waiting");
});

test("there is no word before the activation is over", () => {
  host.system("new", { test: "exec /bin/sleep 60" });
  host.take();
  host.arm();
  expect(host.guard(["challenge", "r1"]).status, "armed").toBe(30);
  expect(host.guard(["confirm", "r1"], "\n").status, "an empty word is none").toBe(79);
  host.guard(["activate", "r1"]);
  expect(host.guard(["challenge", "r1"]).status, "activating").toBe(30);
});

test("a reason for going back becomes one harmless line", () => {
  host.activated();
  host.guard(["abort", "r1", "probe\nphase kept\u001b[31m $(id)"]);
  expect(host.outcome().because).toBe("probephase kept[31m $(id)");
});

test("the guard is installed whole or not at all, and once", () => {
  const script = `${installText()}echo done\n`;
  const install = (): string =>
    spawnSync("sh", ["-s"], { env: host.env, input: script, encoding: "utf8" }).stdout;
  expect(install()).toBe("done\n");
  const folder = join(host.root, "nix/var/flurry/scripts");
  expect(readdirSync(join(folder, guardName()))).toEqual(["guard"]);
  expect(install()).toBe("done\n");
  renameSync(folder, `${folder}.old`);
  host.program("stubs/cksum", "echo 1 2");
  expect(install()).toContain("could not be written whole");
  expect(readdirSync(join(folder, guardName()))).toEqual([]);
});

test("the name of a version is what cksum says of it", () => {
  const { stdout } = spawnSync("cksum", { input: guardScript, encoding: "utf8" });
  expect(guardName()).toBe(stdout.trim().replace(" ", "-"));
});

test("plan and word stand in here-documents, where no list of processes shows them", () => {
  const nas = hostOf("nas");
  const order = host.order({ reason: "it's $(late)\nword no\u0007" });
  const armed = arm(nas, "r1", order);
  expect(armed.args).toEqual(["r1"]);
  expect(armed.script).toContain("<<'END_OF_THE_PAYLOAD'\nto /");
  expect(armed.script).toContain("\nreason it's $(late) word no \n");
  expect(confirm(nas, "r1", "the-word").args).toEqual(["r1"]);
  expect(() => confirm(nas, "r1", "END_OF_THE_PAYLOAD")).toThrow("holds its own end");
});

test("arming says with what exit it was refused", () => {
  expect(take(hostOf("nas"), "r1", { owner: "ada@laptop", reason: "" })).toMatchObject({
    args: ["r1", "ada@laptop", "90"],
    asRoot: true,
    exits: { 75: "host-busy", 76: "host-changed", 74: "closure-incomplete" },
  });
});
