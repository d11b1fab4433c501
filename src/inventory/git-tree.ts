import { Problem } from "../lib/problem.ts";
import type { World } from "../world/world.ts";
import {
  type GitStatus,
  type IndexEntry,
  parseIgnored,
  parseIndex,
  parsePaths,
  parseStatus,
} from "./git-index.ts";

/** What git knows of a flake's folder; paths are relative to that folder. */
export interface GitTree extends GitStatus {
  readonly entries: readonly IndexEntry[];
  /** Files that are neither tracked nor excluded. */
  readonly untracked: readonly string[];
}

/** Asks git for the commit, for edits, and for what it tracks below `names`. Three short processes. */
export async function readGitTree(
  world: World,
  folder: string,
  names: readonly string[],
): Promise<GitTree> {
  // With `./` in front no name can be one of git's magic words.
  const paths = names.map((name) => `./${name}`);
  const [status, entries, untracked] = await Promise.all([
    readStatus(world, folder),
    git(world, folder, ["ls-files", "-s", "--", ...paths]).then(parseIndex),
    git(world, folder, ["ls-files", "--others", "--exclude-standard", "--", ...paths]).then(
      parsePaths,
    ),
  ]);
  return { ...status, entries, untracked };
}

/** The commit, and whether tracked files differ from it. Submodules do not count, as for Nix. */
export async function readStatus(world: World, folder: string): Promise<GitStatus> {
  const words = ["status", "--porcelain=v2", "--branch", "--untracked-files=no"];
  return parseStatus(await git(world, folder, [...words, "--ignore-submodules=all"]));
}

/** The rules that exclude these paths, by path. */
export async function readIgnored(
  world: World,
  folder: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map();
  return parseIgnored(
    await git(world, folder, ["check-ignore", "-v", "--", ...paths.slice(0, 500)], [1]),
  );
}

/** Is the history cut off, as in checkouts of CI? */
export async function isShallow(world: World, folder: string): Promise<boolean> {
  return (await git(world, folder, ["rev-parse", "--is-shallow-repository"])).startsWith("true");
}

/** Is this file of the folder tracked, so that Nix sees it? */
export async function isTracked(world: World, folder: string, file: string): Promise<boolean> {
  return (await git(world, folder, ["ls-files", "--", `./${file}`])) !== "";
}

/** A tracked file that git changes on its way in or out of the work tree. */
export interface FilteredFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly filter: string;
  /** The filter is set up here; otherwise the work tree holds what it was made into. */
  readonly isSetUp: boolean;
}

/** Files with a `filter` attribute: git-crypt, Git LFS and their kin. None costs one process. */
export async function readFiltered(world: World, root: string): Promise<readonly FilteredFile[]> {
  // Everything but what has no such attribute: pathspecs cannot ask for "any value".
  const paths = parsePaths(await git(world, root, ["ls-files", "--", ":(exclude,attr:!filter)"]));
  if (paths.length === 0) return [];
  const some = paths.slice(0, 500);
  const [attributes, config] = await Promise.all([
    git(world, root, ["check-attr", "filter", "--", ...some]),
    git(world, root, ["config", "--get-regexp", "^filter\\..*\\.(clean|smudge|process)$"], [1]),
  ]);
  return attributes.split("\n").flatMap((line) => {
    const [, name = "", filter = ""] = /^(.*): filter: (.*)$/.exec(line) ?? [];
    if (["", "unset", "unspecified", "set"].includes(filter)) return [];
    const isSetUp = config.split("\n").some((setting) => setting.startsWith(`filter.${filter}.`));
    return [{ path: parsePaths(name)[0] ?? name, filter, isSetUp }];
  });
}

/** Runs git in a folder, without touching the index. `accepts`: codes that are answers. */
async function git(
  world: World,
  folder: string,
  words: readonly string[],
  accepts: readonly number[] = [],
): Promise<string> {
  const { code, stdout, stderr } = await world.here({
    argv: ["git", "-C", folder, "-c", "core.quotePath=true", ...words],
    env: { GIT_OPTIONAL_LOCKS: "0", GIT_LITERAL_PATHSPECS: "0" },
    timeoutSeconds: 60,
    accepts: [...accepts, 128],
  });
  if (code !== 128) return stdout;
  const evidence = stderr.split("\n").slice(-20);
  throw new Problem("not-a-flake", `git cannot read ${folder}`, { evidence });
}
