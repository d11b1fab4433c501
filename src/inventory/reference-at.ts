import type { Source } from "../fleet/fleet.ts";
import { Problem } from "../lib/problem.ts";
import type { World } from "../world/world.ts";
import { isShallow } from "./git-tree.ts";

/**
 * The same repository at another commit: `main`, `v1.2`, `HEAD~3`, a hash. What has a scheme
 * (`github:o/r/v3`) is another flake, and is taken as it is. Throws a `usage` Problem for a name
 * that git does not know.
 */
export async function referenceAt(world: World, source: Source, ref: string): Promise<Source> {
  const { folder, reference } = source;
  const elsewhere = { folder: null, revision: null, dirty: false };
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(ref)) return { reference: ref, ...elsewhere };
  if (folder === null || !reference.startsWith("git+file:")) {
    throw new Problem("usage", `${ref} can only be looked up in a git repository here`, {
      hint: "name a flake: --against github:me/lab/main",
    });
  }
  const asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
  const { code, stdout } = await world.here({
    argv: ["git", "-C", folder, ...asked],
    timeoutSeconds: 30,
    accepts: [1, 128],
  });
  const revision = stdout.trim();
  if (code !== 0 || revision === "") {
    throw new Problem("usage", `git knows no branch, tag or commit ${ref}`, {
      hint: "git branch --all",
    });
  }
  const words = [`rev=${revision}`, ...((await isShallow(world, folder)) ? ["shallow=1"] : [])];
  const [plain = "", query] = reference.split("?");
  const all = [...(query === undefined ? [] : query.split("&")), ...words];
  return { reference: `${plain}?${all.join("&")}`, ...elsewhere, revision };
}
