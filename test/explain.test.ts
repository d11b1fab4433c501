import { expect, test } from "vitest";
import { explanationOf } from "../src/cli/explain.ts";
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
