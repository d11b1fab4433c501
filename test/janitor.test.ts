import { spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectFolder } from "../src/testing/fleet/place.ts";
import { attempt, until } from "../src/testing/fleet/program.ts";

const script = join(projectFolder, "scripts/janitor.sh");

/** A program of a test: in a group of its own, and marked as npm test marks all that it starts. */
function startMarked(folder: string, ...argv: string[]): number {
  const [program = "", ...words] = argv;
  const env = { ...process.env, FLURRY_TEST_RUN: folder };
  const child = spawn(program, words, { detached: true, env, stdio: "ignore" });
  child.unref();
  if (child.pid === undefined) throw new Error(`${program} did not start`);
  return child.pid;
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/environ`) && existsSync(`/proc/${pid}/exe`);
}

test("when its pipe closes, the janitor ends the group, all that was started from it, and the folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flurry-janitor-"));
  const group = startMarked(folder, "sleep", "1000");
  const stray = startMarked(folder, "sh", "-c", "trap '' TERM; while :; do sleep 1; done");
  const janitor = spawn("sh", [script, "wait", folder], { stdio: ["pipe", "ignore", "inherit"] });
  const ended = new Promise((resolve) => janitor.once("close", resolve));
  janitor.stdin.write(`0\n${group}\n`);
  expect(isAlive(group) && isAlive(stray)).toBe(true);
  janitor.stdin.end();
  await ended;
  await until("both have ended", () => !isAlive(group) && !isAlive(stray));
  expect(existsSync(folder)).toBe(false);
});

test("what is left of the tests is named, and what others started is not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flurry-janitor-"));
  const mine = startMarked(folder, "sleep", "1001");
  const other = startMarked(`${folder}-other`, "sleep", "1002");
  const left = await attempt(["sh", script, "left", folder]);
  expect(left.stdout).toBe(`${mine} sleep 1001 \n`);
  process.kill(other);
  await attempt(["sh", script, "wait", folder]);
  await until("it has ended", () => !isAlive(mine));
  expect((await attempt(["sh", script, "left", folder])).stdout).toBe("");
});
