import { expect, test } from "vitest";
import type { Happening } from "../src/event/event.ts";
import type { RunState } from "../src/event/state.ts";
import type { ProblemReport } from "../src/lib/problem.ts";
import { failureText } from "../src/view/failure.ts";
import { frame } from "../src/view/frame.ts";
import { runText } from "../src/view/history-text.ts";
import type { Style } from "../src/view/style.ts";
import { summaryText } from "../src/view/summary.ts";
import { type Beat, stateOf } from "./stories.ts";

const style: Style = { width: 120, ascii: false, colour: false };
const broken = { code: "evaluation-failed", message: "nas: attribute 'x' missing" } as const;
const silent = { code: "host-unreachable", message: "nas: no answer from nas" } as const;

type Begin = Extract<Happening, { kind: "run.started" }>;
type End = Extract<Happening, { kind: "lane.finished" }>;

function begin(more: Partial<Begin>): Beat {
  const event: Begin = {
    kind: "run.started",
    by: "ada@fern",
    flurry: "0.1.0",
    goal: "switch",
    title: "switch 2 hosts",
    hosts: ["nas", "pi4"],
    source: null,
    revision: null,
    dirty: false,
    reason: "",
    process: { pid: 1, startedAt: "1", bootId: "b" },
    ...more,
  };
  return [0, event];
}

function end(host: string, outcome: End["outcome"], problem?: ProblemReport): Beat {
  const event: End = {
    kind: "lane.finished",
    host,
    outcome,
    from: null,
    to: null,
    generation: null,
    because: null,
  };
  return [9, { ...event, ...(problem && { problem }) }];
}

const over: Beat = [10, { kind: "run.finished", outcome: "partial", exit: 20 }];

function halfFailed(more: Partial<Begin>): RunState {
  return stateOf([begin(more), end("pi4", "done"), end("nas", "failed", broken), over]);
}

function againOf(more: Partial<Begin>): string | undefined {
  const text = summaryText(halfFailed(more), { ...style, width: 10_000 }).join("\n");
  return /Again {2}(.*?)(?: {6}|$)/m.exec(text)?.[1];
}

test.each([
  [["deploy", "all", "--keep-going"], "switch", "flurry deploy all --keep-going"],
  [["apply", "@web", "!pi4", "-y"], "switch", "flurry apply @web '!pi4' -y"],
  [["rollback", "nas", "pi4", "--to", "77"], "rollback", "flurry rollback nas pi4 --to 77"],
  [
    ["switch", "nas", "--reason", "it's late"],
    "switch",
    `flurry switch nas --reason 'it'\\''s late'`,
  ],
  // Both would go on from where they are now, not from where they were.
  [["rollback", "nas", "pi4"], "rollback", "flurry rollback nas"],
  [["reboot", "all", "--reason", "kernel"], "reboot", "flurry reboot nas"],
])("after %j the same is said again, where that finishes the work", (command, goal, again) => {
  expect(againOf({ command, goal })).toBe(again);
});

test("a journal that does not tell what was typed has the verb and the hosts", () => {
  expect(againOf({ goal: "boot" })).toBe("flurry boot nas");
});

test("where nothing was reached, also a rollback is said again as it was", () => {
  const state = stateOf([
    begin({ goal: "rollback", command: ["rollback", "-k", "nas", "pi4"] }),
    end("nas", "failed", broken),
    end("pi4", "skipped"),
    over,
  ]);
  expect(summaryText(state, style).join("\n")).toContain("Again  flurry rollback -k nas pi4");
});

test("a run that is not kept has no name, and nothing is said of a history", () => {
  const beats = [
    begin({ goal: "plan", title: "plan 2 hosts", kept: false, command: ["plan"] }),
    end("pi4", "done"),
    end("nas", "failed", { ...broken, evidence: ["error: attribute 'x' missing"] }),
  ];
  const state = stateOf([...beats, over]);
  const lines = [
    ...summaryText(state, style),
    ...failureText(state, "nas", style),
    ...frame(stateOf([...beats, [9, { kind: "run.interrupted", signal: "SIGINT", times: 2 }]]), {
      ...style,
      rows: 20,
      now: 0,
    }),
  ];
  expect(lines[0]).toMatch(/^plan 2 hosts {2}finished in 10 s/);
  expect(lines.join("\n")).not.toMatch(/7f3kq2|history|Again|run follow/);
  expect(lines.join("\n")).toContain(
    "code evaluation-failed (flurry explain evaluation-failed)    exit 10",
  );
});

test("a run that was followed has its own log, if it was begun here", () => {
  const state = stateOf([
    begin({ goal: "run follow", title: "follow aaaaa1", kept: false, hosts: ["nas"] }),
    end("nas", "undone", broken),
    over,
  ]);
  const text = (isHere: boolean): string =>
    summaryText(state, style, { about: { run: "aaaaa1", isHere } }).join("\n");
  expect(text(true)).toMatch(/\nLog {2}flurry history log aaaaa1$/);
  expect(text(false)).not.toMatch(/Log|7f3kq2/);
});

test("a run that never ended is not said to have finished", () => {
  const state = stateOf([begin({}), end("pi4", "done")]);
  const lost = runText({ state, alive: false }, style, 0).join("\n");
  expect(lost).toContain("outcome   ✖ lost");
  expect(lost).toContain("run 7f3kq2  lost after 9 s    1 unfinished, 1 done");
  expect(lost).toMatch(/Look {2}flurry status nas$/);
  const going = runText({ state, alive: true }, style, 0).join("\n");
  expect(going).toContain("run 7f3kq2  goes on, last heard after 9 s");
  expect(`${lost}${going}`).not.toContain("finished in");
});

function steps(...acts: readonly (readonly [kind: string, from: number, to: number])[]): Beat[] {
  return acts.flatMap(([kind, from, to]): Beat[] => [
    [from, { kind: "step.started", step: `nas.${kind}` }],
    [to, { kind: "step.finished", step: `nas.${kind}` }],
  ]);
}

test("a confirmation counts from the end of the activation, and there is none for a boot", () => {
  const switched = [...steps(["activate", 1, 4], ["probe", 4, 4.1], ["confirm", 4.1, 4.44])];
  const how = (beats: readonly Beat[]): string =>
    summaryText(
      stateOf([begin({ hosts: ["nas"] }), ...beats, end("nas", "done"), over]),
      style,
    )[1] ?? "";
  expect(how(switched)).toMatch(/nas {2}confirmed after 0\.4 s {2}8 s$/);
  expect(how(steps(["arm", 1, 2], ["confirm", 2, 4]))).toMatch(/nas {2}done {2}8 s$/);
});

test("the step that is named is the one whose problem is told", () => {
  const state = (told: ProblemReport): RunState =>
    stateOf([
      begin({ hosts: ["nas"] }),
      [1, { kind: "step.started", step: "nas.look" }],
      [1, { kind: "step.started", step: "nas.evaluate" }],
      [2, { kind: "step.failed", step: "nas.evaluate", problem: broken }],
      [3, { kind: "step.failed", step: "nas.look", problem: silent }],
      end("nas", "failed", told),
      over,
    ]);
  expect(summaryText(state(broken), style)[1]).toContain("evaluate failed");
  expect(summaryText(state(silent), style)[1]).toContain("look failed");
});

test("of several failures, the log that is named is that of the worst", () => {
  const state = stateOf([
    begin({}),
    end("pi4", "done", { code: "units-failed", message: "pi4: smartd.service failed" }),
    end("nas", "failed", broken),
    over,
  ]);
  expect(summaryText(state, style).join("\n")).toContain("Log  flurry history log 7f3kq2 nas");
});
