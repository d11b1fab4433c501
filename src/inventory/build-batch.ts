import { Problem, problemOf } from "../lib/problem.ts";
import { buildProblem } from "../nix/build-error.ts";
import * as nix from "../nix/commands.ts";
import { copyProblem } from "../nix/copy-error.ts";
import type { NixFlags } from "../nix/nix-flags.ts";
import type { Build, NixLog } from "../nix/parse-log.ts";
import type { World } from "../world/world.ts";
import { askNix, linesOf } from "./ask-nix.ts";
import { type BuildPlace, builderStore } from "./build-place.ts";
import type { Roots } from "./roots.ts";

/** Where and how a batch is built. */
export interface BuildSite {
  readonly world: World;
  readonly flags: NixFlags;
  readonly place: BuildPlace;
  readonly roots: Roots;
}

/** What became of one derivation: its output, or why there is none. */
export type BuildEnd =
  | { readonly kind: "built"; readonly path: string }
  | { readonly kind: "failed"; readonly problem: Problem }
  /** Another one of the batch kept it from being tried. */
  | { readonly kind: "untried" };

export type BuildEnds = ReadonlyMap<string, BuildEnd>;

/**
 * Builds derivations with one process, as many as can be. Never throws for a build that failed;
 * throws what else can go wrong, `interrupted` among it.
 */
export function buildBatch(
  derivations: readonly string[],
  site: BuildSite,
  log: NixLog,
  signal: AbortSignal,
): Promise<BuildEnds> {
  const { place } = site;
  return place.kind === "here"
    ? buildHere(derivations, site, log, signal)
    : buildThere(derivations, { ...site, place }, log, signal);
}

async function buildHere(
  derivations: readonly string[],
  site: BuildSite,
  log: NixLog,
  signal: AbortSignal,
): Promise<BuildEnds> {
  const { world, flags, roots } = site;
  const root = { link: await roots.next() };
  const command = nix.realise(derivations, root, flags.build);
  const { code } = await askNix(world, command, { print: (line) => log.line(line), signal });
  if (code === 0) {
    log.finish(0);
    const paths = await Promise.all(
      derivations.map((_, index) => world.files.real(nix.linkOf(root, index + 1))),
    );
    if (paths.every((path) => path !== undefined)) return builtAll(derivations, paths);
    // A derivation without an output `out`: the links have other names.
    return await settle(derivations, site, null, log, code);
  }
  return await settle(derivations, site, null, log, code);
}

type ThereSite = BuildSite & { readonly place: BuildPlace & { readonly kind: "host" } };

/** Nix here speaks to the store there: the log comes over the same connection. */
async function buildThere(
  derivations: readonly string[],
  site: ThereSite,
  log: NixLog,
  signal: AbortSignal,
): Promise<BuildEnds> {
  const { world, flags, place } = site;
  const target = builderStore(place);
  const { name } = place.host;
  await copyOver(world, nix.copyDerivations(derivations, target), log, signal, name);
  const command = nix.atStore(nix.realise(derivations, null, flags.build), target);
  const { code } = await askNix(world, command, { print: (line) => log.line(line), signal });
  const ends = await settle(derivations, site, target, log, code);
  if (place.keepThere) return ends;
  const paths = builtPaths(ends);
  if (paths.length > 0) {
    await copyOver(world, nix.copyFrom(paths, target), log, signal, name);
    await rootAll(paths, site);
  }
  return ends;
}

async function copyOver(
  world: World,
  command: ReturnType<typeof nix.copyFrom>,
  log: NixLog,
  signal: AbortSignal,
  name: string,
): Promise<void> {
  const { code } = await askNix(world, command, { print: (line) => log.line(line), signal });
  if (code !== 0) throw copyProblem(name, log);
}

/** Asks the store which outputs are there: after a failure the log does not say it reliably. */
async function settle(
  derivations: readonly string[],
  site: BuildSite,
  target: nix.CopyTarget | null,
  log: NixLog,
  code: number,
): Promise<BuildEnds> {
  const { world } = site;
  const outputs = await outputsEach(world, derivations);
  const paths = [...outputs.values()].flat();
  const asked = nix.invalidPaths(paths);
  const { stdout } = await askNix(world, target ? nix.atStore(asked, target) : asked);
  const invalid = new Set(linesOf(stdout));
  const isValid = (derivation: string): boolean | null =>
    outputs.get(derivation)?.every((path) => !invalid.has(path)) ?? null;
  log.finish(code, isValid);
  if (log.interrupted) throw new Problem("interrupted", "the build was interrupted");

  const built = derivations.filter((derivation) => isValid(derivation) === true);
  const ends = new Map<string, BuildEnd>();
  for (const derivation of built) {
    ends.set(derivation, { kind: "built", path: outputs.get(derivation)?.[0] ?? "" });
  }
  // With links missing although all went well they are rooted here as well.
  if (target === null) await rootAll(builtPaths(ends), site);
  const failed = [...log.builds.values()]
    .filter(({ status }) => status === "failed")
    // Those with a reason first: the others may only have been ended along with them.
    .toSorted((a, b) => Number(a.reason === null) - Number(b.reason === null));
  for (const derivation of derivations) {
    if (ends.has(derivation)) continue;
    ends.set(derivation, await whyNot(derivation, derivations.length, failed, world, log));
  }
  return ends;
}

async function whyNot(
  derivation: string,
  ofHowMany: number,
  failed: readonly Build[],
  world: World,
  log: NixLog,
): Promise<BuildEnd> {
  if (ofHowMany === 1) return { kind: "failed", problem: buildProblem(log, failed) };
  const { stdout } = await askNix(world, nix.requisitesOf(derivation));
  const needed = new Set(linesOf(stdout));
  // Other stores are not told to keep going (`-k`): there one failure ends all builds of the process.
  const culprits = failed.filter((build) => build.reason !== null && needed.has(build.derivation));
  if (culprits.length === 0) return { kind: "untried" };
  return { kind: "failed", problem: buildProblem(log, culprits) };
}

async function outputsEach(
  world: World,
  derivations: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const ask = async (some: readonly string[]): Promise<readonly string[]> =>
    linesOf((await askNix(world, nix.outputsOf(some))).stdout);
  const all = await ask(derivations);
  if (all.length === derivations.length) {
    return new Map(
      derivations.map((derivation, index) => [derivation, all.slice(index, index + 1)]),
    );
  }
  // Some have several outputs: which are whose is only told one by one.
  const outputs = new Map<string, readonly string[]>();
  for (const derivation of derivations) outputs.set(derivation, await ask([derivation]));
  return outputs;
}

async function rootAll(paths: readonly string[], { world, roots }: BuildSite): Promise<void> {
  if (paths.length === 0) return;
  await askNix(world, nix.rootPaths(paths, { link: await roots.next() }));
}

function builtPaths(ends: BuildEnds): readonly string[] {
  return [...ends.values()].flatMap((end) => (end.kind === "built" ? [end.path] : []));
}

function builtAll(
  derivations: readonly string[],
  paths: readonly (string | undefined)[],
): BuildEnds {
  const entries = derivations.map((derivation, index): [string, BuildEnd] => [
    derivation,
    { kind: "built", path: paths[index] ?? "" },
  ]);
  return new Map(entries);
}

/** All of them failed for the same reason, which is not one of a build. */
export function failedAll(derivations: readonly string[], thrown: unknown): BuildEnds {
  const problem = problemOf(thrown);
  return new Map(derivations.map((derivation) => [derivation, { kind: "failed", problem }]));
}
