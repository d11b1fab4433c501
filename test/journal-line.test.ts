import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Happening } from "../src/event/event.ts";
import { declaresIntent, decodeLines, encodeLine, isKept } from "../src/event/journal-line.ts";
import { nothingYet, reduce } from "../src/event/state.ts";
import { anyEvents, eventsOf, finished } from "./stories.ts";

// Claim: what is kept gives the same state as what was told, but for progress.
test("a journal replays to the events it was written from", () => {
  const law = fc.property(anyEvents, (events) => {
    const plain = JSON.parse(JSON.stringify(events)) as unknown;
    expect(decodeLines(events.map(encodeLine).join(""))).toEqual(plain);
  });
  fc.assert(law, { numRuns: 300 });
});

// Claim: wherever a journal is cut, its readers see a beginning of the story.
test("a torn journal is the beginning of the whole one", () => {
  const events = eventsOf(finished);
  const text = events.map(encodeLine).join("");
  const law = fc.property(fc.nat(text.length), (length) => {
    const read = decodeLines(text.slice(0, length));
    expect(read).toEqual(events.slice(0, read.length));
    expect(() => read.reduce(reduce, nothingYet)).not.toThrow();
  });
  fc.assert(law, { numRuns: 200 });
});

test("an event of one line stays one line", () => {
  const [event] = eventsOf([[0, { kind: "step.printed", step: "nas.copy", line: "a\nb\u2028c" }]]);
  expect(event && encodeLine(event).trimEnd()).not.toContain("\n");
});

test.each([
  ["no JSON", "{"],
  ["no object", "17"],
  ["nothing", ""],
  ["an unknown version", '{"v":2,"run":"a","at":1,"kind":"wave.started","wave":"w"}'],
  ["an unknown kind", '{"v":1,"run":"a","at":1,"kind":"moon.rose"}'],
  ["a kind that objects inherit", '{"v":1,"run":"a","at":1,"kind":"constructor"}'],
  ["a field of another type", '{"v":1,"run":"a","at":1,"kind":"wave.started","wave":7}'],
  ["a plan that is none", '{"v":1,"run":"a","at":1,"kind":"plan.made","plan":{"waves":[{}]}}'],
])("a line that is %s is skipped", (_, line) => {
  const good = '{"v":1,"run":"a","at":1,"kind":"wave.started","wave":"w","later":true}';
  expect(decodeLines(`${line}\n${good}\n`)).toEqual([JSON.parse(good)]);
});

test("progress is told and not kept", () => {
  const progress: Happening = {
    kind: "step.progressed",
    step: "nas.copy",
    done: 1,
    expected: 2,
    unit: "paths",
  };
  expect(isKept(progress)).toBe(false);
  expect(isKept({ kind: "step.started", step: "nas.copy" })).toBe(true);
});

test.each([
  ["nas.arm", true],
  ["nas.activate", true],
  ["nas.confirm", true],
  ["nas.commit", true],
  ["nas.home.arpa.arm", true],
  ["nas.look", false],
  ["arm.copy", false],
])("whether %s must be on the disk before it begins: %s", (step, durable) => {
  expect(declaresIntent({ kind: "step.started", step })).toBe(durable);
  expect(declaresIntent({ kind: "step.finished", step })).toBe(false);
});
