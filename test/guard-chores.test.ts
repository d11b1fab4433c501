import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  parseCollected,
  parseRehearsal,
  parseRuns,
  parseVerification,
} from "../src/nix/parse-chores.ts";
import { GuardHost, until } from "./guard-host.ts";

// Claim: what the guard does besides activating is asked for again and again until it is done, and
// its answers are read.
let host: GuardHost;
beforeEach(() => {
  host = new GuardHost();
  host.take();
});
afterEach(() => host.close());

function asked(...words: readonly string[]): string {
  let told = host.guard(words);
  until("it is done", () => {
    if (told.status === 30) told = host.guard(words);
    return told.status !== 30;
  });
  expect(told.stderr).toBe("");
  return told.stdout;
}

test("a rehearsal says what would happen, and leaves nothing", () => {
  host.edit(
    `${host.path("new").slice(host.root.length + 1)}/bin/switch-to-configuration`,
    (text) =>
      `${text}\n[ "$1" != dry-activate ] || echo "would restart the following units: web.service"\n`,
  );
  expect(parseRehearsal(asked("rehearse", "r1", host.path("new")))).toMatchObject({
    code: 0,
    refused: null,
    effects: { restart: ["web.service"] },
  });
  expect(existsSync(join(host.root, "run/flurry-r1-rehearsal"))).toBe(false);
  expect(host.state().runs).toBe("old");
});

test("a system with an action for it is asked whether it may be switched to", () => {
  host.program(
    `${host.path("new").slice(host.root.length + 1)}/bin/switch-to-configuration`,
    `# switch|boot|test|dry-activate|check
[ "$1" != check ] || { echo "init -> other"; echo "Pre-switch checks failed"; exit 1; }
echo "not reached"`,
  );
  expect(parseRehearsal(asked("rehearse", "r1", host.path("new")))).toMatchObject({
    code: 1,
    refused: ["init -> other"],
    lines: ["init -> other", "Pre-switch checks failed"],
  });
});

test("an older one that only prints its usage has not refused", () => {
  host.program(
    `${host.path("new").slice(host.root.length + 1)}/bin/switch-to-configuration`,
    `# PRE_SWITCH_CHECK
[ "$1" = dry-activate ] || { echo "Usage: x [switch|boot|test|dry-activate]"; exit 1; }`,
  );
  expect(parseRehearsal(asked("rehearse", "r1", host.path("new")))).toMatchObject({
    code: 0,
    refused: null,
  });
});

test("a rehearsal that is killed, or takes too long, ends with 124", () => {
  host.system("new", { test: ":" });
  host.program(
    `${host.path("new").slice(host.root.length + 1)}/bin/switch-to-configuration`,
    `touch ${host.root}/began; exec /bin/sleep 60`,
  );
  expect(host.guard(["rehearse", "r1", host.path("new")]).status, "still going").toBe(30);
  until("it has begun", () => existsSync(join(host.root, "began")));
  host.kill("flurry-rehearsal-r1");
  expect(parseRehearsal(asked("rehearse", "r1", host.path("new"))).code).toBe(124);
});

test("what is no system is not rehearsed", () => {
  expect(host.guard(["rehearse", "r1", "/etc"]).status).toBe(65);
  expect(host.guard(["rehearse", "r1", host.path("gone")]).status).toBe(65);
});

test("damaged paths are named", () => {
  const text = `path '/nix/store/00000000000000000000000000000000-web' was modified! expected hash 'a', got 'b'
error: path '/nix/store/11111111111111111111111111111111-db' disappeared
code 1
`;
  expect(parseVerification(text)).toEqual([
    "/nix/store/00000000000000000000000000000000-web",
    "/nix/store/11111111111111111111111111111111-db",
  ]);
  expect(parseVerification("code 0\n")).toEqual([]);
  const verified = host.guard(["verify", "r1"], "/etc/passwd\n");
  expect(verified.status).toBe(65);
});

test("damaged paths go with all that needs them, unless somebody could go back to that", () => {
  const damaged = "/nix/store/00000000000000000000000000000000-tool";
  const store = (needing: string): void => {
    const answer = `case $1 in --query) echo ${host.root}${damaged}; echo ${needing} ;; *) echo "$@" >>${host.root}/deleted ;; esac`;
    host.program("stubs/nix-store", answer);
  };
  const discard = (run: string, path: string): number | null =>
    host.guard(["discard", run], `${path}\n`).status;
  store(host.path("old"));
  expect(discard("r1", `${host.root}${damaged}`), "the running system needs it").toBe(77);
  expect(existsSync(join(host.root, "deleted"))).toBe(false);
  store(host.path("new"));
  expect(discard("r1", "/etc/passwd")).toBe(65);
  expect(discard("other", `${host.root}${damaged}`), "the lease is another's").toBe(75);
  expect(discard("r1", `${host.root}${damaged}`)).toBe(0);
  expect(readFileSync(join(host.root, "deleted"), "utf8")).toBe(
    `--delete --ignore-liveness ${host.root}${damaged} ${host.path("new")}\n`,
  );
});

test("where a system came from is noted without a change, and the notes of collected ones go", () => {
  host.write("nix/var/flurry/systems/00000000000000000000000000000000-gone", "revision x\n");
  const words = ["record", "r1", host.path("old"), "abc123", "no", "ada@laptop $(id)"];
  expect(host.guard(words).status).toBe(0);
  const notes = join(host.root, "nix/var/flurry/systems");
  const name = host.path("old").split("/").at(-1) ?? "";
  expect(readFileSync(join(notes, name), "utf8")).toMatch(
    /^revision abc123\ndirty no\nat \d+\nby /,
  );
  expect(existsSync(join(notes, "00000000000000000000000000000000-gone"))).toBe(false);
  expect(host.guard(["record", "r1", "/etc/x", "abc", "no", "x"]).status).toBe(65);
  expect(host.guard(["record", "r1", host.path("old"), "$(id)", "no", "x"]).status).toBe(65);
});

test("the host tells what runs it has seen", () => {
  host.arm();
  const [run] = parseRuns(host.guard(["runs", "none"]).stdout);
  expect(run).toMatchObject({
    run: "r1",
    phase: "armed",
    open: true,
    owner: "ada@laptop deploys",
    reason: "because",
    goal: "switch",
    to: host.path("new"),
    revision: "abc123",
    revisionDirty: false,
  });
  host.write("nix/var/flurry/runs/r1/dirty", "yes\n");
  const [edited] = parseRuns(host.guard(["runs", "none"]).stdout);
  expect(edited).toMatchObject({ revision: "abc123", revisionDirty: true });
});

test("a generation goes if it is neither new, nor young, nor in use", () => {
  for (const name of ["a", "b", "c", "d"]) {
    host.system(name);
    host.setProfile(name);
  }
  host.link("run/booted-system", host.path("a"));
  host.edit("stubs/nix-env", (text) =>
    text.replace(
      "case $3 in",
      'case $3 in\n--delete-generations) shift 3; for n; do rm "$profile-$n-link"; done; exit ;;',
    ),
  );
  host.program("stubs/nix-store", 'echo "3 store paths deleted, 1.50 MiB freed"');
  // Old runs, a was booted, d is the profile; c is among the newest two.
  expect(parseCollected(asked("collect", "r1", "2", "0"))).toEqual({
    code: 0,
    dropped: [3],
    bytes: 1.5 * 1024 * 1024,
    lines: ["dropped 3", "3 store paths deleted, 1.50 MiB freed"],
  });
  expect(host.state().generations).toBe("1 2 4 5");
  expect(parseCollected(asked("collect", "r1", "0", "3600")).dropped, "too young").toEqual([]);
  expect(host.guard(["collect", "r2", "1", "0"]).status, "without the lease").toBe(75);
});
