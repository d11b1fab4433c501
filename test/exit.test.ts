import { expect, test } from "vitest";
import type { LaneOutcome } from "../src/event/event.ts";
import { exitOf, type LaneEnd, outcomeOf, readingExitOf } from "../src/event/exit.ts";
import type { ProblemCode } from "../src/lib/problem.ts";

function end(outcome: LaneOutcome, code?: ProblemCode): LaneEnd {
  return code === undefined ? { outcome } : { outcome, problem: { code, message: "it broke" } };
}

const done = end("done");
const unchanged = end("unchanged");
const skipped = end("skipped");
const silent = end("unreachable", "host-unreachable");

test.each<[LaneEnd, number]>([
  [done, 0],
  [unchanged, 0],
  [end("failed", "evaluation-failed"), 10],
  [end("failed", "build-failed"), 11],
  [end("failed", "login-refused"), 12],
  [end("failed", "host-unreachable"), 12],
  [end("failed", "copy-failed"), 12],
  [end("stuck"), 13],
  [end("stuck", "activation-failed"), 13],
  [end("undone"), 14],
  [end("undone", "probe-failed"), 14],
  [end("left"), 14],
  [end("left", "activation-failed"), 14],
  [end("unreachable", "host-silent"), 14],
  [end("done", "units-failed"), 15],
  [end("failed", "needs-boot"), 16],
  [end("failed", "system-refused"), 16],
  [end("failed", "metadata-broken"), 65],
  [silent, 69],
  [end("unreachable"), 69],
  [end("failed"), 70],
  [end("failed", "bug"), 70],
  [end("failed", "host-busy"), 75],
  [end("failed", "host-drifted"), 77],
  [end("failed", "wrong-host"), 77],
  [end("skipped", "answer-needed"), 77],
  [skipped, 77],
  [end("detached"), 130],
])("a run of one host that ended %j exits with %i", (one, exit) => {
  expect(exitOf([one])).toBe(exit);
});

test.each<[string, LaneEnd[], number]>([
  ["no host was selected", [], 0],
  ["all have it", [done, unchanged], 0],
  ["some units failed", [done, end("done", "units-failed")], 15],
  ["one of two was undone", [done, end("undone")], 20],
  ["one is unchanged, one failed to build", [unchanged, end("failed", "build-failed")], 20],
  ["one has it, one did not answer", [done, silent], 20],
  ["one has it, one was skipped", [done, skipped], 20],
  ["one is stuck, one has it", [done, end("stuck")], 13],
  ["none has it: the first phase counts", [end("undone"), end("failed", "build-failed")], 11],
  ["none has it: skipped hosts have no say", [skipped, end("failed", "copy-failed"), skipped], 12],
  ["one does not answer, the rest was skipped", [silent, skipped], 12],
  ["none answers", [silent, silent], 69],
  ["none answers or may be changed", [silent, end("failed", "wrong-host")], 12],
  ["busy, then refused", [end("failed", "host-drifted"), end("failed", "host-busy")], 75],
])("%s", (_, ends, exit) => {
  expect(exitOf(ends)).toBe(exit);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
])("a run that %s ended exits with %i, unless a host needs a person", (signal, exit) => {
  expect(exitOf([done, skipped], signal)).toBe(exit);
  expect(exitOf([done, end("stuck")], signal)).toBe(13);
});

test.each<[string, LaneEnd[], number]>([
  ["a host that does not answer is an answer", [done, silent], 0],
  ["no host answers", [silent, silent], 69],
  ["an evaluation failed", [end("failed", "evaluation-failed")], 10],
  ["an evaluation failed and a host is silent", [silent, end("failed", "evaluation-failed")], 10],
  ["an evaluation failed beside others", [done, end("failed", "evaluation-failed")], 20],
])("reading: %s", (_, ends, exit) => {
  expect(readingExitOf(ends)).toBe(exit);
});

test("an exit code in a word", () => {
  expect([0, 13, 14, 15, 20, 129, 130, 143].map(outcomeOf)).toEqual([
    "succeeded",
    "failed",
    "failed",
    "failed",
    "partial",
    "interrupted",
    "interrupted",
    "interrupted",
  ]);
});
