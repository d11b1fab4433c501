import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  isAlive,
  listRuns,
  openJournal,
  readRun,
  runsFolder,
  thisProcess,
} from "../src/world/journal.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "flurry-journal-")), "runs");
});
afterEach(() => rmSync(dirname(folder), { recursive: true, force: true }));

const morning = Date.UTC(2026, 10, 21, 12, 4, 1, 120);

test("journals are where the state of a user is, or a service's", () => {
  expect(runsFolder({ XDG_STATE_HOME: "/s", HOME: "/h" })).toBe("/s/flurry/runs");
  expect(runsFolder({ HOME: "/h" })).toBe("/h/.local/state/flurry/runs");
  expect(runsFolder({ XDG_STATE_HOME: "", HOME: "/h" })).toBe("/h/.local/state/flurry/runs");
  expect(runsFolder({ STATE_DIRECTORY: "/var/lib/flurry:/x", HOME: "/h" })).toBe(
    "/var/lib/flurry/runs",
  );
});

test("a journal keeps its lines in order, for its owner alone", async () => {
  const journal = await openJournal(folder, "7f3kq2", morning);
  expect(journal.append("one\n", true)).toBeUndefined();
  expect(journal.append("two\n", false)).toBeUndefined();
  journal.close();
  expect(journal.path).toBe(join(folder, "2026-11-21T12-04-01.120Z-7f3kq2.jsonl"));
  expect(readFileSync(journal.path, "utf8")).toBe("one\ntwo\n");
  expect(statSync(journal.path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("a journal that is there already is not written over", async () => {
  const first = await openJournal(folder, "7f3kq2", morning);
  await expect(openJournal(folder, "7f3kq2", morning)).rejects.toMatchObject({
    code: "state-broken",
  });
  first.close();
});

test("a folder that cannot be made is a problem that names it", async () => {
  writeFileSync(dirname(folder).concat("/file"), "");
  const inside = join(dirname(folder), "file", "runs");
  const opening = openJournal(inside, "7f3kq2", morning);
  await expect(opening).rejects.toMatchObject({ code: "state-broken" });
  await expect(opening).rejects.toThrow(inside);
});

test("a journal that cannot be written is told and does not throw", async () => {
  const journal = await openJournal(folder, "7f3kq2", morning);
  journal.append("one\n", true);
  journal.close();
  const problem = journal.append("two\n", true);
  expect(problem).toMatchObject({ code: "state-broken" });
  expect(problem?.message).toContain(journal.path);
});

test("runs are listed newest first, and nothing else is", async () => {
  expect(await listRuns(folder)).toEqual([]);
  for (const [id, at] of [
    ["aa1", morning],
    ["bb2", morning + 1],
    ["ab3", morning - 1],
  ] as const) {
    (await openJournal(folder, id, at)).close();
  }
  writeFileSync(join(folder, "notes.txt"), "");
  const runs = await listRuns(folder);
  expect(runs.map(({ id, at }) => [id, at - morning])).toEqual([
    ["bb2", 1],
    ["aa1", 0],
    ["ab3", -1],
  ]);
});

test("a run is found by how its id begins", async () => {
  for (const id of ["aa1", "ab2", "ab2c"]) {
    const journal = await openJournal(folder, id, morning);
    journal.append(`${id}\n`, false);
    journal.close();
  }
  expect(await readRun(folder, "aa")).toMatchObject({ id: "aa1", text: "aa1\n" });
  expect(await readRun(folder, "ab2")).toMatchObject({ id: "ab2" });
  await expect(readRun(folder, "ab")).rejects.toMatchObject({
    code: "usage",
    message: "ab may be any of the runs ab2c, ab2",
  });
  await expect(readRun(folder, "zz")).rejects.toMatchObject({ code: "usage" });
  await expect(readRun(folder, "")).rejects.toMatchObject({ code: "usage" });
  await expect(readRun(folder, "../aa")).rejects.toMatchObject({ code: "usage" });
});

test("a run lives as long as its journal is open", async () => {
  const journal = await openJournal(folder, "7f3kq2", morning);
  expect(await isAlive(journal.path)).toBe(true);
  journal.close();
  expect(await isAlive(journal.path)).toBe(false);
  expect(await isAlive(join(folder, "gone"))).toBe(false);
});

test("a killed process leaves a run that is dead", async () => {
  const program = join(dirname(folder), "program.mjs");
  buildSync({
    stdin: {
      contents: `import { openJournal } from "./journal.ts";
        const { path } = await openJournal(${JSON.stringify(folder)}, "7f3kq2", 0);
        process.stdout.write(path); setInterval(() => {}, 1000);`,
      resolveDir: "src/world",
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: program,
  });
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  const path = await new Promise<string>((resolve) => {
    child.stdout.on("data", (bytes: Buffer) => resolve(bytes.toString()));
  });
  expect(await isAlive(path)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await isAlive(path)).toBe(false);
});

test("without locks, a run lives if its very process does", async () => {
  const self = await thisProcess();
  expect(self.pid).toBe(process.pid);
  expect(self.startedAt).toMatch(/^\d+$/);
  const path = await unlocked();
  const bin = process.env["PATH"];
  process.env["PATH"] = "/nonexistent";
  try {
    writeFileSync(path, `${JSON.stringify({ process: self })}\n`);
    expect(await isAlive(path)).toBe(true);
    writeFileSync(path, `${JSON.stringify({ process: { ...self, startedAt: "1" } })}\n`);
    expect(await isAlive(path)).toBe(false);
    writeFileSync(path, "torn");
    expect(await isAlive(path)).toBe(false);
  } finally {
    process.env["PATH"] = bin;
  }
});

async function unlocked(): Promise<string> {
  const journal = await openJournal(folder, "7f3kq2", morning);
  journal.close();
  chmodSync(journal.path, 0o600);
  return journal.path;
}
