import type { World } from "../world/world.ts";

/**
 * Writes the tracked files, as they lie in the work tree, into a commit that no branch names, and
 * gives its id. Neither the index nor the work tree is touched: a copy of the index is used.
 */
export async function commitSnapshot(world: World, root: string): Promise<string> {
  const gitFolder = await git(["rev-parse", "--absolute-git-dir"]);
  const index = `${gitFolder}/index.flurry-${world.random(8)}`;
  await world.here({ argv: ["cp", "--", `${gitFolder}/index`, index], timeoutSeconds: 60 });
  return commit(index).finally(() => world.files.remove(index));

  async function commit(copy: string): Promise<string> {
    await git(["add", "-u"], { GIT_INDEX_FILE: copy });
    const tree = await git(["write-tree"], { GIT_INDEX_FILE: copy });
    // People may have no name set; the commit is for Nix alone.
    return git(["commit-tree", tree, "-p", "HEAD", "-m", "snapshot"], {
      GIT_AUTHOR_NAME: "flurry",
      GIT_AUTHOR_EMAIL: "flurry@localhost",
      GIT_COMMITTER_NAME: "flurry",
      GIT_COMMITTER_EMAIL: "flurry@localhost",
    });
  }

  async function git(words: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const argv = ["git", "-C", root, ...words];
    return (await world.here({ argv, env, timeoutSeconds: 120 })).stdout.trim();
  }
}
