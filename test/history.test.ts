import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeLine, isKept } from "../src/event/journal-line.ts";
import { openJournal, runsFolder } from "../src/world/journal.ts";
import { typed } from "./command-line.ts";
import { eventsOf, finished, halfway, morning } from "./stories.ts";

let state: string;
const env = (): Record<string, string> => ({ XDG_STATE_HOME: state });

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), "flurry-history-"));
  for (const [run, story, later] of [
    ["aaaaa1", finished, 0],
    ["aaaaa2", halfway, 3600],
    ["bbbbb3", finished, 7200],
  ] as const) {
    const at = morning + later * 1000;
    const journal = await openJournal(runsFolder(env()), run, at);
    for (const event of eventsOf(story, run).filter(isKept)) {
      journal.append(encodeLine({ ...event, at: event.at + later * 1000 }), false);
    }
    journal.close();
  }
  writeFileSync(join(runsFolder(env()), "2026-11-20T00-00-00.000Z-torn00.jsonl"), '{"v":1,"ru');
});
afterAll(() => rmSync(state, { recursive: true, force: true }));

test("runs are listed, newest first, also torn ones and those that never ended", async () => {
  const { stdout, exit } = await typed("history", { env: env() });
  expect(exit).toBe(0);
  const words = stdout.split("\n").map((line) => line.split(/\s+/)[0]);
  expect(words).toEqual(["RUN", "bbbbb3", "aaaaa2", "aaaaa1", "torn00", ""]);
  expect(stdout).toMatch(/aaaaa2 .*✖ lost: 1 unchanged, 4 unfinished/);
  expect(stdout).toMatch(/bbbbb3 .*4 m 51 s {2}⚠ partial: 1 unchanged, 3 done, 1 failed/);
});

test("plain rows have no headings, and times for programs", async () => {
  const { stdout } = await typed("history --plain --last 2", { env: env() });
  const commit = "3f9c1e2d4b5a69788796a5b4c3d2e1f001122334";
  expect(stdout.split("\n")).toEqual([
    `bbbbb3\t2026-11-21T14:04:01.000Z\tswitch 5 hosts\t${commit}\tada@fern\t291\tpartial`,
    `aaaaa2\t2026-11-21T13:04:01.000Z\tswitch 5 hosts\t${commit}\tada@fern\t\tlost`,
    "",
  ]);
});

test("the list can be cut, and asked for those with a host", async () => {
  expect((await typed("history --last 1", { env: env() })).stdout.split("\n")).toHaveLength(3);
  const { stdout } = await typed("history nas nobody --json", { env: env() });
  expect(JSON.parse(stdout)).toEqual({ schema: "flurry.history/1", runs: [] });
});

test("the document has every run, and every host of it", async () => {
  const { stdout } = await typed("history --json", { env: env() });
  const document = JSON.parse(stdout) as {
    runs: { run: string; hosts: Record<string, unknown> }[];
  };
  expect(document.runs.map(({ run }) => run)).toEqual(["bbbbb3", "aaaaa2", "aaaaa1", "torn00"]);
  expect(document.runs[0]).toMatchObject({
    title: "switch 5 hosts",
    by: "ada@fern",
    reason: "immich 1.142",
    startedAt: "2026-11-21T14:04:01.000Z",
    seconds: 291,
    outcome: "partial",
    exit: 20,
    hosts: { nas: { outcome: "done", generation: 119, phaseSeconds: { confirm: 6 } } },
  });
});

test("one run is shown with its failures", async () => {
  const { stdout, exit } = await typed("history show aaaaa1", { env: env() });
  expect(exit).toBe(0);
  expect(stdout).toContain("immich 1.142");
  expect(stdout).toContain("implicit declaration of function 'bar'");
  expect(stdout).toMatch(/Again {2}flurry switch offsite/);
});

test("without a name the newest run is shown, and where its time went", async () => {
  const { stdout } = await typed("history show --timing", { env: env() });
  const [heading = "", ...rows] = stdout.split("\n");
  expect(heading.split(/\s{2,}/)).toContain("CONFIRM");
  expect(rows.find((row) => row.startsWith("nas"))).toMatch(/ 44\.0 s .* 6\.0 s .* 2 m 27 s$/);
});

test("a log is all that was told, of one host if asked", async () => {
  const { stdout } = await typed("history log aaaaa1 offsite", { env: env() });
  expect(stdout).toMatch(/^\d\d:\d\d:\d\d offsite build FAILED linux-6\.12\.11 failed/m);
  expect(stdout).not.toMatch(/ nas /);
  const events = await typed("history log aaaaa1 nas --format jsonl", { env: env() });
  const kinds = events.stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
  expect(new Set(kinds)).toEqual(new Set(["step.started", "step.finished", "lane.finished"]));
});

test.each([
  ["history show zz", 64, /no run zz was made from here/],
  ["history show aaaaa", 64, /aaaaa may be any of the runs/],
  [
    "history log aaaaa1 nass",
    64,
    /run aaaaa1 had no host nass[\s\S]*flurry history log aaaaa1 nas/,
  ],
  ["history show ../../etc/passwd", 64, /no run/],
])("%s exits with %i", async (line, exit, message) => {
  const told = await typed(line, { env: env() });
  expect(told.exit).toBe(exit);
  expect(told.stderr).toMatch(message);
});

test("where no run was made yet, that is said", async () => {
  const { stdout, exit } = await typed("history", { env: { XDG_STATE_HOME: "/nonexistent" } });
  expect([exit, stdout]).toEqual([0, "no run was made from here yet\n"]);
});
