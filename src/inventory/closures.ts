import type { Host } from "../fleet/host.ts";
import { cksum } from "../nix/cksum.ts";
import { diffClosures } from "../nix/closure-diff.ts";
import { pathInfo } from "../nix/commands.ts";
import { changedUnits, guessEffects, type SystemUnits } from "../nix/guess-effects.ts";
import { askSystem, parseSystem, type SystemThere } from "../nix/host-store.ts";
import { closureIn, parsePathInfo, type StoreGraph } from "../nix/parse-path-info.ts";
import { risksOf } from "../nix/risks.ts";
import type { Closure, ClosureDiff } from "../plan/closure-diff.ts";
import type { Effects } from "../plan/effects.ts";
import type { Risk } from "../plan/risk.ts";
import type { World } from "../world/world.ts";
import { askNix } from "./ask-nix.ts";

/**
 * The closures of systems that are in the store here, by their paths; what is not whole here is left
 * out. One process of Nix for all that is asked at about the same time; and closures never change,
 * so each is asked for once. `soon`: others that will be wanted, which are asked for along with these
 * if there is anything to ask.
 */
export async function closuresHere(
  world: World,
  systems: readonly string[],
  soon: readonly string[] = [],
): Promise<ReadonlyMap<string, Closure>> {
  const { closures: known } = shelfOf(world);
  if (!systems.every((system) => known.has(system))) {
    for (const system of soon) void closureHere(world, system);
  }
  const asked = [...new Set(systems)].map((system) => closureHere(world, system));
  const closures = await Promise.all(asked);
  const found = closures.filter((closure) => closure !== null);
  return new Map(found.map((closure) => [closure.system, closure]));
}

/** What a world's store was asked already, and what is to be asked next. */
interface Shelf {
  readonly closures: Map<string, Promise<Closure | null>>;
  /** By host and systems. */
  readonly diffs: Map<string, Promise<HostDiff | null>>;
  next: { readonly systems: Set<string>; readonly graph: Promise<StoreGraph> } | null;
  last: Promise<unknown>;
}

const shelves = new WeakMap<World["here"], Shelf>();

function shelfOf(world: World): Shelf {
  const shelf = shelves.get(world.here) ?? {
    closures: new Map(),
    diffs: new Map(),
    next: null,
    last: Promise.resolve(),
  };
  shelves.set(world.here, shelf);
  return shelf;
}

function closureHere(world: World, system: string): Promise<Closure | null> {
  const shelf = shelfOf(world);
  const known = shelf.closures.get(system);
  if (known) return known;
  const { systems, graph } = (shelf.next ??= openQuestion(world, shelf));
  systems.add(system);
  const closure = Promise.all([graph, world.files.real(`${system}/sw`)]).then(([paths, packages]) =>
    closureIn(paths, system, packages ?? null),
  );
  shelf.closures.set(system, closure);
  // What is not here now may be built or copied later.
  const forget = (): boolean => shelf.closures.delete(system);
  closure.then((found) => found ?? forget(), forget);
  return closure;
}

/** Asked as soon as the question before has its answer: until then others may join. */
function openQuestion(world: World, shelf: Shelf): NonNullable<Shelf["next"]> {
  const systems = new Set<string>();
  const graph = shelf.last.then(() => {
    shelf.next = null;
    return graphOf(world, [...systems]);
  });
  shelf.last = graph.then(undefined, () => {});
  return { systems, graph };
}

async function graphOf(world: World, systems: readonly string[]): Promise<StoreGraph> {
  const isThere = await Promise.all(systems.map((system) => existsHere(world, system)));
  const there = systems.filter((_, index) => isThere[index]);
  return there.length === 0 ? new Map() : askGraph(world, there);
}

async function askGraph(world: World, systems: readonly string[]): Promise<StoreGraph> {
  const { code, stdout } = await askNix(world, pathInfo(systems));
  if (code === 0) return parsePathInfo(stdout) ?? new Map();
  if (systems.length === 1) return new Map();
  // One that is not in the store spoils the answer for all.
  const graphs: StoreGraph[] = [];
  for (const system of systems) graphs.push(await askGraph(world, [system]));
  return new Map(graphs.flatMap((graph) => [...graph]));
}

/** The closure of a system in a host's store; null where it is not there. */
export async function closureOnHost(
  world: World,
  host: Host,
  system: string,
): Promise<Closure | null> {
  return (await systemOnHost(world, host, system))?.closure ?? null;
}

async function systemOnHost(world: World, host: Host, system: string): Promise<SystemThere | null> {
  const { stdout } = await world.onHost(askSystem(host, system));
  return parseSystem(stdout, system);
}

/** What would become of a host. */
export interface HostDiff {
  readonly diff: ClosureDiff;
  /** Guessed from the units of the two systems; null where they could not be read. */
  readonly effects: Effects | null;
  readonly risks: readonly Risk[];
}

/** A host, what it runs (null: nothing known), and what it would run. */
export interface Comparison {
  readonly host: Host;
  readonly seen: { readonly running: string | null };
  readonly to: string;
}

/**
 * What would become of hosts, by name: versions, effects, risks. One process of Nix here for all, and
 * at most one script on a host, for what only it has. Hosts of which a system is nowhere are left out.
 * What was found is kept, so it may be asked for beforehand, while there is something else to wait for.
 */
export async function diffHosts(
  world: World,
  changes: readonly Comparison[],
): Promise<ReadonlyMap<string, HostDiff>> {
  const { diffs } = shelfOf(world);
  const unknown = changes.filter((change) => !diffs.has(keyOf(change)));
  // All at once, so that one process answers for all.
  await closuresHere(
    world,
    unknown.flatMap(({ seen, to }) => [seen.running ?? to, to]),
  );
  const found = await Promise.all(
    changes.map(async (change) => {
      const diff = await diffHost(world, change);
      return diff ? [[change.host.name, diff] as const] : [];
    }),
  );
  return new Map(found.flat());
}

function keyOf({ host, seen, to }: Comparison): string {
  return [host.name, seen.running, to].join(" ");
}

/** Null where one of the systems is nowhere; then it may be somewhere later. */
function diffHost(world: World, change: Comparison): Promise<HostDiff | null> {
  const { diffs } = shelfOf(world);
  const key = keyOf(change);
  const known = diffs.get(key);
  if (known) return known;
  const diff = makeDiff(world, change);
  diffs.set(key, diff);
  const forget = (): boolean => diffs.delete(key);
  diff.then((found) => found ?? forget(), forget);
  return diff;
}

async function makeDiff(world: World, { host, seen, to }: Comparison): Promise<HostDiff | null> {
  const [before, after] = await Promise.all([
    seen.running === null ? null : readSystem(world, host, seen.running),
    readSystem(world, host, to),
  ]);
  if (!after || (seen.running !== null && !before)) return null;
  return compareSystems(world, before, after);
}

/** A system, wherever it is. */
export interface ReadSystem extends SystemThere {
  /** It is in the store here, so its files can be read. */
  readonly isHere: boolean;
}

/** Reads a system here if it is here, else on the host (null: ask none); null where it is nowhere. */
export async function readSystem(
  world: World,
  host: Host | null,
  system: string,
): Promise<ReadSystem | null> {
  const closure = await closureHere(world, system);
  if (closure) return { closure, units: await unitsHere(world, system), isHere: true };
  const there = host && (await systemOnHost(world, host, system));
  return there && { ...there, isHere: false };
}

/** A path may exist and not be in the store; but what does not exist need not be asked for. */
async function existsHere(world: World, system: string): Promise<boolean> {
  return (await world.files.real(system)) !== undefined;
}

/** What one system would become as another. */
export async function compareSystems(
  world: World,
  before: ReadSystem | null,
  after: ReadSystem,
): Promise<HostDiff> {
  const diff = diffClosures(before?.closure ?? null, after.closure);
  const effects = before && (await effectsOf(world, before.units, after));
  return { diff, effects, risks: risksOf(diff, effects) };
}

async function effectsOf(
  world: World,
  before: SystemUnits,
  { units, closure, isHere }: ReadSystem,
): Promise<Effects | null> {
  if (Object.keys(before).length === 0 || Object.keys(units).length === 0) return null;
  const texts = new Map<string, string | undefined>();
  for (const unit of isHere ? changedUnits(before, units) : []) {
    texts.set(unit, await world.files.read(`${unitFolder(closure.system)}/${unit}`));
  }
  return guessEffects(before, units, (unit) => texts.get(unit));
}

function unitFolder(system: string): string {
  return `${system}/etc/systemd/system`;
}

/** The same sums as the host's own script makes. */
async function unitsHere(world: World, system: string): Promise<SystemUnits> {
  const folder = unitFolder(system);
  const top = ((await world.files.list(folder)) ?? []).map(({ name }) => name);
  const below = await Promise.all(
    top
      .filter((name) => /\.(?:d|wants|requires|upholds)$/.test(name))
      .map(async (name) => {
        const entries = (await world.files.list(`${folder}/${name}`)) ?? [];
        return entries.map((entry) => `${name}/${entry.name}`);
      }),
  );
  const names = [...top, ...below.flat()];
  const sums = await Promise.all(names.map((name) => sumOf(world, `${folder}/${name}`)));
  return Object.fromEntries(
    names.flatMap((name, index) => {
      const sum = sums[index];
      return sum === undefined || sum === null ? [] : [[name, sum] as const];
    }),
  );
}

/** Null for folders, and for links that lead nowhere. */
async function sumOf(world: World, path: string): Promise<string | null> {
  const bytes = await world.files.bytes(path).then(undefined, () => undefined);
  if (!bytes) return null;
  const { sum, length } = cksum(bytes);
  return `${sum} ${length}`;
}
