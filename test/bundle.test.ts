import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../scripts/build.mjs";
import { fullHelp } from "../src/cli/help.ts";
import { commands } from "../src/cli/registry.ts";

let folder = "";
let flurry = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "flurry-bundle-"));
  flurry = join(folder, "flurry.js");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  await bundle(flurry);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the bundle in an empty folder, without a home. */
function run(args: readonly string[], nodeArgs: readonly string[] = []): string {
  return execFileSync(process.execPath, [...nodeArgs, flurry, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { LANG: "C.UTF-8", PATH: process.env["PATH"] ?? "" },
    timeout: 30_000,
  });
}

test("the bundle needs nothing beside it", () => {
  expect(run(["--help"])).toBe(fullHelp(commands));
  expect(run(["version"])).toMatch(/^flurry \d+\.\d+\.\d+\n$/);
  expect(run(["explain", "host-busy"])).toContain("# host-busy");
});

test("help loads nothing of Node that it does not need", () => {
  const hook = join(folder, "hook.cjs");
  const loaded = join(folder, "loaded");
  writeFileSync(
    hook,
    `process.on("exit", () => require("fs").writeFileSync(${JSON.stringify(loaded)},
      process.moduleLoadList.join("\\n")));`,
  );
  run(["--help"], ["--require", hook]);
  const list = readFileSync(loaded, "utf8");
  expect(list).toContain("NativeModule fs\n");
  for (const name of ["child_process", "crypto", "http", "tls", "readline", "dns"]) {
    expect(list).not.toContain(`NativeModule ${name}\n`);
  }
});

test("in a folder that was deleted flurry says so", () => {
  const words = ["host", "list"];
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", script, "sh", process.execPath, flurry, ...words],
    {
      cwd: folder,
      encoding: "utf8",
      env: { LANG: "C.UTF-8", PATH: process.env["PATH"] ?? "" },
      timeout: 30_000,
    },
  );
  expect(stderr).toContain("the folder that flurry was started in no longer exists");
  expect(stderr).not.toContain("uv_cwd");
  expect(status).toBe(65);
});

test("every command's work is in the bundle", () => {
  for (const { path } of commands) expect(run([...path, "--help"])).toContain("Exit codes");
});
