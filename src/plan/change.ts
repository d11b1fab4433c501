import type { Goal, Host } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";

/** What would become of a host: what it was seen to be, and the system that is wanted. */
export interface Change {
  readonly host: Host;
  readonly seen: SeenHost;
  /** The system to be kept: a store path. */
  readonly to: string;
  /** The generation of the host that a rollback goes to; null where `to` is new. */
  readonly generation: number | null;
  readonly goal: Goal;
  /** The commit that `to` came from; null for a rollback, or without git. */
  readonly revision: string | null;
  readonly dirty: boolean;
  readonly reason: string;
}

/**
 * What is missing for the goal. `none`: the host has what is asked for. `record`: all but the note
 * of the revision. `repair`: it runs the system already, but its profile or boot default differ.
 */
export type Due = "none" | "record" | "repair" | "change";

/** Whether anything is to be done. An unknown boot default counts as agreeing. */
export function dueOf({ seen, to, goal, revision, dirty }: Change): Due {
  const runs = seen.running === to;
  const stays = seen.profile === to && (seen.bootDefault === to || seen.bootDefault === null);
  const has = goal === "test" ? runs : goal === "boot" ? stays : runs && stays;
  if (goal === "dry-activate") return runs ? "none" : "change";
  if (!has) return runs && goal === "switch" ? "repair" : "change";
  const recorded = seen.revision === revision && seen.revisionDirty === dirty;
  return revision === null || recorded || !seen.asRoot || goal === "test" ? "none" : "record";
}
