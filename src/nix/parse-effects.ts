import type { Effects } from "../plan/effects.ts";

/**
 * Reads what `switch-to-configuration` says of units: `would stop the following units: a, b` when
 * it only rehearses, `stopping the following units: a, b` when it does it. Units that users run
 * are left out, and so is everything else it prints.
 */
export function parseEffects(text: string): Effects {
  const found = new Map<keyof Effects, Set<string>>();
  for (const line of text.split("\n")) {
    const match = sentence.exec(line.trim());
    if (!match) continue;
    const [, not, verb = "", names = ""] = match;
    const kind = not === undefined ? kinds[verb] : "kept";
    if (kind === undefined) continue;
    const units = found.get(kind) ?? new Set();
    found.set(kind, units);
    for (const name of names.split(", ")) units.add(name.trim());
  }
  const listOf = (kind: keyof Effects): readonly string[] => [...(found.get(kind) ?? [])];
  const starts = new Set(listOf("start"));
  return {
    // What is stopped and started again is restarted, in a roundabout way.
    stop: listOf("stop").filter((unit) => !starts.has(unit)),
    start: listOf("start").filter((unit) => !found.get("stop")?.has(unit)),
    restart: [
      ...new Set([...listOf("restart"), ...listOf("stop").filter((unit) => starts.has(unit))]),
    ],
    reload: listOf("reload"),
    kept: listOf("kept"),
  };
}

const sentence =
  /^(?:would )?(NOT )?(stop|restart|reload|start)(?:ping|ing)? the following (?:changed )?units: (\S.*)$/;
const kinds: Readonly<Record<string, keyof Effects>> = {
  stop: "stop",
  start: "start",
  restart: "restart",
  reload: "reload",
};
