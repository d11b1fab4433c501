import type { Effects } from "../plan/effects.ts";

/**
 * The units that a system brings: what stands in `etc/systemd/system`, by names relative to it
 * (`nginx.service`, `nginx.service.d/overrides.conf`, `multi-user.target.wants/nginx.service`). The
 * value tells one content from another.
 */
export type SystemUnits = Readonly<Record<string, string>>;

/**
 * What a switch would probably do to units, from two systems alone: before the new one is on the
 * host, nothing there can be asked. `textOf` gives the new text of a unit that differs.
 * `switch-to-configuration` also looks at what runs, so a guess may name units that do not.
 */
export function guessEffects(
  before: SystemUnits,
  after: SystemUnits,
  textOf: (unit: string) => string | undefined,
): Effects {
  const changes = unitChanges(before, after);
  const of = (change: UnitChange): readonly string[] =>
    [...changes].filter(([, what]) => what === change).map(([unit]) => unit);
  const changed = of("changed").map((unit) => ({ unit, act: actOf(textOf(unit) ?? "") }));
  const acted = (act: UnitAct): readonly string[] =>
    changed.filter((entry) => entry.act === act).map(({ unit }) => unit);
  const wanted = new Set(Object.keys(after).flatMap((name) => wantedBy.exec(name)?.[1] ?? []));
  return {
    stop: of("removed"),
    start: of("added").filter((unit) => wanted.has(unit)),
    restart: acted("restart"),
    reload: acted("reload"),
    kept: acted("kept"),
  };
}

/** Units whose text differs: those of which `guessEffects` wants to know it. */
export function changedUnits(before: SystemUnits, after: SystemUnits): readonly string[] {
  return [...unitChanges(before, after)]
    .filter(([, change]) => change === "changed")
    .map(([unit]) => unit);
}

type UnitChange = "added" | "removed" | "changed";
type UnitAct = "restart" | "reload" | "kept" | "nothing";

/** A unit in the folder of a target that wants it: started at boot, and by a switch. */
const wantedBy = /\.(?:wants|requires)\/(.+)$/;

function unitChanges(before: SystemUnits, after: SystemUnits): ReadonlyMap<string, UnitChange> {
  const changes = new Map<string, UnitChange>();
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  for (const name of names.toSorted()) {
    const old = before[name];
    const now = after[name];
    const [unit = "", override] = name.split(".d/");
    if (old === now || !isActedOn(unit)) continue;
    const change = old === undefined ? "added" : now === undefined ? "removed" : "changed";
    // A unit with other overrides is a changed one, unless it comes or goes itself.
    if (override === undefined) changes.set(unit, change);
    else if (!changes.has(unit)) changes.set(unit, "changed");
  }
  return changes;
}

/** Targets and slices are never restarted, and a template (`x@.service`) is no unit yet. */
function isActedOn(unit: string): boolean {
  return /\.(?:service|socket|timer|path|mount|automount|swap)$/.test(unit) && !/@\.|\//.test(unit);
}

/** By the words that NixOS writes into units for `switch-to-configuration`. */
function actOf(text: string): UnitAct {
  const says = (key: string, value: string): boolean =>
    new RegExp(`^${key}=${value}\\s*$`, "m").test(text);
  if (says("X-ReloadIfChanged", "true")) return "reload";
  const stays =
    says("X-RestartIfChanged", "false") ||
    says("RefuseManualStop", "(?:true|yes|1)") ||
    says("X-OnlyManualStart", "(?:true|yes|1)");
  if (stays) return "kept";
  // It runs for a moment only, when something asks for it.
  const isPassing = says("Type", "oneshot") && !says("RemainAfterExit", "(?:true|yes|1)");
  return isPassing ? "nothing" : "restart";
}
