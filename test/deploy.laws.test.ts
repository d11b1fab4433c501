import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Plan, Step } from "../src/plan/plan.ts";
import { anyCase, brokenLaws, type Case } from "./laws.ts";

// Claim: whatever goes wrong, on any host, at any moment, no law of a deployment is broken.
test("the laws of a deployment hold", async () => {
  const law = fc.asyncProperty(anyCase, async (anyOne: Case) => {
    expect(await brokenLaws(anyOne)).toEqual([]);
  });
  await fc.assert(law, { numRuns: 300 });
});

// Claim: the laws notice. A plan is data, so a mistake in planning is a function from plan to plan.
test.each<[string, (plan: Plan) => Plan]>([
  ["never armed", (plan) => without(plan, "arm")],
  ["armed too late", (plan) => moved(plan, "arm", "activate")],
  ["never activated", (plan) => without(plan, "activate")],
  ["never confirmed", (plan) => without(plan, "confirm")],
  ["not waiting for the commit", (plan) => without(plan, "commit")],
  ["the system that runs is activated", (plan) => mapped(plan, withOldSystem)],
  ["all at once", ({ waves, ...plan }) => ({ ...plan, waves: [together(waves)] })],
])("a plan with a mistake breaks a law: %s", async (_, mutate) => {
  const noticed = fc.asyncProperty(anyCase, async (anyOne: Case) => {
    expect(await brokenLaws(anyOne, mutate)).toEqual([]);
  });
  const verdict = await fc.check(noticed, { numRuns: 300, endOnFailure: true });
  expect(verdict.failed).toBe(true);
});

function withOldSystem(step: Step): Step {
  return step.kind === "arm" ? { ...step, as: step.from } : step;
}

function together(waves: Plan["waves"]): Plan["waves"][number] {
  return { name: "all", width: 99, lanes: waves.flatMap(({ lanes }) => lanes) };
}

function mapped(plan: Plan, change: (step: Step) => Step): Plan {
  return eachLane(plan, (steps) => steps.map(change));
}

function without(plan: Plan, kind: Step["kind"]): Plan {
  return eachLane(plan, (steps) => steps.filter((step) => step.kind !== kind));
}

/** Puts the one kind of step behind the other. */
function moved(plan: Plan, kind: Step["kind"], behind: Step["kind"]): Plan {
  return eachLane(plan, (steps) => {
    const late = steps.filter((step) => step.kind === kind);
    const others = steps.filter((step) => step.kind !== kind);
    return others.flatMap((step) => (step.kind === behind ? [step, ...late] : [step]));
  });
}

function eachLane(plan: Plan, change: (steps: readonly Step[]) => readonly Step[]): Plan {
  const waves = plan.waves.map((wave) => ({
    ...wave,
    lanes: wave.lanes.map((lane) => ({ ...lane, steps: change(lane.steps) })),
  }));
  return { ...plan, waves };
}
