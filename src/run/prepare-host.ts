import type { Effects, StepResult } from "../event/event.ts";
import type { Host } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";
import { Problem, type ProblemReport } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { parseRehearsal } from "../nix/parse-chores.ts";
import { preflight } from "../nix/preflight.ts";
import { type Change, dueOf } from "../plan/change.ts";
import type { Step } from "../plan/plan.ts";
import type { Risk } from "../plan/risk.ts";
import type { Aim } from "./aim.ts";
import { clearTheWay } from "./clear-the-way.ts";
import type { Errand } from "./errand.ts";
import { type Lease, takeLease } from "./lease.ts";
import { discardDamaged } from "./damage.ts";
import { lookAt } from "./look-at.ts";
import type { LaneIsDone } from "./run.ts";

/** Nix, as a preparation needs it; the command line brings the real one. */
export interface Workshop {
  /** Gives the derivation of the host's system. */
  readonly evaluate: (host: Host) => Promise<string>;
  /** Gives the built system. `on` as in the host's `build.on`. */
  readonly build: (host: Host, derivation: string, on: string) => Promise<string>;
  /** What of the system's closure is not on the host: nothing, if it is whole there. */
  readonly missingOn: (host: Host, system: string) => Promise<Missing>;
  readonly copy: (
    host: Host,
    seen: SeenHost,
    system: string,
    substitutes: boolean,
  ) => Promise<void>;
}

/** How much a copy would bring to a host. */
export interface Missing {
  readonly paths: number;
  readonly bytes: number;
}

/** All that a preparation has found out about one host so far. */
export interface Prepared {
  readonly host: Host;
  seen: SeenHost | null;
  derivation: string | null;
  system: string | null;
  /** The generation a rollback goes to. */
  generation: number | null;
  effects: Effects | null;
  risks: readonly Risk[];
  missing: Missing | null;
  lease: Lease | null;
}

/** Nothing is known yet. */
export function unprepared(host: Host): Prepared {
  return {
    host,
    seen: null,
    derivation: null,
    system: null,
    generation: null,
    effects: null,
    risks: [],
    missing: null,
    lease: null,
  };
}

/** The change that a prepared host is due; null as long as it lacks something. */
export function changeOf(prepared: Prepared, aim: Aim, errand: Errand): Change | null {
  const { host, seen, system, generation } = prepared;
  if (!seen || !system) return null;
  const { revision, dirty } = aim;
  const goal = aim.goalOf(host);
  return { host, seen, to: system, generation, goal, revision, dirty, reason: errand.reason };
}

/** Carries out one step of a preparation, and keeps what it found. */
export async function prepareHost(
  step: Step,
  prepared: Prepared,
  aim: Aim,
  workshop: Workshop,
  errand: Errand,
): Promise<StepResult | LaneIsDone | void> {
  const { host } = prepared;
  switch (step.kind) {
    case "look":
      return look(prepared, aim, errand);
    case "evaluate":
      prepared.derivation = await workshop.evaluate(host);
      return { derivation: prepared.derivation };
    case "build":
      prepared.system = await workshop.build(host, known(prepared.derivation), step.on);
      return { system: prepared.system };
    case "take":
      return take(prepared, aim, errand);
    case "copy":
      return copy(prepared, step, aim, workshop, errand);
    case "rehearse":
      return rehearse(prepared, aim, errand);
    default:
      throw new Error(`${step.kind} is no step of a preparation`);
  }
}

async function look(prepared: Prepared, aim: Aim, errand: Errand): Promise<void> {
  const { host } = prepared;
  const seen = await lookAt(host, errand);
  prepared.seen = aim.readOnly ? seen : await clearTheWay(host, seen, aim, errand);
  if (!aim.readOnly) weigh(prepared, aim, errand);
}

/** Refuses, or keeps the risks. Asked once when the host was seen, and again when the size is known. */
function weigh(prepared: Prepared, aim: Aim, { run, world }: Errand): void {
  const { host, seen, missing, system } = prepared;
  const { refusals, risks } = preflight(host, known(seen), {
    goal: aim.goalOf(host),
    fleetHostNames: aim.fleetHostNames,
    verbCopies: true,
    acceptDrift: aim.acceptDrift,
    run,
    now: world.now(),
    ...(system && { to: system }),
    ...(missing && { neededBytes: missing.bytes }),
  });
  prepared.risks = risks;
  const [first, ...others] = refusals;
  if (first) throw refusal(first, others);
}

function refusal(first: ProblemReport, others: readonly ProblemReport[]): Problem {
  const evidence = [...(first.evidence ?? []), ...others.map(({ message }) => message)];
  return new Problem(first.code, first.message, {
    ...(first.hint && { hint: first.hint }),
    evidence,
  });
}

async function take(prepared: Prepared, aim: Aim, errand: Errand): Promise<void | LaneIsDone> {
  const change = changeOf(prepared, aim, errand);
  const due = change && dueOf(change);
  if (due === "none" || due === "record") return { laneIsDone: "unchanged" };
  prepared.lease = await takeLease(prepared.host, errand);
}

/**
 * The root comes first: no collector fits between it and the copy. A host does one thing after
 * another, so what is missing there is asked behind it, though Nix here begins to count meanwhile.
 */
async function copy(
  prepared: Prepared,
  { substitutes, repair }: Step & { readonly kind: "copy" },
  aim: Aim,
  workshop: Workshop,
  errand: Errand,
): Promise<StepResult> {
  const { world, run } = errand;
  const { host, seen } = prepared;
  const system = known(prepared.system);
  const [, missing] = await Promise.all([
    world.onHost(guard.root(host, run, system)),
    workshop.missingOn(host, system),
  ]);
  prepared.missing = missing;
  if (missing.paths > 0) {
    weigh(prepared, aim, errand);
    await workshop.copy(host, known(seen), system, substitutes);
  }
  if (repair && (await discardDamaged(host, { from: seen?.running, to: system }, errand))) {
    await workshop.copy(host, known(seen), system, substitutes);
  }
  return { bytes: missing.bytes, paths: missing.paths };
}

/** Asks the new system itself: may it be switched to, and what would that do? */
async function rehearse(prepared: Prepared, aim: Aim, errand: Errand): Promise<StepResult | void> {
  const { host } = prepared;
  if (aim.goalOf(host) === "boot") return;
  const { world, run, control } = errand;
  const system = known(prepared.system);
  for (;;) {
    const asked = { ...guard.rehearse(host, run, system), signal: control.cancel };
    const { code, stdout } = await world.onHost(asked);
    if (code === guard.stillGoing) continue;
    const { effects, refused } = parseRehearsal(stdout);
    if (refused) throw refusedBySystem(host, refused);
    prepared.effects = effects;
    return { effects };
  }
}

function refusedBySystem({ name }: Host, reason: readonly string[]): Problem {
  const said = reason.at(0) ?? "it gave no reason";
  return new Problem(
    "system-refused",
    `${name} cannot switch to this system while it runs: ${said}`,
    {
      hint: `flurry boot ${name}`,
      evidence: reason,
    },
  );
}

/** Steps come in an order in which this holds; if it does not, the plan is wrong. */
function known<T>(value: T | null): T {
  if (value === null) throw new Error("a step of this lane came too early");
  return value;
}
