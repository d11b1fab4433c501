import type { FleetProblem } from "../fleet/fleet.ts";
import type { DiskEntry } from "./disk-folder.ts";
import type { IndexEntry } from "./git-index.ts";

/** A host, home or droid, as folders name them. */
export interface Unit {
  readonly name: string;
  readonly form: "directory" | "file";
  /** `systems/nas`, `systems/pi.nix`: relative to the flake's folder. */
  readonly path: string;
  /** Its metadata, where Nix can see them. */
  readonly metaJson: string | null;
  readonly metaNix: string | null;
}

/** What a folder holds, and why some of it is nothing that Nix can see. */
export interface UnitScan {
  readonly units: readonly Unit[];
  readonly problems: readonly FleetProblem[];
}

/** What git says; null where Nix reads the folder as it lies there. */
export interface GitView {
  readonly entries: readonly IndexEntry[];
  readonly untracked: readonly string[];
  /** Why a path is excluded: `.gitignore:3 (build/)`. */
  readonly ignored: ReadonlyMap<string, string>;
}

/**
 * Finds the units of one folder. Total: whatever lies there, it never throws. What Nix would drop
 * without a word (not tracked, excluded, no entry file) is told instead.
 */
export function scanUnits(
  folder: string,
  disk: readonly DiskEntry[],
  git: GitView | null,
): UnitScan {
  const view: View = {
    folder,
    git,
    tracked: git === null ? null : withFolders(git.entries.map(({ path }) => path)),
    conflicts: git?.entries.filter(({ stage }) => stage > 0) ?? [],
    names: new Set(disk.map(({ name }) => name)),
    problems: [],
  };
  const units = disk.flatMap((entry) => unitOf(view, entry));
  if (git !== null) tellOfIndexAlone(view, git);
  tellOfStrayMetadata(view, units);
  return { units, problems: view.problems };
}

/** Entries that may be excluded: the caller asks git why, and hands it in as `ignored`. */
export function maybeIgnored(
  folder: string,
  disk: readonly DiskEntry[],
  git: Omit<GitView, "ignored">,
): readonly string[] {
  const known = withFolders([...git.entries.map(({ path }) => path), ...git.untracked]);
  return disk
    .flatMap(({ name, kind, inside }) => {
      const path = `${folder}/${name}`;
      if (kind !== "directory") return isNixFile(name) || name.endsWith(".meta.json") ? [path] : [];
      if (inside.length === 0) return [];
      const files = ["default.nix", "meta.json", "meta.nix"].filter((one) => inside.includes(one));
      return [path, ...files.map((file) => `${path}/${file}`)];
    })
    .filter((path) => !known.has(path));
}

interface View {
  readonly folder: string;
  readonly git: GitView | null;
  /** Tracked files and the folders they are in; null without git. */
  readonly tracked: ReadonlySet<string> | null;
  readonly conflicts: readonly IndexEntry[];
  readonly problems: FleetProblem[];
  readonly names: ReadonlySet<string>;
}

function unitOf(view: View, entry: DiskEntry): readonly Unit[] {
  const { name, kind } = entry;
  const path = `${view.folder}/${name}`;
  if (/^[._]/.test(name)) {
    const isVisible = name.startsWith("_") && isSeen(view, path);
    if (isVisible) tell(view, "info", "disabled", path, `${path}: disabled by its name`);
    return [];
  }
  // Node reads such a name with marks in place of bytes, and would find nothing in the folder.
  if (name.includes("\ufffd")) {
    const isTold = view.git?.entries.some((one) => !one.isUtf8 && isBelow(one.path, view.folder));
    if (!isTold) tell(view, "error", "name-utf8", path, `${path}: file names must be UTF-8`);
    return [];
  }
  const conflict = view.conflicts.find((one) => isBelow(one.path, path));
  if (conflict !== undefined) {
    const unit = kind === "file" ? name.replace(/\.nix$/, "") : name;
    tell(view, "error", "unmerged", conflict.path, `${conflict.path} has merge conflicts`, unit);
  }
  if (kind === "directory") return directoryUnit(view, entry, path);
  if (kind === "link") return linkedUnit(view, entry, path);
  if (kind !== "file" || !isNixFile(name)) return [];
  if (!isSeen(view, path)) {
    tellUnseen(view, path, name.slice(0, -4));
    return [];
  }
  return [fileUnit(view, name)];
}

function directoryUnit(view: View, { name, inside }: DiskEntry, path: string): readonly Unit[] {
  if (view.git?.entries.some((one) => one.path === path && one.mode === "160000") === true) {
    const message = `${path} is a submodule; add ?submodules=1 to the flake reference`;
    tell(view, "error", "submodule", path, message, name);
    return [];
  }
  if (name.endsWith(".nix")) {
    const message = `${path}: a directory name cannot end in .nix`;
    if (isSeen(view, path)) tell(view, "error", "name-suffix", path, message);
    return [];
  }
  if (inside.length === 0) {
    const message = `${path} is empty; git does not store empty directories`;
    if (view.git !== null) tell(view, "warning", "empty", path, message);
    else tellNoEntry(view, path, inside);
    return [];
  }
  if (!isSeen(view, path)) {
    tellUnseen(view, path, name);
    return [];
  }
  const seen = inside.filter((one) => isSeen(view, `${path}/${one}`));
  if (!seen.includes("default.nix")) {
    if (inside.includes("default.nix")) tellUnseen(view, `${path}/default.nix`, name);
    else tellNoEntry(view, path, seen);
    return [];
  }
  for (const file of ["meta.json", "meta.nix"]) {
    // Nix would read the host without what stands in there.
    const isHidden = inside.includes(file) && !seen.includes(file);
    if (isHidden) tellUnseen(view, `${path}/${file}`, name);
  }
  return [
    {
      name,
      form: "directory",
      path,
      metaJson: seen.includes("meta.json") ? `${path}/meta.json` : null,
      metaNix: seen.includes("meta.nix") ? `${path}/meta.nix` : null,
    },
  ];
}

function linkedUnit(view: View, entry: DiskEntry, path: string): readonly Unit[] {
  const { name, target, inside } = entry;
  if (!isSeen(view, path)) return [];
  if (target === "directory" && inside.includes("default.nix")) {
    tell(view, "info", "symlink", path, `${path}: symlink followed`, name);
    const metaJson = inside.includes("meta.json") ? `${path}/meta.json` : null;
    const metaNix = inside.includes("meta.nix") ? `${path}/meta.nix` : null;
    return [{ name, form: "directory", path, metaJson, metaNix }];
  }
  if (target === "file" && isNixFile(name)) {
    const unit = fileUnit(view, name);
    tell(view, "info", "symlink", path, `${path}: symlink followed`, unit.name);
    return [unit];
  }
  const message = `${path}: symlink does not lead to a unit inside the repository; Nix cannot read it`;
  tell(view, "warning", "symlink-outside", path, message);
  return [];
}

function fileUnit(view: View, file: string): Unit {
  const name = file.slice(0, -4);
  const meta = `${name}.meta.json`;
  const metaPath = `${view.folder}/${meta}`;
  const isThere = view.names.has(meta);
  const isVisible = isThere && isSeen(view, metaPath);
  if (isThere && !isVisible) tellUnseen(view, metaPath, name);
  return {
    name,
    form: "file",
    path: `${view.folder}/${file}`,
    metaJson: isVisible ? metaPath : null,
    metaNix: null,
  };
}

/** Tracked, and no longer there; or tracked under a name that is none. */
function tellOfIndexAlone(view: View, git: GitView): void {
  const told = new Set<string>();
  for (const entry of git.entries) {
    if (!entry.path.startsWith(`${view.folder}/`)) continue;
    const [name = "", ...rest] = entry.path.slice(view.folder.length + 1).split("/");
    const path = `${view.folder}/${name}`;
    if (told.has(name)) continue;
    if (!entry.isUtf8) {
      told.add(name);
      tell(view, "error", "name-utf8", path, `${path}: file names must be UTF-8`);
    } else if (!view.names.has(name) && (rest.join("/") === "default.nix" || isNixFile(name))) {
      told.add(name);
      const message = `${path} is deleted but still in the git index`;
      tell(view, "warning", "deleted", path, message);
    }
  }
}

function tellOfStrayMetadata(view: View, units: readonly Unit[]): void {
  for (const name of view.names) {
    const unit = /^(.+)\.meta\.json$/.exec(name)?.[1];
    if (unit === undefined || units.some((one) => one.form === "file" && one.name === unit))
      continue;
    const path = `${view.folder}/${name}`;
    if (view.names.has(`${unit}.nix`) || !isSeen(view, path)) continue;
    const message = `${path}: there is no ${view.folder}/${unit}.nix`;
    tell(view, "warning", "meta-stray", path, message);
  }
}

function tellNoEntry(view: View, path: string, found: readonly string[]): void {
  const message = `${path}: no default.nix, so this is not discovered (found: ${found.join(", ")}). Rename it or add a default.nix that imports it.`;
  tell(view, "warning", "no-entry", path, message);
}

function tellUnseen({ git, problems }: View, path: string, host: string): void {
  const rule = git?.ignored.get(path);
  problems.push(
    rule === undefined
      ? {
          severity: "error",
          code: "untracked",
          path,
          host,
          message: `${path} exists but git does not track it, so Nix cannot see it. Run: git add -N ${path}`,
        }
      : {
          severity: "error",
          code: "ignored",
          path,
          host,
          message: `${path} is excluded by ${rule}`,
        },
  );
}

function tell(
  { problems }: View,
  severity: FleetProblem["severity"],
  code: string,
  path: string,
  message: string,
  host?: string,
): void {
  problems.push({ severity, code, path, message, ...(host !== undefined && { host }) });
}

function isNixFile(name: string): boolean {
  return name.endsWith(".nix") && name !== "default.nix" && name !== ".nix";
}

function isSeen({ tracked }: View, path: string): boolean {
  return tracked === null || tracked.has(path);
}

function withFolders(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>();
  for (const path of paths) {
    for (
      let at = path;
      at !== "" && !all.has(at);
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")))
    ) {
      all.add(at);
    }
  }
  return all;
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
