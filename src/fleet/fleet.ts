import type { Host } from "./host.ts";

/** All that one repository describes. */
export interface Fleet {
  readonly source: Source;
  /** In the repository's order (by name). */
  readonly hosts: readonly Host[];
  /** Homes that stand alone, by their names. */
  readonly standalone: readonly string[];
  readonly droids: readonly string[];
  readonly problems: readonly FleetProblem[];
}

/** Something that is wrong or worth knowing in the repository. Errors stop that host, never others. */
export interface FleetProblem {
  readonly severity: "error" | "warning" | "info";
  readonly code: string;
  /** Relative to the flake's folder. */
  readonly path: string;
  readonly message: string;
  /** The host it stops or speaks of, where it is one. */
  readonly host?: string;
}

/** Where a fleet was read, and the one tree that everything of a run is read from. */
export interface Source {
  /** As it goes to Nix in plain form, after realpath: `git+file:///home/ada/fleet`, `github:o/r`. */
  readonly reference: string;
  /** The flake's folder on this machine; null for remote references. */
  readonly folder: string | null;
  /** The commit, or the one under the edits; null where there is no git. */
  readonly revision: string | null;
  /** Tracked files differ from the commit. */
  readonly dirty: boolean;
}

/**
 * The one tree that a run reads, however long people go on editing. `reference` goes to Nix with
 * `#attribute` behind it; `flags` go with every call that reads it.
 */
export interface Snapshot {
  readonly reference: string;
  readonly flags: readonly string[];
}
