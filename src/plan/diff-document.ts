import type { ProblemReport } from "../lib/problem.ts";
import type { ClosureDiff } from "./closure-diff.ts";
import type { Effects } from "./effects.ts";
import type { Risk } from "./risk.ts";

/** What `flurry diff --json` prints. Unknown is null, never missing. */
export interface DiffDocument {
  readonly schema: "flurry.diff/1";
  /** By host, in the order in which they were named; empty where systems of no one host are compared. */
  readonly hosts: Readonly<Record<string, Difference>>;
  /** Of two store paths, or of systems of two hosts; null where hosts are compared with themselves. */
  readonly systems: Difference | null;
}

/** Two systems, and what the one would become as the other. */
export interface Difference {
  /** As a person calls them: a generation's number, a revision, a path. */
  readonly from: number | string | null;
  readonly to: number | string | null;
  readonly diff: ClosureDiff | null;
  /** Guessed from the units of the two. */
  readonly effects: Effects | null;
  readonly risks: readonly Risk[];
  /** Why nothing can be said. */
  readonly problem: ProblemReport | null;
}
