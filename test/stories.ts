import * as fc from "fast-check";
import type { Event, Happening, LaneOutcome, StepResult } from "../src/event/event.ts";
import { nothingYet, reduce, type RunState } from "../src/event/state.ts";
import type { Act, Lane, Plan } from "../src/plan/plan.ts";

/** The time at which all stories begin. */
export const morning: number = Date.UTC(2026, 10, 21, 12, 4, 1);

/** What happens, and how many seconds after the start. */
export type Beat = readonly [seconds: number, happening: Happening];

/** A story as the events it would be told by. */
export function eventsOf(beats: readonly Beat[], run = "7f3kq2"): Event[] {
  let seq = 0;
  return beats.map(([seconds, happening]) => {
    const numbered = happening.kind === "step.progressed" ? {} : { seq: seq++ };
    return { v: 1, run, ...numbered, at: morning + seconds * 1000, ...happening };
  });
}

/** A story as the state it ends in. */
export function stateOf(beats: readonly Beat[]): RunState {
  return eventsOf(beats).reduce(reduce, nothingYet);
}

const hosts = ["pi4", "nas", "gateway", "compute", "offsite"];

function prepared(host: string): Lane {
  const acts: Act[] = [
    { kind: "look" },
    { kind: "evaluate", attribute: ["nixosConfigurations", host] },
    { kind: "build", on: "fern" },
    { kind: "take", reason: "" },
    { kind: "copy", substitutes: true },
    { kind: "rehearse" },
  ];
  return { host, steps: acts.map((act) => ({ id: `${host}.${act.kind}`, ...act })) };
}

function changed(host: string): Lane {
  const kinds = ["activate", "confirm", "commit"] as const;
  const arm: Act = {
    kind: "arm",
    to: `/nix/store/0000000000000000000000000000000b-nixos-${host}`,
    as: `/nix/store/0000000000000000000000000000000b-nixos-${host}`,
    from: `/nix/store/0000000000000000000000000000000a-nixos-${host}`,
    link: "system-118-link",
    default: "unknown",
    goal: "switch",
    generation: null,
    silentSeconds: 240,
    hardSeconds: 1800,
    confirmSeconds: 30,
    confirm: true,
    fallback: true,
    units: {},
    revision: "3f9c1e2",
    dirty: false,
    reason: "",
  };
  const acts: Act[] = [arm, ...kinds.map((kind) => ({ kind }))];
  return { host, steps: acts.map((act) => ({ id: `${host}.${act.kind}`, ...act })) };
}

function plan(title: string, lanes: readonly Lane[]): Plan {
  return { title, waves: [{ name: "hosts", width: 10, lanes }] };
}

function step(host: string, kind: string, from: number, to: number, result?: StepResult): Beat[] {
  const id = `${host}.${kind}`;
  return [
    [from, { kind: "step.started", step: id }],
    [to, { kind: "step.finished", step: id, ...(result && { result }) }],
  ];
}

function laneEnd(host: string, outcome: LaneOutcome, generation: number): Happening {
  return {
    kind: "lane.finished",
    host,
    outcome,
    from: `/nix/store/0000000000000000000000000000000a-nixos-${host}`,
    to: outcome === "done" ? `/nix/store/0000000000000000000000000000000b-nixos-${host}` : null,
    generation,
    because: null,
  };
}

const beginning: readonly Beat[] = [
  [
    0,
    {
      kind: "run.started",
      by: "ada@fern",
      flurry: "0.1.0",
      goal: "switch",
      title: "switch 5 hosts",
      hosts,
      source: "git+file:///home/ada/fleet",
      revision: "3f9c1e2d4b5a69788796a5b4c3d2e1f001122334",
      dirty: false,
      reason: "immich 1.142",
      process: { pid: 4711, startedAt: "99", bootId: "b" },
    },
  ],
  [0, { kind: "plan.made", plan: plan("prepare 5 hosts", hosts.map(prepared)) }],
  [0, { kind: "wave.started", wave: "prepare" }],
  ...hosts.flatMap((host) => [...step(host, "look", 0, 1), ...step(host, "evaluate", 0, 21.4)]),
];

const buildOf = (name: string): string => `/nix/store/1111111111111111111111111111111a-${name}.drv`;

const building: readonly Beat[] = [
  ...hosts.map((host): Beat => [22, { kind: "step.started", step: `${host}.build` }]),
  [22.4, { kind: "step.finished", step: "pi4.build" }],
  [22.5, laneEnd("pi4", "unchanged", 40)],
  [
    23,
    {
      kind: "build.started",
      derivation: buildOf("linux-6.12.11"),
      name: "linux-6.12.11",
      on: "fern",
    },
  ],
  [24, { kind: "build.reached", derivation: buildOf("linux-6.12.11"), phase: "buildPhase" }],
  [
    70,
    {
      kind: "build.started",
      derivation: buildOf("immich-web-1.142.0"),
      name: "immich-web-1.142.0",
      on: "compute",
    },
  ],
  [71, { kind: "build.reached", derivation: buildOf("immich-web-1.142.0"), phase: "checkPhase" }],
  [72, { kind: "step.progressed", step: "offsite.build", done: 31, expected: 37, unit: "builds" }],
];

const middle: readonly Beat[] = [
  ...(["nas", "gateway", "compute"] as const).map((host): Beat => [
    80,
    { kind: "step.finished", step: `${host}.build` },
  ]),
  ...step("nas", "copy", 81, 125, { paths: 538, bytes: 1_181_116_006 }),
  ...step("gateway", "copy", 81, 110, { paths: 12, bytes: 52_428_800 }),
  ...step("nas", "arm", 126, 126.5),
  ...step("gateway", "arm", 112, 112.6),
  ...step("gateway", "activate", 113, 115),
  [127, { kind: "step.started", step: "nas.activate" }],
  [
    130,
    {
      kind: "step.progressed",
      step: "nas.activate",
      done: 3,
      expected: 240,
      unit: "seconds",
      note: "restarting postgresql.service",
    },
  ],
  [116, { kind: "step.started", step: "gateway.confirm" }],
  [
    130,
    {
      kind: "step.progressed",
      step: "gateway.confirm",
      done: 19,
      expected: 30,
      unit: "seconds",
      note: "waiting for an answer over a fresh connection",
    },
  ],
  [112, { kind: "step.started", step: "compute.copy" }],
  [133, { kind: "step.progressed", step: "compute.copy", done: 312, expected: 538, unit: "paths" }],
  [
    133,
    {
      kind: "step.progressed",
      step: "compute.copy",
      done: 902_000_000,
      expected: 1_500_000_000,
      unit: "bytes",
    },
  ],
];

const rolloutPlan: Beat = [
  100,
  {
    kind: "plan.made",
    plan: plan("switch 3 of 5 hosts", ["nas", "gateway", "compute"].map(changed)),
  },
];

const kernelFailed: readonly Beat[] = [
  [132, { kind: "build.finished", derivation: buildOf("linux-6.12.11"), outcome: "failed" }],
  [
    132,
    {
      kind: "step.failed",
      step: "offsite.build",
      problem: {
        code: "build-failed",
        message: "linux-6.12.11 failed in buildPhase with exit code 2",
        hint: "nix log /nix/store/1111111111111111111111111111111a-linux-6.12.11.drv",
        evidence: [
          "drivers/net/foo.c:118:9: error: implicit declaration of function 'bar'",
          "make[2]: *** [drivers/net/foo.o] Error 1",
        ],
      },
    },
  ],
];

/** Two minutes and a quarter into a switch of five hosts, one of which has failed to build. */
export const halfway: readonly Beat[] = [
  ...beginning,
  ...building,
  rolloutPlan,
  ...middle,
  ...kernelFailed,
].toSorted(([a], [b]) => a - b);

/** The same, while all is still being built. */
export const whileBuilding: readonly Beat[] = [...beginning, ...building].toSorted(
  ([a], [b]) => a - b,
);

/** The same, to its end. */
export const finished: readonly Beat[] = [
  ...halfway,
  ...step("gateway", "commit", 137, 138),
  [137, { kind: "step.finished", step: "gateway.confirm" }],
  [138, laneEnd("gateway", "done", 65)],
  [140, { kind: "step.finished", step: "nas.activate" }],
  ...step("nas", "confirm", 140, 146),
  ...step("nas", "commit", 146, 147),
  [147, laneEnd("nas", "done", 119)],
  [148, { kind: "step.finished", step: "compute.copy", result: { paths: 538 } }],
  ...step("compute", "arm", 150, 151),
  ...step("compute", "activate", 151, 160),
  ...step("compute", "confirm", 160, 163),
  ...step("compute", "commit", 163, 164),
  [
    165,
    {
      ...laneEndWith("compute"),
      problem: {
        code: "units-failed",
        message: "compute runs the new system, and restic-b2.service failed",
        hint: "flurry logs compute -u restic-b2.service",
      },
    },
  ],
  [
    291,
    {
      kind: "lane.finished",
      host: "offsite",
      outcome: "failed",
      from: "/nix/store/0000000000000000000000000000000a-nixos-offsite",
      to: null,
      generation: 33,
      because: "build failed",
      problem: {
        code: "build-failed",
        message: "linux-6.12.11 failed in buildPhase with exit code 2",
        hint: "nix log /nix/store/1111111111111111111111111111111a-linux-6.12.11.drv",
        evidence: [
          "drivers/net/foo.c:118:9: error: implicit declaration of function 'bar'",
          "make[2]: *** [drivers/net/foo.o] Error 1",
        ],
      },
    },
  ],
  [291, { kind: "run.finished", outcome: "partial", exit: 20 }],
];

function laneEndWith(host: string): Extract<Happening, { kind: "lane.finished" }> {
  const end = laneEnd(host, "done", 92);
  if (end.kind !== "lane.finished") throw new Error("not the end of a lane");
  return end;
}

/** Text as strangers may send it: wide, combining, control characters, escape codes. */
export const foreignText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom(
        "漢字",
        "e\u0301",
        "👩‍👩‍👧",
        "\u001b[31m",
        "\u001b]0;x\u0007",
        "\r",
        "\n",
        "\t",
        "\u0000",
      ),
      fc.constantFrom("\u202e", "\u200b", "ｆｕｌｌ", "한글", "🇩🇪", "\u009b2J", "­", "\ud800"),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));

/** Any happening at all, in any order, with any text. */
export const anyHappening: fc.Arbitrary<Happening> = happenings();

function happenings(): fc.Arbitrary<Happening> {
  const host = fc.oneof(fc.constantFrom("nas", "pi.lan", "gateway"), foreignText);
  const kinds = ["look", "evaluate", "build", "copy", "arm", "activate", "confirm", "commit"];
  const id = fc.tuple(host, fc.constantFrom(...kinds)).map(([name, kind]) => `${name}.${kind}`);
  const number = fc.oneof(fc.nat(), fc.double(), fc.constantFrom(0, -1, 1e300));
  const problem = fc.record(
    {
      code: fc.constantFrom(
        "build-failed",
        "activation-failed",
        "host-unreachable",
        "units-failed",
      ),
      message: foreignText,
      hint: foreignText,
      evidence: fc.array(foreignText, { maxLength: 4 }),
    },
    { requiredKeys: ["code", "message"] },
  ) as fc.Arbitrary<Extract<Happening, { kind: "step.failed" }>["problem"]>;
  const outcome = fc.constantFrom<LaneOutcome>(
    "done",
    "unchanged",
    "undone",
    "failed",
    "stuck",
    "unreachable",
    "skipped",
    "detached",
    "left",
  );
  const derivation = fc.constantFrom(buildOf("a-1.0"), buildOf("b-2.0"));
  return fc.oneof(
    fc.record({
      kind: fc.constant("run.started" as const),
      by: foreignText,
      flurry: foreignText,
      goal: foreignText,
      title: foreignText,
      hosts: fc.array(host, { maxLength: 5 }),
      source: fc.option(foreignText),
      revision: fc.option(foreignText),
      dirty: fc.boolean(),
      reason: foreignText,
      process: fc.constant({ pid: 1, startedAt: "1", bootId: "b" }),
    }),
    fc.array(host, { maxLength: 4 }).map((names): Happening => ({
      kind: "plan.made",
      plan: plan("switch", names.map(changed)),
    })),
    fc.record({ kind: fc.constant("wave.started" as const), wave: foreignText }),
    fc.record({ kind: fc.constant("step.started" as const), step: id }),
    fc.record({ kind: fc.constant("step.printed" as const), step: id, line: foreignText }),
    fc.record({
      kind: fc.constant("step.progressed" as const),
      step: id,
      done: number,
      expected: number,
      unit: fc.constantFrom(
        "paths" as const,
        "bytes" as const,
        "builds" as const,
        "seconds" as const,
      ),
      note: foreignText,
    }),
    fc.record({ kind: fc.constant("step.finished" as const), step: id }),
    fc.record({ kind: fc.constant("step.failed" as const), step: id, problem }),
    fc.record({ kind: fc.constant("step.skipped" as const), step: id, because: foreignText }),
    fc.record({
      kind: fc.constant("build.started" as const),
      derivation,
      name: foreignText,
      on: foreignText,
    }),
    fc.record({ kind: fc.constant("build.reached" as const), derivation, phase: foreignText }),
    fc.record({ kind: fc.constant("build.finished" as const), derivation, outcome: foreignText }),
    fc.record({
      kind: fc.constant("warning.given" as const),
      host: fc.option(host),
      message: foreignText,
    }),
    fc.record(
      {
        kind: fc.constant("lane.finished" as const),
        host,
        outcome,
        from: fc.option(foreignText),
        to: fc.option(foreignText),
        generation: fc.option(fc.nat()),
        because: fc.option(foreignText),
        problem,
      },
      { requiredKeys: ["kind", "host", "outcome", "from", "to", "generation", "because"] },
    ),
    fc.record({
      kind: fc.constant("run.interrupted" as const),
      signal: foreignText,
      times: fc.nat(3),
    }),
    fc.record({
      kind: fc.constant("run.finished" as const),
      outcome: fc.constantFrom("succeeded" as const, "failed" as const, "partial" as const),
      exit: fc.nat(130),
    }),
  );
}

/** Any sequence of events, each a moment after the one before. */
export const anyEvents: fc.Arbitrary<Event[]> = fc
  .array(fc.tuple(fc.double({ min: 0, max: 90, noNaN: true }), anyHappening), { maxLength: 40 })
  .map((steps) => {
    let seconds = 0;
    return eventsOf(steps.map(([wait, happening]): Beat => [(seconds += wait), happening]));
  });
