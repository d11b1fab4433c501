import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exitCodeFlag } from "../src/cli/commands/plan.ts";
import { explanationOf } from "../src/cli/explain.ts";
import { commands } from "../src/cli/registry.ts";
import { exitMeanings } from "../src/lib/exit.ts";
import { problemExits } from "../src/lib/problem.ts";
import { typed } from "./command-line.ts";

test("every problem is explained, with its exit code and what to do", () => {
  for (const [code, exit] of Object.entries(problemExits)) {
    const page = explanationOf(code);
    expect(page).toContain(`# ${code}\n\nExit code ${exit}.\n`);
    expect(page).toMatch(/\n## What to do\n\n- /);
  }
});

test("every exit code of a problem has a meaning, and `explain exit` lists all", () => {
  const text = explanationOf("exit");
  for (const exit of new Set(Object.values(problemExits)))
    expect(exitMeanings).toHaveProperty(`${exit}`);
  for (const [code, meaning] of Object.entries(exitMeanings)) {
    expect(text).toContain(`${code.padStart(3)}  ${meaning}\n`);
  }
});

test("a code that does not exist is told with its neighbour", async () => {
  const { exit, stderr } = await typed("explain host-bussy");
  expect(exit).toBe(64);
  expect(stderr).toContain("flurry explain host-busy");
});

test("without a code all codes are listed", async () => {
  const { exit, stdout } = await typed("explain");
  expect(exit).toBe(0);
  for (const code of Object.keys(problemExits)) expect(stdout).toContain(`  ${code} `);
});

/** Those that end with 2 where something would change. */
const comparing = commands.filter(({ flags }) => flags.includes(exitCodeFlag));

test("the meaning of 2 names the commands with --exit-code, and no others", () => {
  const named = [...(exitMeanings[2] ?? "").matchAll(/`([^`]+)`/g)].map(([, word]) => word);
  expect(named).toEqual([...comparing.map(({ path }) => path.join(" ")), "--exit-code"]);
  for (const { exits, path } of commands) {
    expect(exits.includes(2), path.join(" ")).toBe(
      comparing.some((one) => one.path.join() === path.join()),
    );
  }
});

test("every code that has a meaning is given by some command or problem", () => {
  const given = new Set([
    0,
    ...Object.values(problemExits),
    ...commands.flatMap(({ exits }) => exits),
  ]);
  expect(Object.keys(exitMeanings).filter((code) => !given.has(Number(code)))).toEqual([]);
});

test("docs/exit-codes.md has the same meanings", () => {
  const page = readFileSync("docs/exit-codes.md", "utf8");
  const rows = [...page.matchAll(/^\| +(\d+) \| (.*?) *\|$/gm)].map(([, code, meaning]) => [
    code,
    meaning,
  ]);
  expect(rows).toEqual(Object.entries(exitMeanings));
});
