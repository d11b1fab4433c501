import { describe, expect, test } from "vitest";
import type { Happening } from "../src/event/event.ts";
import { makeLatch } from "../src/lib/latch.ts";
import { Problem } from "../src/lib/problem.ts";
import type { Plan, Step } from "../src/plan/plan.ts";
import { makeControl } from "../src/run/control.ts";
import { inWidth } from "../src/run/in-width.ts";
import { type CarryOut, run, type RunRules } from "../src/run/run.ts";

const free: RunRules = { hold: () => null, keepGoing: false };

function planOf(...waves: string[][]): Plan {
  return {
    title: "",
    waves: waves.map((hosts, index) => ({
      name: `w${index}`,
      width: 1,
      lanes: hosts.map((host) => ({ host, steps: stepsOf(host) })),
    })),
  };
}

function stepsOf(host: string): Step[] {
  return [
    { id: `${host}.look`, kind: "look" },
    { id: `${host}.evaluate`, kind: "evaluate", attribute: [], beside: true },
    { id: `${host}.activate`, kind: "activate" },
  ];
}

/** What became of each step, in order: "nas.look started". */
async function told(plan: Plan, carryOut: CarryOut, rules: RunRules = free): Promise<string[]> {
  const lines: string[] = [];
  await run(plan, carryOut, rules, (event: Happening) => {
    if ("step" in event) lines.push(`${event.step} ${event.kind.replace("step.", "")}`);
  });
  return lines;
}

function noActivation({ kind }: Step): string | null {
  return kind === "activate" ? "interrupted" : null;
}

const failing =
  (id: string): CarryOut =>
  async (step) => {
    if (step.id === id) throw new Problem("command-failed", "no");
  };

test("steps that are beside each other start together, the others one after another", async () => {
  expect(await told(planOf(["nas"]), async () => {})).toEqual([
    "nas.look started",
    "nas.evaluate started",
    "nas.look finished",
    "nas.evaluate finished",
    "nas.activate started",
    "nas.activate finished",
  ]);
});

describe("a step after one that is beside others", () => {
  const steps: Step[] = [
    { id: "nas.look", kind: "look" },
    { id: "nas.evaluate", kind: "evaluate", attribute: [], beside: true },
    { id: "nas.build", kind: "build", on: "here", after: "nas.evaluate" },
    { id: "nas.rehearse", kind: "rehearse" },
  ];
  const plan: Plan = {
    title: "",
    waves: [{ name: "w", width: 1, lanes: [{ host: "nas", steps }] }],
  };
  /** A look that ends, or fails, when this is opened. */
  const slowLook =
    (seen: Promise<void>, fails = false): CarryOut =>
    async ({ kind }) => {
      if (kind !== "look") return;
      await seen;
      if (fails) throw new Problem("host-unreachable", "no");
    };

  test("waits for that one, and for no other", async () => {
    const built = makeLatch();
    const lines = await told(plan, async (step) => {
      if (step.kind === "build") built.open();
      return slowLook(built.opened)(step);
    });
    expect(lines.indexOf("nas.look finished")).toBeGreaterThan(lines.indexOf("nas.build started"));
    expect(lines.slice(-2)).toEqual(["nas.rehearse started", "nas.rehearse finished"]);
  });

  test("is skipped where anything beside it has failed, or a hold is said", async () => {
    const unevaluated = await told(plan, failing("nas.evaluate"));
    expect(unevaluated.slice(-2)).toEqual(["nas.build skipped", "nas.rehearse skipped"]);
    const unseen = await told(plan, async ({ kind }) => {
      if (kind === "look") throw new Problem("host-unreachable", "no");
      await Promise.resolve();
    });
    expect(unseen.slice(-2)).toEqual(["nas.build skipped", "nas.rehearse skipped"]);
    const hold: RunRules["hold"] = ({ kind }) => (kind === "build" ? "interrupted" : null);
    const held = await told(plan, async () => {}, { ...free, hold });
    expect(held.slice(-2)).toEqual(["nas.build skipped", "nas.rehearse skipped"]);
  });

  test("has ended before its lane has, whatever the others came to", async () => {
    const built = makeLatch();
    const lines = await told(plan, async (step) => {
      if (step.kind === "build") {
        built.open();
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      }
      return slowLook(built.opened, true)(step);
    });
    expect(lines.slice(-3)).toEqual([
      "nas.look failed",
      "nas.build finished",
      "nas.rehearse skipped",
    ]);
  });
});

test("after a failure the rest of its lane, and later lanes and waves, are skipped", async () => {
  const lines = await told(planOf(["nas", "pi"], ["web"]), failing("nas.look"));
  expect(lines.filter((line) => !line.endsWith("started"))).toEqual([
    "nas.look failed",
    "nas.evaluate finished",
    "nas.activate skipped",
    "pi.look skipped",
    "pi.evaluate skipped",
    "pi.activate skipped",
    "web.look skipped",
    "web.evaluate skipped",
    "web.activate skipped",
  ]);
});

test("where a host is down and its system broken, the system is what failed", async () => {
  const ends = await run(
    planOf(["nas"]),
    async ({ kind }) => {
      if (kind === "look") throw new Problem("host-unreachable", "down");
      if (kind === "evaluate") throw new Problem("evaluation-failed", "broken");
    },
    free,
    () => {},
  );
  expect(ends.get("nas")?.problem?.code).toBe("evaluation-failed");
});

test("with keep going the others are not held up", async () => {
  const lines = await told(planOf(["nas", "pi"]), failing("nas.look"), {
    ...free,
    keepGoing: true,
  });
  expect(lines).toContain("pi.activate finished");
});

test("a lane may be done early", async () => {
  const lines = await told(planOf(["nas"]), async (step) =>
    step.kind === "look" ? { laneIsDone: "unchanged" } : undefined,
  );
  expect(lines).toContain("nas.activate skipped");
});

test("a hold stops what has not begun", async () => {
  const lines = await told(planOf(["nas"]), async () => {}, { ...free, hold: noActivation });
  expect(lines.at(-1)).toBe("nas.activate skipped");
});

test("no more at a time than the width", async () => {
  let now = 0;
  let most = 0;
  await inWidth(2, [1, 2, 3, 4, 5], async () => {
    now += 1;
    most = Math.max(most, now);
    await Promise.resolve();
    now -= 1;
  });
  expect([most, now]).toEqual([2, 0]);
});

test("an interrupt cancels before anything is armed; later the first waits, the second detaches", () => {
  const early = makeControl();
  early.interrupt("SIGINT");
  expect([early.cancel.aborted, early.detach.aborted]).toEqual([true, false]);

  const late = makeControl();
  late.armed();
  late.interrupt("SIGINT");
  expect([late.held(), late.cancel.aborted, late.detach.aborted]).toEqual([
    "interrupted",
    false,
    false,
  ]);
  late.interrupt("SIGINT");
  expect(late.detach.aborted).toBe(true);
});
