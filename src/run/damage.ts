import type { Host } from "../fleet/host.ts";
import { Problem } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { askNewPaths, parseMissing } from "../nix/host-store.ts";
import { parseVerification } from "../nix/parse-chores.ts";
import type { Cause, Ended } from "../nix/parse-outcome.ts";
import type { Errand } from "./errand.ts";

/** Ends of an activation that files with other contents than they were built with may have brought. */
const mayComeFromDamage: ReadonlySet<Cause | null> = new Set([
  "units",
  "code",
  "killed",
  "failed",
  "silent",
] as const);

/** From one system to another: what only the second needs is new to the host. */
interface Span {
  readonly from?: string | null | undefined;
  readonly to: string;
}

/**
 * After a failed activation: a problem that names the paths which are not what they were built as, or
 * null if all are whole. Sending them again would not help by itself: they count as there.
 */
export async function damageBehind(
  host: Host,
  { cause, because }: Ended,
  span: Span,
  errand: Errand,
): Promise<Problem | null> {
  if (!mayComeFromDamage.has(cause)) return null;
  // This is help with another problem, which must be told in any case.
  const damaged = await damagedPaths(host, span, errand).then(undefined, () => []);
  const [first, ...others] = damaged;
  if (first === undefined) return null;
  const more = others.length > 0 ? `, and ${others.length} more,` : "";
  const message = `${host.name} has ${first}${more} with other contents than it was built with: ${because ?? "its activation failed"}`;
  return new Problem("store-damaged", message, {
    hint: `flurry switch ${host.name} --repair-store`,
    evidence: damaged,
  });
}

/** Takes damaged paths out of the host's store; true if there were any, which are now to be copied. */
export async function discardDamaged(host: Host, span: Span, errand: Errand): Promise<boolean> {
  const damaged = await damagedPaths(host, span, errand);
  if (damaged.length === 0) return false;
  for (const path of damaged) {
    errand.emit({
      kind: "warning.given",
      host: host.name,
      message: `${path} was damaged, and is sent again`,
    });
  }
  await errand.world.onHost(guard.discard(host, errand.run, damaged));
  return true;
}

async function damagedPaths(
  host: Host,
  { from, to }: Span,
  { world, run, control }: Errand,
): Promise<readonly string[]> {
  const { stdout } = await world.onHost(askNewPaths(host, from ?? to, to));
  const paths = parseMissing(stdout);
  if (paths.length === 0) return [];
  for (;;) {
    const { code, stdout: reply } = await world.onHost(guard.verify(host, run, paths));
    if (code !== guard.stillGoing) return parseVerification(reply);
    if (control.detach.aborted || control.cancel.aborted) return [];
  }
}
