import type { Fleet, FleetProblem } from "../fleet/fleet.ts";
import type { Host } from "../fleet/host.ts";
import { clean } from "../lib/width.ts";
import type { Context } from "./context.ts";

/** Says on stderr what is worth knowing about the repository before its hosts are evaluated. */
export function tellNotes(context: Context, fleet: Fleet, hosts: readonly Host[]): void {
  const names = new Set(hosts.map(({ name }) => name));
  tell(
    context,
    fleet.problems.filter(({ severity, host, code }) => {
      const isNote = severity === "warning" || isOfReference({ code });
      return isNote && (host === undefined || names.has(host));
    }),
  );
}

/** For host list, whose table has all else: how the repository is read. */
export function tellReference(context: Context, { problems }: Fleet): void {
  tell(context, problems.filter(isOfReference));
}

/** A folder without git works, with a note. */
function isOfReference({ code }: Pick<FleetProblem, "code">): boolean {
  return code === "path-reference";
}

/** One line a kind: what is true of twenty hosts is said of one, with how many there are. */
function tell(context: Context, notes: readonly FleetProblem[]): void {
  if (context.output.verbosity < 0) return;
  const { ascii } = context.progressStyle();
  const kinds = new Map<string, readonly FleetProblem[]>();
  for (const note of notes) kinds.set(note.code, [...(kinds.get(note.code) ?? []), note]);
  for (const [first, ...others] of kinds.values()) {
    if (first === undefined) continue;
    const mark = first.severity === "warning" ? (ascii ? "!" : "⚠") : "note:";
    const more =
      others.length === 0 ? "" : ` (and ${others.length} more like it: flurry host list)`;
    context.stderr(`${mark} ${clean(first.message)}${more}\n`);
  }
}
