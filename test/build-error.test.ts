import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ProblemReport } from "../src/lib/problem.ts";
import { buildProblem } from "../src/nix/build-error.ts";
import { copyFailure, copyProblem, saysCacheFails } from "../src/nix/copy-error.ts";
import { NixLog } from "../src/nix/parse-log.ts";

function logOf(text: string, exit = 1): NixLog {
  const log = new NixLog();
  for (const line of text.split("\n")) log.line(line);
  return log.finish(exit, () => false);
}

function recorded(file: string, exit = 1): NixLog {
  return logOf(readFileSync(join(import.meta.dirname, "data/nix-logs", file), "utf8"), exit);
}

function problemOf(log: NixLog, name: string): ProblemReport {
  const culprits = [...log.builds.values()].filter((build) => build.name === name);
  return buildProblem(log, culprits).report;
}

function said(text: string): NixLog {
  return logOf(
    `@nix ${JSON.stringify({ action: "msg", level: 0, msg: `error: ${text}`, raw_msg: text })}`,
  );
}

describe.each(["2.8.0", "2.26.3", "2.34.8"])("with Nix %s", (version) => {
  test("a failed build says phase, reason, its last ten lines and where the others are", () => {
    const problem = problemOf(recorded(`${version}/build-fails.log`), "badpkg-9.9");
    expect(problem.message).toBe("badpkg-9.9 failed in checkPhase with exit code 3");
    expect(problem.evidence).toHaveLength(10);
    expect(problem.evidence?.at(-1)).toBe("FAIL: test 13: expected 1 got 2");
    expect(problem.hint).toMatch(/^nix log \/nix\/store\/.*-badpkg-9\.9\.drv$/);
  });

  test("each way to fail has its own sentence", () => {
    const log = recorded(`${version}/five-failures.log`, 103);
    const message = (name: string): string => problemOf(log, name).message;
    expect(message("killed-1")).toBe("killed-1 failed due to signal 9 (Killed)");
    expect(message("slow-1")).toBe("slow-1 timed out after 2 seconds");
    expect(message("noout-1")).toBe("noout-1 failed to produce output path for output 'out'");
    expect(message("fetch-1")).toBe("fetch-1 has another hash than was written");
    expect(problemOf(log, "fetch-1").evidence?.join("\n")).toMatch(/got: +sha256-/);
  });
});

test("several failed builds are counted", () => {
  const log = recorded("2.8.0/five-failures.log", 103);
  const failed = [...log.builds.values()].filter(({ status }) => status === "failed");
  expect(buildProblem(log, failed).message).toMatch(/, and 4 more builds failed$/);
});

test.each([
  [
    "the group 'nixbld' specified in 'build-users-group' does not exist",
    "build-users-missing",
    /group/,
  ],
  [
    "a 'm68k-linux' with features {} is required to build '/nix/store/x.drv', but I am a 'x86_64-linux'",
    "build-failed",
    /--build-host/,
  ],
  ["writing to file: No space left on device", "build-failed", /nix-collect-garbage/],
  ["something new", "build-failed", /-L/],
])("what stops Nix before it builds is told with what to do: %s", (text, code, hint) => {
  const problem = buildProblem(said(text), []);
  expect(problem).toMatchObject({ code, hint: expect.stringMatching(hint) });
  expect(problem.message).toContain(text);
});

test.each([
  ["cannot add path '/nix/store/x' because it lacks a valid signature", "signature", "copy-failed"],
  [
    "cannot add path '/nix/store/x' because it lacks a signature by a trusted key",
    "signature",
    "copy-failed",
  ],
  ["writing to file: No space left on device", "space", "disk-full"],
  [
    "unable to download 'https://cache.invalid/nix-cache-info': Couldn't resolve host name (6)",
    "substitute",
    "copy-failed",
  ],
  ["protocol mismatch, got 'Welcome'", "chatter", "host-chatters"],
  ["cannot connect to 'flurry-nas'", "connection", "host-unreachable"],
  ["something new", "other", "copy-failed"],
])("a copy that fails by “%s” is of the kind %s", (text, kind, code) => {
  expect(copyFailure(said(text))).toBe(kind);
  expect(copyProblem("nas", said(text))).toMatchObject({
    code,
    message: expect.stringContaining("nas"),
  });
});

test("ssh's own words, between the lines of the log, are understood", () => {
  const log = logOf("ssh: connect to host nas port 22: No route to host");
  expect(copyProblem("nas", log).message).toBe(
    "the connection to nas broke off while copying: ssh: connect to host nas port 22: No route to host",
  );
});

test("a cache that does not answer is noticed though all went well", () => {
  expect(saysCacheFails(recorded("2.8.0/cache-unreachable.log", 0))).toBe(true);
  expect(saysCacheFails(recorded("2.8.0/copy-ssh-ng.log", 0))).toBe(false);
});
