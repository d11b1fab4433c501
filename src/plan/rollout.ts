import { type Change, dueOf } from "./change.ts";
import type { Act, Lane, Order, Plan, Wave } from "./plan.ts";

/** How a rollout goes about several hosts. */
export interface RolloutPolicy {
  /** How many hosts change at a time, once the canaries are well. */
  readonly width: number;
}

/** Canaries change first, then the rest, no more at a time than may. Hosts not due drop out. */
export function planRollout(changes: readonly Change[], policy: RolloutPolicy): Plan {
  const due = changes.filter((change) => dueOf(change) !== "none");
  const canaries = due.filter(isCanary);
  const others = due.filter((change) => !isCanary(change));
  const goal = changes[0]?.goal ?? "switch";
  return {
    title: `${goal} ${due.length} of ${changes.length} hosts`,
    waves: [waveOf("canaries", canaries, policy), waveOf("hosts", others, policy)].filter(
      ({ lanes }) => lanes.length > 0,
    ),
  };
}

function waveOf(name: string, changes: readonly Change[], { width }: RolloutPolicy): Wave {
  return { name, width, lanes: changes.map(laneOf) };
}

/** Armed before the first change, committed after the last doubt: a host we lose comes back. */
function laneOf(change: Change): Lane {
  const { name } = change.host;
  return {
    host: name,
    steps: actsOf(change).map((act) => ({ id: `${name}.${act.kind}`, ...act })),
  };
}

function actsOf(change: Change): Act[] {
  const { host, to, goal } = change;
  if (dueOf(change) === "record") {
    return [{ kind: "record", system: to, revision: change.revision, dirty: change.dirty }];
  }
  const arm: Act = { kind: "arm", ...orderOf(change) };
  if (goal === "boot") return [arm, { kind: "confirm" }, { kind: "commit" }];
  // Nobody is asked for the word: the guard confirms after its own look at the units.
  if (!host.settings.policy.confirm) return [arm, { kind: "activate" }, { kind: "commit" }];
  const probe: Act[] = host.settings.probes.length > 0 ? [probeOf(change)] : [];
  return [arm, { kind: "activate" }, ...probe, { kind: "confirm" }, { kind: "commit" }];
}

function probeOf({ host }: Change): Act {
  return { kind: "probe", probes: host.settings.probes };
}

/** What the guard is told. For goal `boot` nothing is activated, so `as` is what runs. */
function orderOf(change: Change): Order {
  const { host, seen, to, goal } = change;
  const { policy, probes } = host.settings;
  const from = seen.running ?? "none";
  const probing = probes.reduce((sum, probe) => sum + probe.timeoutSeconds * probe.tries, 0);
  return {
    to,
    as: goal === "boot" ? from : to,
    from,
    link: seen.link,
    default: seen.bootDefault ?? "unknown",
    goal,
    generation: change.generation,
    silentSeconds: policy.activationSeconds,
    hardSeconds: policy.activationLimitSeconds,
    confirmSeconds: policy.confirmSeconds + policy.soakSeconds + probing,
    confirm: policy.confirm,
    fallback: policy.fallback,
    units: policy.units,
    revision: change.revision,
    dirty: change.dirty,
    reason: change.reason,
  };
}

function isCanary({ host }: Change): boolean {
  return host.settings.policy.canary;
}
