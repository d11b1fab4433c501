import type { StepResult } from "../event/event.ts";
import type { Host } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";
import { Problem, type ProblemReport, problemOf } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { type Ended, parseOutcome, parseWord } from "../nix/parse-outcome.ts";
import { verdictOf } from "../nix/verdict.ts";
import type { Order, Step } from "../plan/plan.ts";
import { damageBehind } from "./damage.ts";
import type { Errand } from "./errand.ts";
import { followActivation } from "./follow.ts";
import { detached, type Patience, patiently } from "./patiently.ts";
import { lookAt } from "./look-at.ts";
import { askProbes } from "./probe.ts";

/** One host between `arm` and its end, and what is known of it so far. */
export interface HostChange {
  readonly host: Host;
  /** What the guard was told; null until it is armed. */
  order: Order | null;
  /** The word that confirms, as the host gave it over a connection opened after the activation. */
  word: string | null;
  /** How the host settled; null as long as that is not known. */
  ended: Ended | null;
  /** The generation it has after its commit. */
  generation: number | null;
}

/** A host whose change is about to begin. */
export function hostChange(host: Host): HostChange {
  return { host, order: null, word: null, ended: null, generation: null };
}

/** Longest wait for a host to settle once it has confirmed, or goes back (activation protocol, step 13). */
const settleSeconds = 20 * 60;
const armSeconds = 60;
const lookSeconds = 60;
/** On top of the guard's own wait for the word: its way back, and our tries in between. */
const confirmMarginSeconds = 60;

/** Carries out one step of a host's rollout: arm → activate → probe → confirm → commit. */
export async function changeHost(
  step: Step,
  change: HostChange,
  errand: Errand,
): Promise<StepResult | void> {
  switch (step.kind) {
    case "arm":
      return arm(step, change, errand);
    case "activate":
      return activate(change, errand);
    case "probe":
      return probe(step, change, errand);
    case "confirm":
      return confirm(change, errand);
    case "commit":
      return commit(change, errand);
    default:
      throw new Error(`${step.kind} is no step of a change`);
  }
}

async function arm(order: Order, change: HostChange, errand: Errand): Promise<void> {
  const { host } = change;
  const { world, run } = errand;
  await patiently(errand, lasting(armSeconds, errand), () =>
    world.onHost(guard.arm(host, run, order)),
  ).then(undefined, async (thrown: unknown) => {
    // An answer that was lost looks like a refusal the second time: the host knows.
    const seen = await lookAt(host, errand).then(undefined, () => null);
    if (seen?.open?.run !== run) throw thrown;
  });
  change.order = order;
}

async function activate(change: HostChange, errand: Errand): Promise<void> {
  const order = armed(change);
  const { phase } = await followActivation(change.host, order, errand);
  if (phase === "waiting" && order.confirm) change.word = await prove(change, errand);
  else if (phase !== "waiting" && phase !== "confirmed") await settledWell(change, errand);
}

/** Over a connection opened now: that it opens, and brings the word, is the proof. */
async function prove(change: HostChange, errand: Errand): Promise<string | null> {
  return patiently(errand, untilUnconfirmed(change, errand), async () => {
    for (;;) {
      const { code, stdout } = await errand.world.onHost(guard.challenge(change.host, errand.run));
      if (code !== guard.stillGoing) return parseWord(stdout);
    }
  }).then(undefined, (thrown: unknown) => goneBack(thrown, change, errand));
}

async function confirm(change: HostChange, errand: Errand): Promise<void> {
  const { host, word } = change;
  await patiently(errand, untilUnconfirmed(change, errand), () =>
    errand.world.onHost(guard.confirm(host, errand.run, word)),
  ).then(undefined, (thrown: unknown) => goneBack(thrown, change, errand));
}

/** The guard refuses because it is on its way back: then how it ended says more than the refusal. */
async function goneBack(thrown: unknown, change: HostChange, errand: Errand): Promise<never> {
  if (problemOf(thrown).code === "host-reverted") await settledWell(change, errand);
  throw thrown;
}

/** Waits for the host to settle. Throws what it ended with, unless it kept the new system. */
async function settledWell(change: HostChange, errand: Errand): Promise<Ended> {
  const ended = await settle(change, errand);
  const { problem } = verdictOf(change.host, errand.run, ended);
  if (!problem || ended.kind === "kept") return ended;
  const { order } = change;
  throw (order && (await damageBehind(change.host, ended, order, errand))) ?? problemFrom(problem);
}

async function settle(change: HostChange, errand: Errand): Promise<Ended> {
  const { world, run, control } = errand;
  return patiently(errand, lasting(settleSeconds, errand), async () => {
    for (;;) {
      const { stdout, code } = await world.onHost(guard.outcome(change.host, run));
      const ended = parseOutcome(stdout);
      if (code !== guard.stillGoing && ended.kind !== "going") return (change.ended = ended);
      if (control.detach.aborted) throw detached();
    }
  });
}

/** Success is what the host was seen to be, after its commit. */
async function commit(change: HostChange, errand: Errand): Promise<StepResult> {
  const { host } = change;
  const { failedUnits } = await settledWell(change, errand);
  const seen = await patiently(errand, lasting(lookSeconds, errand), () => lookAt(host, errand));
  const wrong = disagreement(seen, armed(change));
  if (wrong) throw new Problem("host-changed", `${host.name} ${wrong}`);
  change.generation = seen.generation;
  const units = failedUnits.map(({ unit }) => unit);
  return {
    ...(seen.generation !== null && { generation: seen.generation }),
    ...(units.length > 0 && { failedUnits: units }),
  };
}

async function probe(
  step: Step & { readonly kind: "probe" },
  change: HostChange,
  errand: Errand,
): Promise<void> {
  const failure = await askProbes(change.host, step, errand);
  if (!failure) return;
  await giveUp(change, failure.message, errand);
  throw failure;
}

/** Sends an armed host back, where something failed before it could settle. Never throws. */
export async function giveUp(change: HostChange, because: string, errand: Errand): Promise<void> {
  const { host, order, ended } = change;
  if (!order || ended) return;
  await patiently(errand, lasting(armSeconds, errand), () =>
    errand.world.onHost(guard.abort(host, errand.run, because)),
  ).then(undefined, () => undefined);
  await settle(change, errand).then(undefined, () => undefined);
}

function armed({ host, order }: HostChange): Order {
  if (!order) throw new Error(`${host.name} was never armed`);
  return order;
}

function lasting(seconds: number, { world }: Errand): Patience {
  const end = world.now() + seconds * 1000;
  return { until: () => end };
}

function untilUnconfirmed(change: HostChange, errand: Errand): Patience {
  return lasting((change.order?.confirmSeconds ?? 0) + confirmMarginSeconds, errand);
}

/** A report is a Problem again, with all that it knows. */
function problemFrom({ code, message, hint, evidence }: ProblemReport): Problem {
  return new Problem(code, message, { ...(hint && { hint }), ...(evidence && { evidence }) });
}

/** What is not as it should be after a commit; null if all is. */
function disagreement(seen: SeenHost, { goal, as, to }: Order): string | null {
  if (goal !== "boot" && seen.running !== as) return `runs ${seen.running}, not ${as}`;
  if (goal === "test") return null;
  if (seen.profile !== to) return `has ${seen.profile} as its profile, not ${to}`;
  if (seen.bootDefault !== to && seen.bootDefault !== null) {
    return `boots ${seen.bootDefault}, not ${to}`;
  }
  return null;
}
