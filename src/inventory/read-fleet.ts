import { type FleetFile, readFleetFile } from "../fleet/fleet-file.ts";
import type { Fleet, FleetProblem, Snapshot, Source } from "../fleet/fleet.ts";
import { type Layer, layersOfEnvironment } from "../fleet/layers.ts";
import { readJson } from "../lib/json.ts";
import { nearest } from "../lib/nearest.ts";
import { Problem } from "../lib/problem.ts";
import type { World } from "../world/world.ts";
import { assembleFleet, type FlakeOutputs } from "./assemble-fleet.ts";
import { checkTools } from "./check-tools.ts";
import { readDiskFolder } from "./disk-folder.ts";
import { rememberOutputs } from "./flake-outputs.ts";
import { readFiltered, readGitTree, readIgnored } from "./git-tree.ts";
import { isInstalled } from "./nix-problem.ts";
import { readMetadata } from "./read-metadata.ts";
import { type LocalReference, plainReference, resolveReference } from "./reference.ts";
import { type GitView, maybeIgnored, scanUnits, type Unit } from "./scan-units.ts";
import { type KnownTree, takeSnapshot, type TakenSnapshot } from "./snapshot.ts";

/** Which repository to read, and how. */
export interface FleetRequest {
  /** `--flake`; undefined: FLURRY_FLAKE, or the folder we are in. `#host` behind it is ignored. */
  readonly flake: string | undefined;
  readonly cwd: string;
  /** Flags, in order; the environment is read from the world. */
  readonly layers?: readonly Layer[];
  /**
   * `never`: the folders name the hosts. `if-needed`: Nix does where the folders name none, or lie
   * elsewhere. `always`: Nix does, wherever it is installed.
   */
  readonly nix: "never" | "if-needed" | "always";
  /** Flags of Nix for evaluation. */
  readonly nixFlags?: readonly string[];
}

/** A fleet, with the tree it was evaluated from where Nix was asked. */
export interface FleetRead extends Fleet {
  readonly snapshot: Snapshot | null;
}

/**
 * Reads all that a repository says of its hosts. One bad description stops no other; what is wrong
 * is in `problems`. Throws where there is nothing to read: `not-a-flake`, `repository-not-ours`,
 * `tool-missing`, and where only Nix could name the hosts, `nix-missing` and `evaluation-failed`.
 */
export async function readFleet(world: World, request: FleetRequest): Promise<FleetRead> {
  const above = [...layersOfEnvironment(world.env), ...(request.layers ?? [])];
  const tree = await openTree(world, request);
  const file = await readFile(world, tree);
  const scan = await scanTree(world, tree, file, request.nix !== "never");
  const mayAskNix = request.nix !== "never" && (await isInstalled(world, "nix-instantiate"));
  const [asked, metadata] = await Promise.all([
    outputsOf(world, request, { ...tree, source: scan.source }, scan),
    readMetadata(world, tree.folder, scan.units, mayAskNix),
  ]);
  const assembled = assembleFleet({
    units: scan.units,
    homes: scan.homes,
    droids: scan.droids,
    problems: [...tree.problems, ...scan.problems, ...metadata.problems, ...asked.problems],
    metadata: metadata.readings,
    file,
    outputs: asked.outputs,
    above,
  });
  refuseUnknownLayers(
    above,
    assembled.hosts.map(({ name }) => name),
  );
  return { ...assembled, source: scan.source, snapshot: asked.snapshot };
}

/** The tree that is scanned: a work tree, a plain folder, or what Nix fetched into the store. */
interface Tree {
  readonly source: Source;
  readonly folder: string;
  /** Where git tracks it. */
  readonly git: LocalReference | null;
  readonly problems: readonly FleetProblem[];
  /** Taken already, because the tree had to be fetched. */
  readonly snapshot: TakenSnapshot | null;
}

async function openTree(world: World, request: FleetRequest): Promise<Tree> {
  const reference = await resolveReference(world, request.flake, request.cwd);
  const plain = plainReference(reference);
  if (reference.kind === "remote") {
    if (request.nix === "never") {
      throw new Problem("not-a-flake", `${plain} is elsewhere, and only Nix can fetch it`);
    }
    await checkTools(world, ["nix"]);
    const source = { reference: plain, folder: null, revision: null, dirty: false };
    const snapshot = await takeSnapshot(world, source, request.nixFlags);
    const { path = "", dir = "", revision = null } = snapshot.metadata ?? {};
    const folder = dir === "" ? path : `${path}/${dir}`;
    return { source: { ...source, revision }, folder, git: null, problems: [], snapshot };
  }
  const { folder } = reference;
  const git = reference.kind === "git" ? reference : null;
  const source = { reference: plain, folder, revision: null, dirty: false };
  const note: FleetProblem = {
    severity: "info",
    code: "path-reference",
    path: ".",
    message: `${folder} is read with path:, untracked files included`,
  };
  return { source, folder, git, problems: git ? [] : [note], snapshot: null };
}

/** fleet.json beside flake.nix, with the layout of the folders. */
async function readFile(world: World, { folder }: Tree): Promise<FleetFile> {
  const bytes = await world.files.bytes(`${folder}/fleet.json`);
  return readFleetFile(bytes === undefined ? null : readJson(bytes));
}

interface TreeScan {
  /** With commit and edits. */
  readonly source: Source;
  readonly units: readonly Unit[];
  readonly homes: readonly Unit[];
  readonly droids: readonly Unit[];
  readonly problems: readonly FleetProblem[];
  /** What a snapshot needs of git, where one may be taken. */
  readonly known: KnownTree | null;
}

async function scanTree(
  world: World,
  tree: Tree,
  { layout }: FleetFile,
  forSnapshot: boolean,
): Promise<TreeScan> {
  const { folder } = tree;
  const kinds = [layout.systems, layout.homes, layout.droids];
  const folders = kinds.flat();
  const [disks, git, filtered] = await Promise.all([
    Promise.all(folders.map((name) => readDiskFolder(world, folder, name))),
    tree.git ? readGitTree(world, folder, [...folders, ...filesOfTheFlake]) : null,
    tree.git && forSnapshot ? readFiltered(world, tree.git.root) : null,
  ]);
  const onDisk = new Map(folders.map((name, index) => [name, disks[index] ?? []]));
  const odd = git && folders.flatMap((name) => maybeIgnored(name, onDisk.get(name) ?? [], git));
  const view: GitView | null = git && {
    ...git,
    ignored: await readIgnored(world, folder, odd ?? []),
  };
  const scans = kinds.map((names) => {
    return names.map((name) => scanUnits(name, onDisk.get(name) ?? [], view));
  });
  const [units = [], homes = [], droids = []] = scans.map((all) => all.flatMap((one) => one.units));
  return {
    source: {
      ...tree.source,
      ...(git && { revision: git.revision, dirty: git.isDirty }),
    },
    units,
    homes,
    droids,
    problems: [...rootProblems(tree, view), ...scans.flat().flatMap((one) => one.problems)],
    known: tree.git && git && filtered && { reference: tree.git, filtered, hasLock: hasLock(git) },
  };
}

const filesOfTheFlake = ["flake.nix", "flake.lock", "fleet.json"];

function hasLock({ entries }: Pick<GitView, "entries">): boolean {
  return entries.some(({ path }) => path === "flake.lock");
}

/** The files in the flake's folder itself. Throws where Nix cannot see that it is a flake. */
function rootProblems({ folder }: Tree, git: GitView | null): readonly FleetProblem[] {
  if (git === null) return [];
  if (!git.entries.some(({ path }) => path === "flake.nix")) {
    const message = `${folder}/flake.nix exists but git does not track it, so Nix cannot see it`;
    throw new Problem("not-a-flake", message, { hint: `git -C ${folder} add -N flake.nix` });
  }
  if (!git.untracked.includes("fleet.json")) return [];
  const message =
    "fleet.json is not tracked by git, so others read other settings. Run: git add -N fleet.json";
  return [{ severity: "warning", code: "untracked", path: "fleet.json", message }];
}

interface Asked {
  readonly outputs: FlakeOutputs | null;
  readonly snapshot: TakenSnapshot | null;
  readonly problems: readonly FleetProblem[];
}

/** What Nix says of the hosts, where it is to be asked. Where it cannot say, folders may serve. */
async function outputsOf(
  world: World,
  { nix, nixFlags = [] }: FleetRequest,
  tree: Tree,
  { units, known }: TreeScan,
): Promise<Asked> {
  const nothing: Asked = { outputs: null, snapshot: tree.snapshot, problems: [] };
  const isNeeded = units.length === 0;
  if (nix === "never" || (nix === "if-needed" && !isNeeded)) return nothing;
  if (!isNeeded && !(await isInstalled(world, "nix"))) return nothing;
  if (isNeeded) await checkTools(world, ["nix"]);
  const snapshot = tree.snapshot ?? (await snapshotOrProblem(world, tree.source, nixFlags, known));
  const isTaken = !(snapshot instanceof Problem);
  const outputs = isTaken ? await rememberOutputs(world, snapshot, nixFlags) : snapshot;
  const taken = isTaken ? snapshot : null;
  const problems = taken?.problems ?? [];
  if (!(outputs instanceof Problem)) return { outputs, snapshot: taken, problems };
  if (isNeeded) throw outputs;
  const failed: FleetProblem = {
    severity: "warning",
    code: "eval-failed",
    path: "flake.nix",
    message: `${outputs.message}. These hosts are those of the folders`,
  };
  return { outputs: null, snapshot: taken, problems: [...problems, failed] };
}

/** A tree that Nix cannot read is one that the folders may still describe. */
function snapshotOrProblem(
  world: World,
  source: Source,
  nixFlags: readonly string[],
  known: KnownTree | null,
): Promise<TakenSnapshot | Problem> {
  return takeSnapshot(world, source, nixFlags, known).then(undefined, (thrown: unknown) => {
    if (thrown instanceof Problem && thrown.code === "evaluation-failed") return thrown;
    throw thrown;
  });
}

/** A flag for a host that is not there would change nothing, without a word. */
function refuseUnknownLayers(layers: readonly Layer[], names: readonly string[]): void {
  for (const { origin, host } of layers) {
    if (host === null || names.includes(host)) continue;
    const near = nearest(host, names);
    const hint = near.length > 0 ? { hint: `Nearest: ${near.join(", ")}` } : {};
    throw new Problem("unknown-host", `${origin}: there is no host ${host}`, hint);
  }
}
