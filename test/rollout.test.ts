import { expect, test } from "vitest";
import type { Change } from "../src/plan/change.ts";
import { dueOf } from "../src/plan/change.ts";
import { planPreparation } from "../src/plan/prepare.ts";
import { planRollout } from "../src/plan/rollout.ts";
import { hostOf, seenOf } from "../src/testing/hosts.ts";

const before = "/nix/store/00000000000000000000000000000000-old";
const after = "/nix/store/11111111111111111111111111111111-new";

function changeOf(name: string, more: Partial<Change> = {}): Change {
  return {
    host: hostOf(name),
    seen: seenOf(name, before),
    to: after,
    generation: null,
    goal: "switch",
    revision: null,
    dirty: false,
    reason: "",
    ...more,
  };
}

function kinds(change: Change): string[] {
  const [wave] = planRollout([change], { width: 10 }).waves;
  return wave?.lanes[0]?.steps.map(({ kind }) => kind) ?? [];
}

test("a change is armed first, and committed after the last doubt", () => {
  expect(kinds(changeOf("nas"))).toEqual(["arm", "activate", "confirm", "commit"]);
});

test("probes come before the confirmation", () => {
  const probe = { name: "ssh", kind: "tcp", address: null, port: 22 } as const;
  const host = hostOf("nas", {
    probes: [{ ...probe, timeoutSeconds: 10, tries: 3, required: true, from: "here" }],
  });
  const change = changeOf("nas", { host });
  expect(kinds(change)).toEqual(["arm", "activate", "probe", "confirm", "commit"]);
  const [arm] = planRollout([change], { width: 1 }).waves[0]?.lanes[0]?.steps ?? [];
  expect(arm, "the host waits as long as the probes may take").toMatchObject({
    confirmSeconds: 60,
  });
});

test("goal boot activates nothing", () => {
  const change = changeOf("nas", { goal: "boot" });
  expect(kinds(change)).toEqual(["arm", "confirm", "commit"]);
  const [arm] = planRollout([change], { width: 1 }).waves[0]?.lanes[0]?.steps ?? [];
  expect(arm).toMatchObject({ as: before, from: before, to: after });
});

test("a host that has what is asked for drops out", () => {
  const same = changeOf("nas", { seen: seenOf("nas", after) });
  expect(planRollout([same, changeOf("pi")], { width: 10 })).toMatchObject({
    title: "switch 1 of 2 hosts",
    waves: [{ name: "hosts", lanes: [{ host: "pi" }] }],
  });
});

test("canaries change before all others", () => {
  const { policy } = hostOf("pi").settings;
  const canary = changeOf("pi", { host: hostOf("pi", { policy: { ...policy, canary: true } }) });
  const plan = planRollout([changeOf("nas"), canary], { width: 10 });
  expect(plan.waves.map(({ lanes }) => lanes.map(({ host }) => host))).toEqual([["pi"], ["nas"]]);
});

test.each<[string, Partial<Change>, string]>([
  ["it runs, boots and is the profile", { seen: seenOf("h", after) }, "none"],
  [
    "the boot default cannot be read, which counts as agreeing",
    { seen: seenOf("h", after, { bootDefault: null }) },
    "none",
  ],
  [
    "it runs, but the profile is another",
    { seen: seenOf("h", after, { profile: before }) },
    "repair",
  ],
  [
    "it runs, but the loader boots another",
    { seen: seenOf("h", after, { bootDefault: before }) },
    "repair",
  ],
  ["it runs something else", {}, "change"],
  [
    "a test asks only for what runs",
    { goal: "test", seen: seenOf("h", after, { profile: before, bootDefault: before }) },
    "none",
  ],
  [
    "boot asks only for profile and default",
    { goal: "boot", seen: seenOf("h", after, { running: before }) },
    "none",
  ],
  [
    "all is there but the note of the revision",
    { seen: seenOf("h", after), revision: "3f9c1e2" },
    "record",
  ],
  [
    "the revision is noted already",
    { seen: seenOf("h", after, { revision: "3f9c1e2" }), revision: "3f9c1e2" },
    "none",
  ],
])("%s: %o is due: %s", (_, more, due) => {
  expect(dueOf(changeOf("h", more))).toBe(due);
});

test("a preparation looks while it evaluates, and copies last", () => {
  const wish = { until: "copied", reason: "" } as const;
  const plan = planPreparation([hostOf("nas")], wish);
  const steps = plan.waves[0]?.lanes[0]?.steps ?? [];
  expect(steps.map(({ kind, beside }) => (beside ? `& ${kind}` : kind))).toEqual([
    "look",
    "& evaluate",
    "build",
    "take",
    "copy",
    "rehearse",
  ]);
  expect(
    planPreparation([hostOf("nas")], { ...wish, until: "built" }).waves[0]?.lanes[0]?.steps.length,
  ).toBe(3);
});

test("what is built here does not wait for the look; what other machines build does", () => {
  const waitsFor = (buildOn: string, more: object = {}): unknown => {
    const wish = { until: "built", reason: "", buildOn, ...more } as const;
    const steps = planPreparation([hostOf("nas")], wish).waves[0]?.lanes[0]?.steps ?? [];
    return steps.at(-1)?.after ?? null;
  };
  expect(waitsFor("here")).toBe("nas.evaluate");
  expect(waitsFor("target")).toBeNull();
  expect(waitsFor("builder")).toBeNull();
  expect(waitsFor("here", { unseen: true })).toBeNull();
});
