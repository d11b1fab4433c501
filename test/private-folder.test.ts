import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makePrivateFolder } from "../src/world/private-folder.ts";

let runtime: string;
beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), "flurry-runtime-"));
});
afterEach(() => rmSync(runtime, { recursive: true }));

test("the folder is this user's alone", async () => {
  const folder = await makePrivateFolder(runtime);
  expect(folder.startsWith(`${runtime}/flurry/flurry-ssh-${process.pid}-`)).toBe(true);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(await makePrivateFolder(runtime)).not.toBe(folder);
});

test("what a killed run left is removed after a day, what lives is not", async () => {
  const [mine, dead, young, foreign] = [
    `flurry-ssh-${process.pid}-abc`,
    "flurry-ssh-999999999-abc",
    "flurry-ssh-999999998-abc",
    "other-999999999-abc",
  ].map((name) => join(runtime, "flurry", name)) as [string, string, string, string];
  for (const folder of [mine, dead, young, foreign]) {
    mkdirSync(folder, { recursive: true });
    if (folder !== young) utimesSync(folder, 0, 0);
  }
  await makePrivateFolder(runtime);
  expect([mine, dead, young, foreign].map((folder) => existsSync(folder))).toEqual([
    true,
    false,
    true,
    true,
  ]);
});

test.each([undefined, "", "relative", "/nonexistent", "/proc/1/fd with blanks"])(
  "without a usable place (%s) it is a temporary folder",
  async (place) => {
    const folder = await makePrivateFolder(place);
    expect(folder.startsWith(tmpdir())).toBe(true);
    rmSync(folder, { recursive: true });
  },
);
