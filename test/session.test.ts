import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Call } from "../src/cli/command.ts";
import type { Context } from "../src/cli/context.ts";
import { callOf, parse } from "../src/cli/parse.ts";
import { commands } from "../src/cli/registry.ts";
import { openSession } from "../src/cli/session.ts";
import { decodeLines } from "../src/event/journal-line.ts";
import { listRuns, readJournal, runsFolder } from "../src/world/journal.ts";
import { morning } from "./stories.ts";

let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "flurry-session-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

function callFor(words: readonly string[], verbosity = 0): { call: Call; told: () => string } {
  let told = "";
  const context = {
    env: { XDG_STATE_HOME: home },
    world: {
      now: () => morning,
      random: () => "aaaaa1",
      sleep: async (_: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve())),
    },
    output: { format: "table", plain: false, verbosity, live: false, mayAsk: false, yes: false },
    stderr: (text: string) => void (told += text),
    onSignal: () => () => undefined,
  } as unknown as Context;
  const parsed = parse(words, commands, {});
  if (parsed.kind !== "call") throw new Error(`${words.join(" ")} is no command`);
  return { call: callOf(parsed, context), told: () => told };
}

async function runOnce(words: readonly string[], goal: string, kept: boolean, verbosity = 0) {
  const { call, told } = callFor(words, verbosity);
  const wish = { goal, title: `${goal} nas`, hosts: ["nas"], source: null, reason: "", kept };
  const session = await openSession(call, wish);
  const { emit } = session.errand;
  emit({ kind: "step.started", step: "nas.look" });
  emit({ kind: "step.finished", step: "nas.look" });
  emit({ kind: "warning.given", host: "nas", message: "its clock is late" });
  session.finish(new Map([["nas", { outcome: "done" }]]));
  session.close();
  return told();
}

test("a journal has the words as they were typed", async () => {
  const words = ["rollback", "nas", "--to", "77", "--reason=it's late"];
  await runOnce(words, "rollback", true);
  const [file] = await listRuns(runsFolder({ XDG_STATE_HOME: home }));
  const [start] = decodeLines(await readJournal(file?.path ?? ""));
  expect(start).toMatchObject({ kind: "run.started", command: words, kept: true });
});

test("a plan leaves no journal, and tells only trouble before its answer", async () => {
  const log = await runOnce(["plan", "nas"], "plan", false);
  expect(log).toMatch(/^\d\d:\d\d:\d\d nas warning its clock is late\n$/);
  expect(await listRuns(runsFolder({ XDG_STATE_HOME: home }))).toEqual([]);
});

test("with -v it tells all, without a name that nobody can ask for", async () => {
  const log = await runOnce(["plan", "nas"], "plan", false, 1);
  expect(log).toContain(" plan started hosts=1 ");
  expect(log).toContain(" nas look done ");
  expect(log).not.toContain("aaaaa1");
});

test("what changes hosts tells all, always", async () => {
  const log = await runOnce(["switch", "nas"], "switch", true);
  expect(log).toContain(" run aaaaa1 started ");
  expect(log).toContain(" nas look done ");
});
