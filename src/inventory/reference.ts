import { Problem } from "../lib/problem.ts";
import type { World } from "../world/world.ts";

/** Where the repository is, with everything a person may type made plain. */
export type Reference = LocalReference | RemoteReference;

export interface LocalReference {
  readonly kind: "git" | "path";
  /** The flake's folder, after realpath. */
  readonly folder: string;
  /** The work tree it lies in (for `path`: the folder itself). */
  readonly root: string;
  /** The folder below the root, `""` or `nix/fleet`. */
  readonly inner: string;
  /** What else was asked for behind the `?`, such as `submodules=1`. */
  readonly query: readonly string[];
  /** Of git: the history is cut off, as in checkouts of CI. */
  readonly isShallow: boolean;
}

export interface RemoteReference {
  readonly kind: "remote";
  /** As typed, without `#`. */
  readonly text: string;
}

/**
 * Finds the repository that `flake` (or FLURRY_FLAKE, NH_FLAKE, or the folder we are in) means.
 * Paths are made real here, once: what goes to Nix later holds no links, which Nix would refuse.
 * Throws `not-a-flake` where there is none, `repository-not-ours` and `tool-missing` from git.
 */
export async function resolveReference(
  world: World,
  flake: string | undefined,
  cwd: string,
): Promise<Reference> {
  const typed = flake ?? world.env["FLURRY_FLAKE"] ?? world.env["NH_FLAKE"] ?? ".";
  const text = typed.split("#")[0] || ".";
  const local = await localPath(world, text, cwd);
  if (local === undefined) return { kind: "remote", text };
  const start = await world.files.real(local.path);
  if (start === undefined) throw notAFlake(`there is no ${local.path}`);
  const asked = local.query.find((word) => word.startsWith("dir="))?.slice(4) ?? "";
  const query = local.query.filter((word) => !word.startsWith("dir="));
  const folder = await flakeFolder(world, asked === "" ? start : `${start}/${asked}`);
  const plain: LocalReference = {
    kind: "path",
    folder,
    root: folder,
    inner: "",
    query,
    isShallow: false,
  };
  if (local.isPath || !(await isInGit(world, folder))) return plain;
  return (await inWorkTree(world, plain)) ?? plain;
}

/** The plain form that goes to Nix. */
export function plainReference(reference: Reference): string {
  if (reference.kind === "remote") return reference.text;
  const { kind, root, inner, query } = reference;
  const words = [...query, ...(inner === "" ? [] : [`dir=${encode(inner)}`])];
  const scheme = kind === "git" ? "git+file://" : "path:";
  return `${scheme}${encode(root)}${words.length === 0 ? "" : `?${words.join("&")}`}`;
}

/** A path inside a URL. Slashes stay, and so do the letters that Nix takes as they are. */
export function encode(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function decode(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (escaped) => {
    const bytes = escaped
      .slice(1)
      .split("%")
      .map((digits) => Number.parseInt(digits, 16));
    return new TextDecoder().decode(Uint8Array.from(bytes));
  });
}

interface LocalPath {
  readonly path: string;
  readonly query: readonly string[];
  /** `path:` was said: untracked files are wanted, and git is not asked. */
  readonly isPath: boolean;
}

/**
 * Undefined for what Nix must fetch: other schemes, fixed revisions. Throws `not-a-flake` for a word
 * that is no folder here, rather than look for it in Nix's registry.
 */
async function localPath(world: World, text: string, cwd: string): Promise<LocalPath | undefined> {
  const [before, behind] = splitOnce(text, "?");
  const query = behind.split("&").filter((word) => word !== "");
  if (query.some((word) => /^(?:rev|ref|narHash)=/.test(word))) return undefined;
  const schemed = /^(path|git\+file):(?:\/\/(?=\/))?(.*)$/s.exec(before);
  if (schemed === null && /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(before)) return undefined;
  const [, scheme, rest = before] = schemed ?? [];
  const path = absolute(world, scheme === undefined ? rest : decode(rest), cwd);
  const isWord = scheme === undefined && !/^(?:\.{1,2}(?:\/|$)|\/|~\/|~$)/.test(before);
  if (isWord && (await world.files.real(path)) === undefined) {
    throw new Problem("not-a-flake", `there is no folder ${before} in ${cwd}`, {
      hint: `Name the folder; a name of Nix's registry is flake:${before}`,
    });
  }
  return { path, query, isPath: scheme === "path" };
}

function absolute(world: World, path: string, cwd: string): string {
  const home = world.env["HOME"] ?? "";
  if (path === "~" || path.startsWith("~/")) return `${home}${path.slice(1)}`;
  return path.startsWith("/") ? path : `${cwd}/${path}`;
}

function splitOnce(text: string, by: string): readonly [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** The nearest folder with a flake.nix: this one or one above it, as far as the repository goes. */
async function flakeFolder(world: World, start: string): Promise<string> {
  const first = start.endsWith("/flake.nix") ? parentOf(start) : start;
  for (let folder = first; ; folder = parentOf(folder)) {
    const entries = (await world.files.list(folder)) ?? [];
    const flake = entries.find(({ name }) => name === "flake.nix");
    if (flake?.kind === "link") return folderOfLink(world, folder);
    if (flake !== undefined) return folder;
    if (folder === "/" || entries.some(({ name }) => name === ".git")) break;
  }
  throw notAFlake(`${first} is not a flake: no flake.nix is in it or above it`);
}

/** Nix does not follow a flake.nix that is a link out of its folder, so we go where it leads. */
async function folderOfLink(world: World, folder: string): Promise<string> {
  const target = await world.files.real(`${folder}/flake.nix`);
  if (target === undefined) throw notAFlake(`${folder}/flake.nix is a link that leads nowhere`);
  if (!target.endsWith("/flake.nix")) {
    throw notAFlake(`${folder}/flake.nix is a link to ${target}, which has another name`);
  }
  return parentOf(target);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** Git is asked only where it has a say: a folder without `.git` above it works without git. */
async function isInGit(world: World, folder: string): Promise<boolean> {
  for (let at = folder; ; at = parentOf(at)) {
    if ((await world.files.real(`${at === "/" ? "" : at}/.git`)) !== undefined) return true;
    if (at === "/") return false;
  }
}

async function inWorkTree(
  world: World,
  plain: LocalReference,
): Promise<LocalReference | undefined> {
  const { folder } = plain;
  const asked = ["--is-shallow-repository", "--show-toplevel"];
  const argv = ["git", "-C", folder, "rev-parse", ...asked];
  const { code, stdout, stderr } = await world.here({ argv, timeoutSeconds: 30, accepts: [128] });
  if (code === 0) {
    const [shallow, root] = splitOnce(stdout.replace(/\n$/, ""), "\n");
    const inner = folder === root ? "" : folder.slice(root.length + 1);
    return { ...plain, kind: "git", root, inner, isShallow: shallow === "true" };
  }
  if (stderr.includes("dubious ownership") || stderr.includes("unsafe repository")) {
    const path = /safe\.directory\s+(\S+)\s*$/m.exec(stderr)?.[1] ?? folder;
    throw new Problem("repository-not-ours", `${folder} belongs to another user`, {
      hint: `git config --global --add safe.directory ${path}`,
    });
  }
  if (stderr.includes("not a git repository")) return undefined;
  throw new Problem("not-a-flake", `git cannot read ${folder}`, { evidence: stderr.split("\n") });
}

function notAFlake(message: string): Problem {
  return new Problem("not-a-flake", message, {
    hint: "Name the folder or the reference of the repository: flurry --flake REF …",
  });
}
