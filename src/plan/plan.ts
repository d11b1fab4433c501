import type { Goal, Probe, UnitPolicy } from "../fleet/host.ts";

/**
 * A plan is data, and holds no unknowns: show it, review it, store it, run it.
 * Waves go one after another, the lanes of a wave side by side, the steps of a lane in order.
 */
export interface Plan {
  readonly title: string;
  readonly waves: readonly Wave[];
}

export interface Wave {
  readonly name: string;
  /** How many lanes go at a time. */
  readonly width: number;
  readonly lanes: readonly Lane[];
}

/** What one host goes through in one wave. */
export interface Lane {
  readonly host: string;
  readonly steps: readonly Step[];
}

/**
 * One act. Its id reads well in a log: `nas.activate`. `beside`: starts together with the step before
 * it, and both are awaited. `after`: the id of a step that it is beside in this way, but whose end it
 * waits for; the others may still go on.
 */
export type Step = { readonly id: string; readonly beside?: true; readonly after?: string } & Act;

/** Steps of a preparation use what earlier steps of their lane found (a derivation, a system). */
export type Act =
  | { readonly kind: "look" }
  | { readonly kind: "evaluate"; readonly attribute: readonly string[] }
  | { readonly kind: "build"; readonly on: string }
  | { readonly kind: "take"; readonly reason: string }
  /** `repair`: what is new to the host is checked against what it was built as, and sent again. */
  | { readonly kind: "copy"; readonly substitutes: boolean; readonly repair?: true }
  | { readonly kind: "rehearse" }
  | ({ readonly kind: "arm" } & Order)
  | { readonly kind: "activate" }
  | { readonly kind: "probe"; readonly probes: readonly Probe[] }
  | { readonly kind: "confirm" }
  | { readonly kind: "commit" }
  | {
      readonly kind: "record";
      readonly system: string;
      readonly revision: string | null;
      readonly dirty: boolean;
    }
  | { readonly kind: "reboot" }
  | { readonly kind: "collect"; readonly keep: number; readonly keepSinceSeconds: number | null };

/** What the guard is told when it is armed: the keys of its plan (activation protocol). */
export interface Order {
  /** The system to be kept, and what is activated (a specialisation of it, or itself). */
  readonly to: string;
  readonly as: string;
  /** What runs now, and is gone back to. */
  readonly from: string;
  /** The profile's link as seen, `system-41-link` or `none`; the host refuses if it differs. */
  readonly link: string;
  /** The boot default as seen, or `unknown`. */
  readonly default: string;
  readonly goal: Goal;
  /** The generation a rollback goes to; null otherwise. */
  readonly generation: number | null;
  readonly silentSeconds: number;
  readonly hardSeconds: number;
  readonly confirmSeconds: number;
  readonly confirm: boolean;
  readonly fallback: boolean;
  readonly units: Readonly<Record<string, UnitPolicy>>;
  readonly revision: string | null;
  readonly dirty: boolean;
  readonly reason: string;
}
