import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nothingYet, reduce } from "../src/event/state.ts";
import type { Seen } from "../src/fleet/seen.ts";
import { anyEvents, eventsOf, finished, halfway, morning, stateOf } from "./stories.ts";

test("a state knows what each host is at", () => {
  const { lanes, plans, wave } = stateOf(halfway);
  const at = [...lanes.values()].map(({ host, outcome, steps }) => [
    host,
    outcome,
    steps.filter(({ status }) => status === "running").map(({ kind }) => kind),
  ]);
  expect(at).toEqual([
    ["pi4", "unchanged", []],
    ["nas", null, ["activate"]],
    ["gateway", null, ["confirm"]],
    ["compute", null, ["copy"]],
    ["offsite", null, []],
  ]);
  expect(plans.map(({ title }) => title)).toEqual(["prepare 5 hosts", "switch 3 of 5 hosts"]);
  expect(wave).toBe("prepare");
});

test("the steps of both plans of a run stand in one lane", () => {
  const kinds = stateOf(halfway)
    .lanes.get("nas")
    ?.steps.map(({ kind }) => kind);
  expect(kinds?.join(" ")).toBe(
    "look evaluate build take copy rehearse arm activate confirm commit",
  );
});

test("progress is kept by its unit, with the last note", () => {
  const copy = stateOf(halfway)
    .lanes.get("compute")
    ?.steps.find(({ kind }) => kind === "copy");
  expect(copy?.progress).toEqual({
    paths: { done: 312, expected: 538 },
    bytes: { done: 902_000_000, expected: 1_500_000_000 },
  });
  const activate = stateOf(halfway)
    .lanes.get("nas")
    ?.steps.find(({ kind }) => kind === "activate");
  expect(activate).toMatchObject({
    note: "restarting postgresql.service",
    heardAt: morning + 130_000,
  });
});

test("the end of a run is known by host and whole", () => {
  const state = stateOf(finished);
  expect(state).toMatchObject({ outcome: "partial", exit: 20, endedAt: morning + 291_000 });
  expect(state.lanes.get("offsite")).toMatchObject({
    outcome: "failed",
    because: "build failed",
    problem: { code: "build-failed" },
  });
});

test("that nothing is heard from a host is no sign of life", () => {
  const state = stateOf([
    [0, { kind: "step.started", step: "nas.activate" }],
    [
      30,
      {
        kind: "step.progressed",
        step: "nas.activate",
        done: 30,
        expected: 0,
        unit: "seconds",
        note: "no answer for 30 s",
      },
    ],
  ]);
  expect(state.lanes.get("nas")?.steps).toMatchObject([
    { heardAt: morning, progress: {}, note: null },
  ]);
});

test("a host is known as it was first seen, and as it was last seen", () => {
  const silent = (at: number): Seen => ({
    answers: false,
    at,
    problem: { code: "host-unreachable", message: "nas does not answer" },
  });
  const state = stateOf([
    [0, { kind: "host.seen", host: "nas", seen: silent(1) }],
    [5, { kind: "host.seen", host: "nas", seen: silent(2) }],
    [9, { kind: "host.seen", host: "nas", seen: silent(3) }],
  ]);
  expect(state.lanes.get("nas")).toMatchObject({ before: { at: 1 }, seen: { at: 3 } });
});

test("a step's host may have dots in its name", () => {
  const state = stateOf([[0, { kind: "step.started", step: "nas.home.arpa.copy" }]]);
  expect(state.lanes.get("nas.home.arpa")?.steps).toMatchObject([
    { id: "nas.home.arpa.copy", kind: "copy", status: "running" },
  ]);
});

test("a step that begins again forgets how it ended", () => {
  const state = stateOf([
    [0, { kind: "step.started", step: "nas.copy" }],
    [1, { kind: "step.failed", step: "nas.copy", problem: { code: "copy-failed", message: "" } }],
    [2, { kind: "step.started", step: "nas.copy" }],
  ]);
  expect(state.lanes.get("nas")?.steps).toMatchObject([
    { status: "running", problem: null, endedAt: null, startedAt: morning + 2000 },
  ]);
});

// Claim: a state is defined for every sequence of events, and nothing that was said is changed.
test("any events in any order have a state", () => {
  const law = fc.property(anyEvents, (events) => {
    const before = JSON.stringify(events);
    const state = events.reduce(reduce, nothingYet);
    expect(state.at).toBe(events.at(-1)?.at ?? 0);
    expect(JSON.stringify(events)).toBe(before);
  });
  fc.assert(law, { numRuns: 300 });
});

test("the state before any event stays as it is", () => {
  eventsOf(finished).reduce(reduce, nothingYet);
  expect(nothingYet.lanes.size + nothingYet.builds.size).toBe(0);
});
