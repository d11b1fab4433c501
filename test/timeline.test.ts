import { expect, test } from "vitest";
import type { Event } from "../src/event/event.ts";
import { decodeLines } from "../src/event/journal-line.ts";
import { nothingYet, reduce } from "../src/event/state.ts";
import { timelineOf } from "../src/event/timeline.ts";
import { Problem } from "../src/lib/problem.ts";
import { eventsOf, finished } from "./stories.ts";

test("what happens is numbered, kept first, then told", () => {
  const order: string[] = [];
  const events: Event[] = [];
  const { emit } = timelineOf({
    run: "7f3kq2",
    now: () => 5,
    keep: (line, durable) => {
      order.push(`kept ${line.includes("nas.arm") ? "arm" : "wave"} ${durable}`);
      return undefined;
    },
    listeners: [
      (event) => {
        order.push(`told ${event.kind}`);
        events.push(event);
      },
    ],
  });
  emit({ kind: "wave.started", wave: "hosts" });
  emit({ kind: "step.progressed", step: "nas.copy", done: 1, expected: 2, unit: "paths" });
  emit({ kind: "step.started", step: "nas.arm" });
  expect(order).toEqual([
    "kept wave false",
    "told wave.started",
    "told step.progressed",
    "kept arm true",
    "told step.started",
  ]);
  expect(events.map(({ v, run, seq, at }) => [v, run, seq, at])).toEqual([
    [1, "7f3kq2", 0, 5],
    [1, "7f3kq2", undefined, 5],
    [1, "7f3kq2", 1, 5],
  ]);
});

// Claim: the journal alone gives the state that the views saw, but for progress.
test("a replayed journal gives the same state", () => {
  let journal = "";
  let at = 0;
  const timeline = timelineOf({
    run: "7f3kq2",
    now: () => at,
    keep: (line) => {
      journal += line;
      return undefined;
    },
    listeners: [],
  });
  for (const { v: _, run: __, seq: ___, ...event } of eventsOf(finished)) {
    at = event.at;
    timeline.emit(event);
  }
  const replayed = decodeLines(journal).reduce(reduce, nothingYet);
  const { lanes, ...rest } = timeline.state();
  expect(replayed).toMatchObject(rest);
  const ends = (state: typeof replayed): unknown =>
    [...state.lanes.values()].map(({ host, outcome, from, to, generation, problem, steps }) => {
      const statuses = steps.map(({ id, status }) => [id, status]);
      return { host, outcome, from, to, generation, problem, statuses };
    });
  expect(ends(replayed)).toEqual(ends({ ...replayed, lanes }));
});

test("a journal that cannot be written is one warning, and the run goes on", () => {
  const kinds: string[] = [];
  const { emit, state } = timelineOf({
    run: "7f3kq2",
    now: () => 0,
    keep: () => new Problem("state-broken", "the journal is incomplete: no space left"),
    listeners: [({ kind }) => kinds.push(kind)],
  });
  emit({ kind: "step.started", step: "nas.arm" });
  emit({ kind: "step.finished", step: "nas.arm" });
  expect(kinds).toEqual(["step.started", "warning.given", "step.finished"]);
  expect(state().warnings).toMatchObject([{ message: "the journal is incomplete: no space left" }]);
});

test("progress of a step is told at most ten times a second", () => {
  let at = 0;
  let told = 0;
  const { emit } = timelineOf({ run: "r", now: () => at, listeners: [() => (told += 1)] });
  for (; at < 1000; at++) {
    emit({ kind: "step.progressed", step: "nas.copy", done: at, expected: 1000, unit: "paths" });
  }
  expect(told).toBe(10);
});
