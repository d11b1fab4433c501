import type { Goal } from "../fleet/host.ts";
import type { ProblemReport } from "../lib/problem.ts";
import type { ClosureDiff } from "./closure-diff.ts";
import type { Effects } from "./effects.ts";
import type { Risk } from "./risk.ts";

/** What would become of each host: `flurry plan --json`. Unknown is null, never missing. */
export interface PlanDocument {
  readonly schema: "flurry.plan/1";
  readonly goal: Goal;
  /** Where the repository is, as a person would write it. */
  readonly source: string | null;
  readonly revision: string | null;
  readonly dirty: boolean;
  /** In the order in which they were selected. */
  readonly hosts: Readonly<Record<string, PlannedHost>>;
  /** Who would go when: names of hosts that change. */
  readonly waves: readonly PlannedWave[];
  readonly work: PlannedWork | null;
  /** How long it took to find all this out. */
  readonly seconds: number | null;
}

export interface PlannedWave {
  readonly name: string;
  readonly width: number;
  readonly hosts: readonly string[];
}

/** What building all hosts takes: known beforehand with `--no-build`, afterwards else. */
export interface PlannedWork {
  readonly builds: number;
  readonly fetches: number;
  readonly fetchBytes: number | null;
  /** Where it is built: `here`, a builder's name; null for several. */
  readonly on: string | null;
}

/** One host's part of a plan. */
export interface PlannedHost {
  /** `none`: it has what is asked for. Null: not known, `problem` says why. */
  readonly change: "none" | Goal | null;
  /** Store paths of systems. */
  readonly running: string | null;
  readonly to: string | null;
  /** Of the host's profile now, and what the change would make of it. */
  readonly generation: number | null;
  readonly nextGeneration: number | null;
  readonly diff: ClosureDiff | null;
  /** Guessed from the two systems, or told by the host's own rehearsal. */
  readonly effects: Effects | null;
  readonly risks: readonly Risk[];
  readonly problem: ProblemReport | null;
}
