import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import type { Event, Happening } from "../src/event/event.ts";
import { decodeLines, encodeLine, isKept } from "../src/event/journal-line.ts";
import { nothingYet, reduce, type RunState } from "../src/event/state.ts";
import type { Goal } from "../src/fleet/host.ts";
import { Problem } from "../src/lib/problem.ts";
import type { Plan } from "../src/plan/plan.ts";
import { planPreparation } from "../src/plan/prepare.ts";
import { makeControl } from "../src/run/control.ts";
import { deploy } from "../src/run/deploy.ts";
import type { Ends } from "../src/run/ends.ts";
import type { Errand } from "../src/run/errand.ts";
import type { Workshop } from "../src/run/prepare-host.ts";
import { hostOf } from "../src/testing/hosts.ts";
import type { Faults } from "../src/testing/sim-host.ts";
import { Sim, type SimWish } from "../src/testing/sim.ts";

/** A fleet, what goes wrong in it, and the command after which nobody is there to go on. */
export interface Case {
  readonly fleet: readonly SimWish[];
  readonly goal: Exclude<Goal, "dry-activate">;
  readonly width: number;
  readonly keepGoing: boolean;
  /** The host whose system does not build. */
  readonly broken: string | null;
  readonly goneAfter: number;
}

const before = "/nix/store/00000000000000000000000000000000-old";
const after = "/nix/store/11111111111111111111111111111111-new";
const theirs = "/nix/store/33333333333333333333333333333333-theirs";

const verbs = ["look", "take", "arm", "activate", "follow", "challenge", "confirm", "outcome"];

// Half the hosts are well and half the runs go on to their end, or success would hardly be drawn.
const anyFaults: fc.Arbitrary<Faults> = fc.oneof(
  fc.constant<Faults>({}),
  fc.constantFrom<Faults>(
    { offline: true },
    { changedMeanwhile: true },
    { unhealthy: true },
    { activationFails: true },
    { activationHangs: true },
    { losesNetwork: true },
    { bootFull: true },
  ),
  fc.constantFrom(...verbs).map((powerFailsAfter) => ({ powerFailsAfter })),
);

/** Any fleet, with anything going wrong. A failure shrinks to the smallest case that shows it. */
export const anyCase: fc.Arbitrary<Case> = fc.record({
  fleet: fc
    .array(fc.record({ canary: fc.boolean(), due: fc.boolean(), faults: anyFaults }), {
      minLength: 1,
      maxLength: 5,
    })
    .map((hosts) => hosts.map(simWishOf)),
  goal: fc.constantFrom<Case["goal"]>("switch", "test", "boot"),
  width: fc.integer({ min: 1, max: 3 }),
  keepGoing: fc.boolean(),
  broken: fc.constantFrom<string | null>(null, null, null, "h0"),
  goneAfter: fc.oneof(fc.constant(Infinity), fc.nat(60)),
});

function simWishOf(
  { canary, due, faults }: { canary: boolean; due: boolean; faults: Faults },
  index: number,
): SimWish {
  const { policy } = hostOf("any").settings;
  const host = hostOf(`h${index}`, { policy: { ...policy, canary } });
  return { host, from: before, to: due || index === 0 ? after : before, faults };
}

interface Ran extends Case {
  readonly sim: Sim;
  readonly events: readonly Event[];
  readonly state: RunState;
  readonly ends: Ends;
}

/** What is claimed, and whether it held. */
type Law = readonly [claim: string, holds: boolean];

/** Runs a case with the real planner and runner, lets all deadlines pass, and judges. */
export async function brokenLaws(
  anyOne: Case,
  mutate: (plan: Plan) => Plan = (plan) => plan,
): Promise<string[]> {
  const sim = new Sim(anyOne.fleet, anyOne.goneAfter);
  const ran = await carryOut(anyOne, sim, mutate);
  sim.pass(2 * 3600);
  const laws = [...lawsOfHosts(ran), ...lawsOfOrder(ran), ...lawsOfTheJournal(ran)];
  return [...new Set(laws.flatMap(([claim, holds]) => (holds ? [] : [claim])))];
}

async function carryOut(anyOne: Case, sim: Sim, mutate: (plan: Plan) => Plan): Promise<Ran> {
  const run = "run1";
  const events: Event[] = [];
  const emit = (happening: Happening): void => {
    const seq = events.length;
    events.push({ v: 1, run, ...(isKept(happening) && { seq }), at: sim.now(), ...happening });
  };
  const control = makeControl();
  const errand: Errand = { run, owner: "ada@fern", reason: "", world: sim, emit, control };
  const hosts = anyOne.fleet.map(({ host }) => host);
  const ends = await deploy(
    {
      hosts,
      preparation: planPreparation(hosts, { until: "copied", reason: "" }),
      aim: {
        goalOf: () => anyOne.goal,
        readOnly: false,
        revision: null,
        dirty: false,
        acceptDrift: false,
        fleetHostNames: hosts.map(({ name }) => name),
        lockWaitSeconds: 0,
        isDeadRun: async () => false,
      },
      policy: { width: anyOne.width },
      keepGoing: anyOne.keepGoing,
      rehearsalOnly: false,
      decide: async ({ changes }) => ({ goOn: new Set(changes.map(({ host }) => host.name)) }),
      amend: mutate,
    },
    workshopOf(anyOne),
    errand,
  );
  return { ...anyOne, sim, events, state: events.reduce(reduce, nothingYet), ends };
}

function workshopOf({ fleet, broken }: Case): Workshop {
  const systemOf = (name: string): string => fleet.find(({ host }) => host.name === name)?.to ?? "";
  return {
    evaluate: async ({ name }) => `/nix/store/${name}.drv`,
    build: async ({ name }) => {
      if (name === broken) throw new Problem("build-failed", `${name} does not build`);
      return systemOf(name);
    },
    missingOn: async () => ({ paths: 1, bytes: 1000 }),
    copy: async () => {},
  };
}

function* lawsOfHosts({ fleet, goal, goneAfter, sim, ends, broken }: Ran): Generator<Law> {
  for (const { host, to, faults = {} } of fleet) {
    const { name } = host;
    const now = sim.host(name);
    const due = to !== before;
    const end = ends.get(name);
    const isNew = due && [now.running, now.boots, now.profile].includes(to);
    const isTheirs = faults.changedMeanwhile === true && now.running === theirs;
    const { unhealthy, activationFails, activationHangs, losesNetwork } = faults;
    const sick = unhealthy ?? activationFails ?? activationHangs ?? losesNetwork ?? false;
    const rebooted = faults.powerFailsAfter !== undefined;
    const has = goal === "boot" ? now.boots === to : now.running === to;

    yield ["every host has an end", end !== undefined];
    yield ["no host is lost", faults.offline === true || now.reachable];
    yield ["old, new, or what others made it", [before, to, theirs].includes(now.running)];
    yield [
      "what others did is left alone",
      !isTheirs || (now.boots === theirs && now.profile === theirs),
    ];
    yield ["nothing is kept that is sick", !(goal !== "boot" && sick && isNew)];
    yield ["a test never boots", goal !== "test" || ![now.boots, now.profile].includes(after)];
    yield ["the profile is what boots", now.boots === now.profile];
    yield ["what runs is what boots", goal !== "switch" || now.running === now.boots];
    yield ["boot activates nothing", goal !== "boot" || rebooted || !now.ran.includes(after)];
    yield ["what is not due is not touched", due || now.ran.length === 1 || isTheirs];
    yield [
      "done means it is there",
      end?.outcome !== "done" || has || (goal === "test" && rebooted),
    ];
    yield ["undone means the old is there", end?.outcome !== "undone" || now.running !== to];
    yield ["a run settles", now.guard === null || ["kept", "undone"].includes(now.guard.phase)];
  }
  const well = fleet.every(({ faults = {} }) => Object.keys(faults).length === 0);
  const isBroken = fleet.some(({ host }) => host.name === broken);
  const fine = [...ends.values()].every(({ outcome }) => /^(done|unchanged)$/.test(outcome));
  const untroubled = well && !isBroken && goneAfter === Infinity;
  yield ["a fleet without trouble gets what it should", !untroubled || fine];
}

function* lawsOfOrder({ fleet, width, keepGoing, events }: Ran): Generator<Law> {
  const isCanary = ({ host }: SimWish): boolean => host.settings.policy.canary;
  const canaries = new Set(fleet.filter(isCanary).map(({ host }) => host.name));
  let state = nothingYet;
  for (const event of events) {
    state = reduce(state, event);
    if (event.kind !== "step.started") continue;
    const [, name = "", kind = ""] = /^(.*)\.([a-z]+)$/.exec(event.step) ?? [];
    if (!["arm", "activate", "confirm", "commit"].includes(kind)) continue;
    const lanes = [...state.lanes.values()];
    const rehearsals = lanes.flatMap(({ steps }) =>
      steps.filter((step) => step.kind === "rehearse"),
    );
    const isOver = ({ status }: { readonly status: string }): boolean =>
      status !== "waiting" && status !== "running";
    yield ["nothing changes before all is prepared", rehearsals.every(isOver)];
    // A host that did not answer is left out, whatever became of its system meanwhile.
    const unprepared = lanes.some(({ steps }) => {
      const failed = (acts: readonly string[]): boolean =>
        steps.some((step) => acts.includes(step.kind) && step.status === "failed");
      return failed(["evaluate", "build", "take", "copy", "rehearse"]) && !failed(["look"]);
    });
    yield ["all are prepared or nothing moves", keepGoing || !unprepared];
    const changing = lanes.filter(
      ({ outcome, steps }) =>
        outcome === null &&
        steps.some((step) => step.kind === "arm" && !["waiting", "skipped"].includes(step.status)),
    );
    yield ["no more change at a time than may", changing.length <= width];
    if (canaries.has(name)) continue;
    const first = lanes.filter(({ host }) => canaries.has(host));
    yield ["canaries come before all others", first.every(({ outcome }) => outcome !== null)];
  }
}

function* lawsOfTheJournal({ events, state, ends }: Ran): Generator<Law> {
  const ended = events.flatMap((event) =>
    event.kind === "step.finished" || event.kind === "step.failed" || event.kind === "step.skipped"
      ? [event.step]
      : [],
  );
  const planned = state.plans.flatMap(({ waves }) =>
    waves.flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps.map(({ id }) => id))),
  );
  yield ["a step ends once", isDeepStrictEqual(ended.toSorted(), planned.toSorted())];
  const read = decodeLines(events.filter(isKept).map(encodeLine).join(""));
  yield [
    "the journal alone gives the same ends",
    isDeepStrictEqual(outcomes(read), outcomes(events)),
  ];
  const told = events.flatMap((event) => (event.kind === "lane.finished" ? [event.host] : []));
  const once = isDeepStrictEqual(told.toSorted(), [...ends.keys()].toSorted());
  yield ["each host's end is told once", once];
}

function outcomes(events: readonly Event[]): unknown {
  const { lanes } = events.reduce(reduce, nothingYet);
  return [...lanes.values()].map(({ host, outcome, because }) => [host, outcome, because]);
}
