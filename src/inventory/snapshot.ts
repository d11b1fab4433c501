import type { FleetProblem, Snapshot, Source } from "../fleet/fleet.ts";
import { Problem } from "../lib/problem.ts";
import {
  flakeMetadata,
  type FlakeMetadata,
  lockedPath,
  parseMetadata,
} from "../nix/flake-commands.ts";
import type { World } from "../world/world.ts";
import { askNix } from "./ask-nix.ts";
import { commitSnapshot } from "./commit-snapshot.ts";
import { type FilteredFile, isTracked, readFiltered } from "./git-tree.ts";
import { nixProblem } from "./nix-problem.ts";
import { encode, type LocalReference, plainReference, resolveReference } from "./reference.ts";

/** A snapshot, and what was noticed on the way. */
export interface TakenSnapshot extends Snapshot {
  readonly problems: readonly FleetProblem[];
  /** What Nix said of the tree; null where it was not asked. */
  readonly metadata: FlakeMetadata | null;
}

/** What is known of a work tree beforehand, and need not be asked again. */
export interface KnownTree {
  readonly reference: LocalReference;
  readonly filtered: readonly FilteredFile[];
  /** Git tracks a `flake.lock`, so Nix sees one. */
  readonly hasLock: boolean;
}

const neverLock = ["--no-write-lock-file"];

/**
 * Fixes the one tree that a run reads, however long people go on editing. A clean work tree costs no
 * process of Nix: its commit is named. Edits are put into the store once. Nothing here ever writes
 * a lock; where there is none, the inputs found now are named to every later call.
 * Throws `evaluation-failed` where flake.nix cannot be read, or a filtered file is not unlocked.
 */
export async function takeSnapshot(
  world: World,
  source: Source,
  nixFlags: readonly string[] = [],
  known: KnownTree | null = null,
): Promise<TakenSnapshot> {
  if (known) return gitSnapshot(world, source, known, nixFlags);
  const reference = await resolveReference(world, source.reference, source.folder ?? "/");
  if (reference.kind === "remote") {
    const metadata = await metadataOf(world, reference.text, nixFlags);
    return { reference: metadata.url, flags: neverLock, problems: [], metadata };
  }
  if (reference.kind === "path") {
    const metadata = await metadataOf(world, plainReference(reference), nixFlags);
    const hasLock = (await world.files.real(`${reference.folder}/flake.lock`)) !== undefined;
    return fromStore(metadata, hasLock);
  }
  const [filtered, hasLock] = await Promise.all([
    readFiltered(world, reference.root),
    isTracked(world, reference.folder, "flake.lock"),
  ]);
  return gitSnapshot(world, source, { reference, filtered, hasLock }, nixFlags);
}

async function gitSnapshot(
  world: World,
  source: Source,
  { reference: local, filtered, hasLock }: KnownTree,
  nixFlags: readonly string[],
): Promise<TakenSnapshot> {
  const locked = filtered.find(({ isSetUp }) => !isSetUp);
  if (locked !== undefined) throw notUnlocked(locked.path, locked.filter);

  // Nix refuses shallow clones unless it is told that they are meant.
  const query = [...local.query, ...(local.isShallow ? ["shallow=1"] : [])];
  const plain = plainReference({ ...local, query });
  if (source.dirty || source.revision === null) {
    return editedSnapshot(world, local, plain, hasLock, nixFlags);
  }
  // With `rev=` newer versions of Nix read what git stores, not what its filters make of it.
  const reference =
    filtered.length > 0
      ? plain
      : plainReference({ ...local, query: [`rev=${source.revision}`, ...query] });
  if (hasLock) return { reference, flags: neverLock, problems: [], metadata: null };
  const metadata = await metadataOf(world, plain, nixFlags);
  return { reference, ...withoutLock(metadata), metadata };
}

async function editedSnapshot(
  world: World,
  local: LocalReference,
  plain: string,
  hasLock: boolean,
  nixFlags: readonly string[],
): Promise<TakenSnapshot> {
  const metadata = await metadataOf(world, plain, nixFlags);
  if (metadata.revision !== null) {
    // Nix 2.8 takes a path with blanks for a remote one, and fetches its last commit.
    throw new Problem("not-a-flake", `Nix cannot read the edits in ${local.root}`, {
      hint: "Commit them, or move the repository to a path without blanks and special letters.",
    });
  }
  if (local.inner === "") return fromStore(metadata, hasLock);
  const inFolder = { ...metadata, dir: local.inner };
  const probe = await askNix(world, flakeMetadata(lockedPath(inFolder), nixFlags));
  if (probe.code === 0) return fromStore(inFolder, hasLock);
  // Old versions of Nix know no `dir` there: a commit that no branch names holds the edits.
  const rev = await commitSnapshot(world, local.root);
  const words = [`rev=${rev}`, ...(plain.includes("shallow=1") ? ["shallow=1"] : [])];
  const reference = `git+file://${encode(local.root)}?${words.join("&")}&dir=${encode(local.inner)}`;
  return { ...fromStore(metadata, hasLock), reference };
}

/** The tree as it lies in the store. */
function fromStore(metadata: FlakeMetadata, hasLock: boolean): TakenSnapshot {
  const reference = lockedPath(metadata);
  if (hasLock) return { reference, flags: neverLock, problems: [], metadata };
  return { reference, ...withoutLock(metadata), metadata };
}

/** Without a lock every call of Nix would look for the inputs anew, and might find others. */
function withoutLock({ inputs }: FlakeMetadata): Pick<TakenSnapshot, "flags" | "problems"> {
  const overrides = [...inputs].flatMap(([name, url]) => ["--override-input", name, url]);
  const names = [...inputs.keys()].join(", ");
  const message = `flake.lock is missing, so every run may find other inputs (${names}). Run: nix flake lock`;
  const missing: FleetProblem = {
    severity: "warning",
    code: "lock-missing",
    path: "flake.lock",
    message,
  };
  return { flags: [...neverLock, ...overrides], problems: inputs.size === 0 ? [] : [missing] };
}

async function metadataOf(
  world: World,
  reference: string,
  nixFlags: readonly string[],
): Promise<FlakeMetadata> {
  const output = await askNix(world, flakeMetadata(reference, nixFlags));
  const metadata = output.code === 0 ? parseMetadata(output.stdout) : undefined;
  if (metadata !== undefined) return metadata;
  throw nixProblem(`${reference} cannot be read`, output, "evaluation-failed");
}

function notUnlocked(path: string, filter: string): Problem {
  const ways = new Map([
    ["lfs", "git lfs install && git lfs pull"],
    ["git-crypt", "git-crypt unlock"],
  ]);
  return new Problem(
    "evaluation-failed",
    `${path} is filtered by ${filter}, and not unlocked here: Nix would read what git stores`,
    { hint: ways.get(filter) ?? `git config filter.${filter}.smudge COMMAND` },
  );
}
