import { parseJson } from "../lib/json.ts";
import type { Closure, ClosurePath } from "../plan/closure-diff.ts";
import { isRecord } from "./log-line.ts";

/** What the store knows of one path. */
export interface StorePath {
  readonly bytes: number;
  readonly references: readonly string[];
}

/** Store paths by their names, with folder. */
export type StoreGraph = ReadonlyMap<string, StorePath>;

/**
 * Reads `nix path-info --json`: a list in 2.8, an object by path from 2.19 on, and in the newest
 * form an object of base names inside another. Null for anything else. Paths that the store does not
 * have are left out.
 */
export function parsePathInfo(text: string): StoreGraph | null {
  const value = parseJson(text);
  const entries = entriesOf(value);
  if (!entries) return null;
  const folder = isRecord(value) && typeof value["storeDir"] === "string" ? value["storeDir"] : "";
  const whole = (name: string): string => (name.startsWith("/") ? name : `${folder}/${name}`);
  const graph = new Map<string, StorePath>();
  for (const [name, info] of entries) {
    if (!isRecord(info) || typeof info["narSize"] !== "number") continue;
    const references = Array.isArray(info["references"]) ? info["references"] : [];
    graph.set(whole(name), {
      bytes: info["narSize"],
      references: references.flatMap((one) => (typeof one === "string" ? [whole(one)] : [])),
    });
  }
  return graph;
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | null {
  if (Array.isArray(value)) {
    return value.flatMap((info) =>
      isRecord(info) && typeof info["path"] === "string" ? [[info["path"], info] as const] : [],
    );
  }
  if (!isRecord(value)) return null;
  return Object.entries(isRecord(value["info"]) ? value["info"] : value);
}

/** All that a system needs; null where a path of it is not in the graph. `packages` is its `sw`. */
export function closureIn(
  graph: StoreGraph,
  system: string,
  packages: string | null,
): Closure | null {
  const paths = new Map<string, ClosurePath>();
  const open = [system];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (paths.has(path)) continue;
    const info = graph.get(path);
    if (!info) return null;
    paths.set(path, { path, bytes: info.bytes });
    open.push(...info.references);
  }
  const chosen = (packages !== null && graph.get(packages)?.references) || null;
  return { system, paths: [...paths.values()], chosen };
}

/** Reads `nix path-info -r -s`: a path, blanks, a tab, and its size. Other lines are left out. */
export function parseSizes(lines: readonly string[]): readonly ClosurePath[] {
  return lines.flatMap((line) => {
    const match = /^(\/\S+) *\t *(\d+)$/.exec(line.trimEnd());
    return match ? [{ path: match[1] ?? "", bytes: Number(match[2]) }] : [];
  });
}
