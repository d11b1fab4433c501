import type { Closure, ClosureDiff, NameChange, Totals } from "../plan/closure-diff.ts";
import { compareVersions, parseName } from "./store-name.ts";

/** A rebuilt name that moves the size by less is not worth a line. */
const worthALine = 8 * 1024;

/**
 * What becomes of a closure, by names and versions. `before` null: there was none. The bytes of
 * `changes` and of `rebuilt` add up to the difference of the totals; the order of paths is of no
 * matter; and turned around, added and removed, upgraded and downgraded change places.
 */
export function diffClosures(before: Closure | null, after: Closure): ClosureDiff {
  const old = groupByName(before);
  const now = groupByName(after);
  const pairs = pairsOf(old, now);
  const chosen = new Set(
    [before, after].flatMap((closure) => closure?.chosen ?? []).map((path) => parseName(path).name),
  );
  const rows = pairs.filter(isDifferent).map((pair) => changeOf(pair, chosen));
  const kernel = kernelMove(rows);
  const all = rows.map((row) => ({ ...row, with: row.with ?? movesWith(row, kernel) }));
  const hidden = all.filter(isHidden);
  return {
    from: before?.system ?? null,
    to: after.system,
    changes: all.filter((row) => !isHidden(row)),
    rebuilt: {
      names: hidden.map(({ name }) => name),
      bytes: sum(hidden.map(({ bytes }) => bytes)),
    },
    paths: countPaths(before, after),
    bytes: { before: bytesOf(before), after: bytesOf(after) },
  };
}

function isHidden({ kind, bytes }: NameChange): boolean {
  return kind === "rebuilt" && Math.abs(bytes) < worthALine;
}

/** All paths of one name. */
interface Group {
  readonly name: string;
  readonly versions: ReadonlySet<string>;
  readonly paths: ReadonlySet<string>;
  readonly bytes: number;
}

/** One name before and after. Their names differ where only the interpreter's number moved. */
interface Pair {
  readonly old: Group | undefined;
  readonly now: Group | undefined;
}

function groupByName(closure: Closure | null): ReadonlyMap<string, Group> {
  const groups = new Map<string, { versions: Set<string>; paths: Set<string>; bytes: number }>();
  for (const { path, bytes } of closure?.paths ?? []) {
    const { name, version } = parseName(path);
    const group = groups.get(name) ?? { versions: new Set(), paths: new Set(), bytes: 0 };
    groups.set(name, group);
    if (group.paths.has(path)) continue;
    group.versions.add(version);
    group.paths.add(path);
    group.bytes += bytes;
  }
  return new Map([...groups].map(([name, group]) => [name, { name, ...group }]));
}

function pairsOf(
  old: ReadonlyMap<string, Group>,
  now: ReadonlyMap<string, Group>,
): readonly Pair[] {
  const moved = movedNames(old, now);
  const gone = new Set(moved.values());
  const names = [...new Set([...old.keys(), ...now.keys()])].filter((name) => !gone.has(name));
  return names
    .toSorted(byCharacters)
    .map((name) => ({ old: old.get(moved.get(name) ?? name), now: now.get(name) }));
}

/**
 * Names that are new only because their interpreter has another number, to what they were called.
 * Otherwise one new Python would fill the screen.
 */
function movedNames(
  old: ReadonlyMap<string, Group>,
  now: ReadonlyMap<string, Group>,
): ReadonlyMap<string, string> {
  const only = (names: ReadonlyMap<string, Group>, others: ReadonlyMap<string, Group>): string[] =>
    [...names.keys()].filter((name) => !others.has(name) && splitInterpreter(name) !== null);
  const removed = new Map<string, string[]>();
  for (const name of only(old, now)) {
    const plain = splitInterpreter(name)?.plain ?? name;
    removed.set(plain, [...(removed.get(plain) ?? []), name]);
  }
  const moved = new Map<string, string>();
  const added = only(now, old);
  const plains = added.map((name) => splitInterpreter(name)?.plain);
  for (const [index, name] of added.entries()) {
    const plain = plains[index] ?? name;
    const candidates = removed.get(plain) ?? [];
    // Where several would fit, nobody can tell which became which.
    const [candidate] = candidates;
    const isOnly = plains.filter((other) => other === plain).length === 1;
    if (candidate !== undefined && candidates.length === 1 && isOnly) moved.set(name, candidate);
  }
  return moved;
}

interface Interpreted {
  readonly interpreter: string;
  readonly number: string;
  /** The name without the number: `python-numpy`. */
  readonly plain: string;
}

/** `python3.12-numpy` → python, 3.12. */
function splitInterpreter(name: string): Interpreted | null {
  const match = /^(python|perl|ruby|lua|luajit|ocaml|php|emacs)-?(\d[\d.]*)-(.+)$/.exec(name);
  if (!match) return null;
  const [, interpreter = "", number = "", rest = ""] = match;
  return { interpreter, number, plain: `${interpreter}-${rest}` };
}

function isDifferent({ old, now }: Pair): boolean {
  return !old || !now || old.name !== now.name || !isSame(old.paths, now.paths);
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((value) => other.has(value));
}

function changeOf({ old, now }: Pair, chosen: ReadonlySet<string>): NameChange {
  const before = old?.versions ?? new Set<string>();
  const after = now?.versions ?? new Set<string>();
  const from = sorted([...before].filter((version) => !after.has(version)));
  const to = sorted([...after].filter((version) => !before.has(version)));
  const kept = sorted([...before].filter((version) => after.has(version)));
  const name = now?.name ?? old?.name ?? "";
  return {
    name,
    kind: !old ? "added" : !now ? "removed" : kindOf(from, to),
    class: classOf(name, [...before, ...after]),
    from: from.filter(isVersion),
    to: to.filter(isVersion),
    kept: kept.filter(isVersion),
    bytes: (now?.bytes ?? 0) - (old?.bytes ?? 0),
    chosen: chosen.has(name) || (old !== undefined && chosen.has(old.name)),
    with: old && now ? interpreterMove(old.name, now.name) : null,
  };
}

function kindOf(from: readonly string[], to: readonly string[]): NameChange["kind"] {
  const highest = to.at(-1);
  const lowest = from.at(-1);
  if (highest === undefined && lowest === undefined) return "rebuilt";
  if (highest === undefined || lowest === undefined) return "changed";
  const order = compareVersions(highest, lowest);
  return order > 0 ? "upgraded" : order < 0 ? "downgraded" : "changed";
}

function isVersion(version: string): boolean {
  return version !== "";
}

/** What a running system has loaded, and a switch cannot replace. */
const kernelName = /^(?:initrd-)?linux(?:-(?:zen|xanmod|lqx|hardened|libre|rt|rpi|latest|asahi))?$/;
const rebootNames = new Set(["linux-firmware", "systemd"]);
const configurationName =
  /^(?:unit-|etc-|X-Restart-Triggers-|nixos-system-)|-env$|\.(?:conf|patch|sh)$|^(?:source|etc|system-path|user-units)$/;

function classOf(name: string, versions: readonly string[]): NameChange["class"] {
  if (isKernel(name) || rebootNames.has(name)) return "reboot";
  const isUnversioned = versions.every((version) => version === "");
  return configurationName.test(name) || isUnversioned ? "configuration" : "package";
}

function isKernel(name: string): boolean {
  return kernelName.test(name);
}

function interpreterMove(before: string, after: string): string | null {
  const old = splitInterpreter(before);
  const now = splitInterpreter(after);
  if (!old || !now || old.number === now.number) return null;
  return `${now.interpreter} ${old.number} → ${now.number}`;
}

interface Move {
  readonly from: string;
  readonly to: string;
}

/** The kernel's versions, where exactly one became another. */
function kernelMove(rows: readonly NameChange[]): Move | null {
  const kernels = rows.filter(({ name }) => isKernel(name) && !name.startsWith("initrd-"));
  const [kernel] = kernels;
  const from = kernel?.from[0];
  const to = kernel?.to[0];
  const isOne = kernels.length === 1 && kernel?.from.length === 1 && kernel.to.length === 1;
  return isOne && from !== undefined && to !== undefined ? { from, to } : null;
}

/** A module out of the kernel's tree, whose version ends in the kernel's: `2.2.7-6.6.68`. */
function movesWith({ from, to }: NameChange, kernel: Move | null): string | null {
  const [old] = from;
  const [now] = to;
  if (!kernel || old === undefined || now === undefined || from.length + to.length !== 2)
    return null;
  const isModule =
    old.endsWith(`-${kernel.from}`) &&
    now.endsWith(`-${kernel.to}`) &&
    old.slice(0, -kernel.from.length) === now.slice(0, -kernel.to.length);
  return isModule ? `linux ${kernel.from} → ${kernel.to}` : null;
}

function countPaths(before: Closure | null, after: Closure): Totals {
  const old = new Set(before?.paths.map(({ path }) => path));
  const now = new Set(after.paths.map(({ path }) => path));
  const added = [...now].filter((path) => !old.has(path)).length;
  return { before: old.size, after: now.size, added, removed: old.size - (now.size - added) };
}

function bytesOf(closure: Closure | null): number {
  const sizes = new Map(closure?.paths.map(({ path, bytes }) => [path, bytes]));
  return sum([...sizes.values()]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function sorted(versions: readonly string[]): readonly string[] {
  // Equal by Nix's order, yet written differently: then by characters, so that the order is one.
  return versions.toSorted((a, b) => compareVersions(a, b) || byCharacters(a, b));
}

function byCharacters(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
