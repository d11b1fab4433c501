import type { Seen } from "../fleet/seen.ts";
import type { ProblemReport } from "../lib/problem.ts";
import type { Effects } from "../plan/effects.ts";
import type { Plan } from "../plan/plan.ts";

export type { Effects };

/** What happened, in the past tense, in the order it happened. The journal is a list of these. */
export type Event = {
  readonly v: 1;
  /** The run's id: `7f3kq2`. */
  readonly run: string;
  /** Without gaps from 0; missing on progress, which is not kept. */
  readonly seq?: number;
  /** Milliseconds since 1970. */
  readonly at: number;
} & Happening;

export type Happening =
  | {
      readonly kind: "run.started";
      readonly by: string;
      readonly flurry: string;
      /** `switch`, `rollback`, `reboot`, `gc`, …: the verb of the run. */
      readonly goal: string;
      readonly title: string;
      readonly hosts: readonly string[];
      readonly source: string | null;
      readonly revision: string | null;
      readonly dirty: boolean;
      readonly reason: string;
      /** The words behind `flurry`, as they were typed. Journals of old versions lack them. */
      readonly command?: readonly string[];
      /** False: it changes no host, and is in no history. Missing in journals: what has one is kept. */
      readonly kept?: boolean;
      /** For judging whether the run still lives: pid, its start time and the boot id. */
      readonly process: {
        readonly pid: number;
        readonly startedAt: string;
        readonly bootId: string;
      };
    }
  | { readonly kind: "plan.made"; readonly plan: Plan }
  | { readonly kind: "wave.started"; readonly wave: string }
  | { readonly kind: "host.seen"; readonly host: string; readonly seen: Seen }
  | { readonly kind: "step.started"; readonly step: string }
  | { readonly kind: "step.printed"; readonly step: string; readonly line: string }
  | {
      readonly kind: "step.progressed";
      readonly step: string;
      readonly done: number;
      readonly expected: number;
      readonly unit: "paths" | "bytes" | "builds" | "seconds";
      /** What is going on, in a few words: `restarting postgresql.service`. */
      readonly note?: string;
    }
  | { readonly kind: "step.finished"; readonly step: string; readonly result?: StepResult }
  | { readonly kind: "step.failed"; readonly step: string; readonly problem: ProblemReport }
  | { readonly kind: "step.skipped"; readonly step: string; readonly because: string }
  | {
      readonly kind: "build.started";
      readonly derivation: string;
      readonly name: string;
      readonly on: string;
    }
  | { readonly kind: "build.reached"; readonly derivation: string; readonly phase: string }
  | { readonly kind: "build.finished"; readonly derivation: string; readonly outcome: string }
  | { readonly kind: "warning.given"; readonly host: string | null; readonly message: string }
  | {
      readonly kind: "lane.finished";
      readonly host: string;
      readonly outcome: LaneOutcome;
      readonly from: string | null;
      readonly to: string | null;
      readonly generation: number | null;
      /** Why it is not `done`; null where nothing needs saying. */
      readonly because: string | null;
      readonly problem?: ProblemReport;
    }
  | { readonly kind: "run.interrupted"; readonly signal: string; readonly times: number }
  | { readonly kind: "run.finished"; readonly outcome: RunOutcome; readonly exit: number };

/** What a step found or made, where later readers want to know. All optional, all plain. */
export interface StepResult {
  readonly derivation?: string;
  readonly system?: string;
  readonly bytes?: number;
  readonly paths?: number;
  /** What the host's dry-activate says it would do. */
  readonly effects?: Effects;
  /** Newly failed units that were tolerated. */
  readonly failedUnits?: readonly string[];
  readonly generation?: number;
}

/** How a host's part ended. History, exit code and pages are computed from these alone. */
export type LaneOutcome =
  | "done"
  | "unchanged"
  | "undone"
  | "failed"
  | "stuck"
  | "unreachable"
  | "skipped"
  | "detached"
  | "left";

export type RunOutcome = "succeeded" | "failed" | "partial" | "interrupted";

export type Emit = (happening: Happening) => void;
