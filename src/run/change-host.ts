import type { StepResult } from "../event/event.ts";
import type { Host } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";
import { Problem } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { parseLook } from "../nix/parse-look.ts";
import { type Ended, parseOutcome, parseWord } from "../nix/parse-outcome.ts";
import { verdictOf } from "../nix/verdict.ts";
import type { Order, Step } from "../plan/plan.ts";
import type { Errand } from "./errand.ts";
import { followActivation } from "./follow.ts";
import { patiently } from "./patiently.ts";
import { askProbes } from "./probe.ts";
import type { CarryOut } from "./run.ts";

/** One host between `arm` and its end. */
export interface HostChange {
  readonly carryOut: CarryOut;
  /** How the host settled; null as long as that is not known. */
  readonly ended: () => Ended | null;
  /** The generation it has after its commit; null until then. */
  readonly generation: () => number | null;
  /** Sends an armed host back, where something failed before it could settle. */
  readonly giveUp: (because: string) => Promise<void>;
}

/** Longest wait for a host to settle once it has confirmed, or goes back (activation protocol, step 13). */
const settleSeconds = 20 * 60;

/** Carries out the steps of one host's rollout: arm → activate → probe → confirm → commit. */
export function changeHost(host: Host, errand: Errand): HostChange {
  const { world, run, emit } = errand;
  let order: Order | null = null;
  let word: string | null = null;
  let ended: Ended | null = null;
  let generation: number | null = null;

  const now = (): number => world.now();
  const forSeconds = (seconds: number): { until: () => number } => {
    const end = now() + seconds * 1000;
    return { until: () => end };
  };

  async function arm(wanted: Order): Promise<void> {
    const again = await patiently(errand, forSeconds(60), async () => {
      const { code } = await world.onHost(guard.arm(host, run, wanted), undefined);
      return code;
    }).then(
      () => null,
      (problem: unknown) => problem,
    );
    // An answer that was lost looks like a refusal the second time: the host knows.
    if (again !== null && !(await isOurs())) throw again;
    order = wanted;
  }

  async function isOurs(): Promise<boolean> {
    const seen = await look().then(
      (answer) => answer,
      () => null,
    );
    return seen?.open?.run === run;
  }

  async function look(): Promise<SeenHost> {
    const { stdout } = await world.onHost(guard.look(host, { root: true }));
    const seen = parseLook(stdout, now());
    emit({ kind: "host.seen", host: host.name, seen });
    return seen;
  }

  async function activate(): Promise<void> {
    const { phase } = await followActivation(host, armed(), errand);
    if (phase !== "waiting" || !armed().confirm) {
      if (phase !== "waiting" && phase !== "confirmed") await settledWell();
      return;
    }
    word = await prove();
  }

  /** Over a connection opened now: that it opens, and brings the word, is the proof. */
  async function prove(): Promise<string | null> {
    return patiently(errand, forSeconds(waitingSeconds(armed())), async () => {
      for (;;) {
        const { code, stdout } = await world.onHost(guard.challenge(host, run));
        if (code !== guard.stillGoing) return parseWord(stdout);
      }
    }).then(undefined, goneBack);
  }

  async function confirm(): Promise<void> {
    const patience = forSeconds(waitingSeconds(armed()));
    await patiently(errand, patience, () => world.onHost(guard.confirm(host, run, word))).then(
      undefined,
      goneBack,
    );
  }

  /** The guard refuses because it is on its way back: then how it ended says more than the refusal. */
  async function goneBack(problem: unknown): Promise<never> {
    const refused = problem instanceof Problem && problem.code === "host-reverted";
    if (refused) await settledWell();
    throw problem;
  }

  /** Waits for the host to settle. Throws what it ended with, unless it kept the new system. */
  async function settledWell(): Promise<Ended> {
    const settled = await settle();
    const { problem } = verdictOf(host, run, settled);
    if (problem && settled.kind !== "kept") throw problemFrom(problem);
    return settled;
  }

  async function settle(): Promise<Ended> {
    return patiently(errand, forSeconds(settleSeconds), async () => {
      for (;;) {
        const { stdout, code } = await world.onHost(guard.outcome(host, run));
        const told = parseOutcome(stdout);
        if (code !== guard.stillGoing && told.kind !== "going") {
          ended = told;
          return told;
        }
        if (errand.control.detach.aborted) throw new Problem("interrupted", "no longer waited for");
      }
    });
  }

  /** Success is what the host was seen to be, after its commit. */
  async function commit(): Promise<StepResult> {
    const settled = await settledWell();
    const seen = await patiently(errand, forSeconds(60), look);
    const wrong = disagreement(seen, armed());
    if (wrong) throw new Problem("host-changed", `${host.name} ${wrong}`);
    generation = seen.generation;
    return {
      ...(generation !== null && { generation }),
      ...(settled.failedUnits.length > 0 && {
        failedUnits: settled.failedUnits.map(({ unit }) => unit),
      }),
    };
  }

  async function giveUp(because: string): Promise<void> {
    if (!order || ended) return;
    await patiently(errand, forSeconds(60), () =>
      world.onHost(guard.abort(host, run, because)),
    ).then(undefined, () => undefined);
    await settle().then(undefined, () => undefined);
  }

  async function probe(step: Step & { readonly kind: "probe" }): Promise<void> {
    const failure = await askProbes(host, step, errand);
    if (!failure) return;
    await giveUp(failure.message);
    throw failure;
  }

  function armed(): Order {
    if (!order) throw new Error(`${host.name} was never armed`);
    return order;
  }

  async function carryOut(step: Step): Promise<StepResult | void> {
    switch (step.kind) {
      case "arm":
        return arm(step);
      case "activate":
        return activate();
      case "probe":
        return probe(step);
      case "confirm":
        return confirm();
      case "commit":
        return commit();
      default:
        throw new Error(`${step.kind} is no step of a change`);
    }
  }

  return { carryOut, ended: () => ended, generation: () => generation, giveUp };
}

/** The guard waits `confirmSeconds`; what follows is its way back, and our tries in between. */
function waitingSeconds(order: Order): number {
  return order.confirmSeconds + 60;
}

/** A report is a Problem again, with all that it knows. */
function problemFrom({ code, message, hint, evidence }: Problem["report"]): Problem {
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
