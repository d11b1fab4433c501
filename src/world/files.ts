import { randomBytes } from "node:crypto";
import type { Dirent } from "node:fs";
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  unlink,
} from "node:fs/promises";
import { dirname, basename, join } from "node:path";
import { Problem } from "../lib/problem.ts";
import type { DirectoryEntry, Files } from "./world.ts";

/** The real file system. What is not there is undefined; what may not be read or written throws. */
export const realFiles: Files = {
  read: (path) => unlessMissing(path, "read", () => readFile(path, "utf8")),
  bytes: (path) => unlessMissing(path, "read", () => readFile(path)),
  list: (path) =>
    unlessMissing(path, "read", async () => {
      const entries = await readdir(path, { withFileTypes: true });
      return entries.map(entryOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    }),
  real: (path) => unlessMissing(path, "read", () => realpath(path)),
  write: writeWhole,
  remove: (path) => attempt(path, "removed", () => rm(path, { recursive: true, force: true })),
  makeFolder: async (path, mode = 0o755) => {
    await attempt(path, "made", () => mkdir(path, { recursive: true, mode }));
  },
};

/**
 * Replaces a file as a whole: a reader sees the old text or the new one, also after a power cut. The
 * mode is kept where the file was there and none is given. A link stays one, and its goal changes.
 */
async function writeWhole(path: string, text: string, mode?: number): Promise<void> {
  await attempt(path, "written", async () => {
    const goal = (await isLink(path)) ? await realpath(path) : path;
    const found = await stat(goal).catch(() => undefined);
    const wanted = mode ?? (found ? found.mode & 0o7777 : undefined);
    const draft = join(dirname(goal), `.${basename(goal)}.${randomBytes(6).toString("hex")}`);
    try {
      await writeDraft(draft, text, wanted);
      await rename(draft, goal);
    } catch (thrown) {
      await unlink(draft).catch(() => {});
      throw thrown;
    }
    await syncFolder(dirname(goal));
  });
}

async function writeDraft(draft: string, text: string, mode: number | undefined): Promise<void> {
  // Never more open than it will be, not for a moment.
  const file = await open(draft, "wx", mode ?? 0o666);
  try {
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  // Some file systems cannot; the file itself is on the disk.
  await folder
    .sync()
    .catch(() => {})
    .finally(() => folder.close());
}

async function isLink(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

function entryOf(entry: Dirent): DirectoryEntry {
  const kind = entry.isFile()
    ? "file"
    : entry.isDirectory()
      ? "directory"
      : entry.isSymbolicLink()
        ? "link"
        : "other";
  return { name: entry.name, kind };
}

async function unlessMissing<T>(
  path: string,
  what: string,
  act: () => Promise<T>,
): Promise<T | undefined> {
  return await attempt(path, what, async () => {
    try {
      return await act();
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    }
  });
}

async function attempt<T>(path: string, what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const code = codeOf(cause);
    const why = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
    const problem = code === "ENOENT" ? "file-missing" : "command-failed";
    throw new Problem(problem, `${path} cannot be ${what}: ${why}`, { cause });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "that is not allowed",
  EPERM: "that is not allowed",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
};

/** Nothing is at the end of this path: also where it would go through a file. */
function isMissing(thrown: unknown): boolean {
  return codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR";
}

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
  return typeof code === "string" ? code : "";
}
