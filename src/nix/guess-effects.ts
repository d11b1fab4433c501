import type { Effects } from "../event/event.ts";

/** The units that a system brings (`etc/systemd/system`). */
export interface SystemUnits {
  /** What each leads to, by name: a store path. Folders of overrides (`x.service.d`) too. */
  readonly paths: Readonly<Record<string, string>>;
  /** Started at boot: they stand in a `.wants` or `.requires` folder of a target. */
  readonly wanted: readonly string[];
}

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
  const wanted = new Set(after.wanted);
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

function unitChanges(before: SystemUnits, after: SystemUnits): ReadonlyMap<string, UnitChange> {
  const changes = new Map<string, UnitChange>();
  const names = [...new Set([...Object.keys(before.paths), ...Object.keys(after.paths)])];
  for (const name of names.toSorted()) {
    const old = before.paths[name];
    const now = after.paths[name];
    const unit = name.replace(/\.d$/, "");
    if (old === now || !isActedOn(unit)) continue;
    const isOverride = name !== unit;
    if (isOverride) {
      // A unit with another folder of overrides is a changed one, if it is there at all.
      if (!changes.has(unit)) changes.set(unit, "changed");
    } else
      changes.set(unit, old === undefined ? "added" : now === undefined ? "removed" : "changed");
  }
  return changes;
}

/** Targets and slices are never restarted, and a template (`x@.service`) is no unit yet. */
function isActedOn(unit: string): boolean {
  return /\.(?:service|socket|timer|path|mount|automount|swap)$/.test(unit) && !unit.includes("@.");
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
