import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";

/** A folder whose process has died is somebody's who is in another container, or nobody's. */
const sweptAfterMs = 24 * 3600 * 1000;

/**
 * Makes a folder for this user alone and this process, in memory where the system has a place for
 * that (`runtime` is XDG_RUNTIME_DIR). Its path has no blanks: older versions of Nix split
 * NIX_SSHOPTS there. What a killed flurry left behind a day ago is removed.
 */
export async function makePrivateFolder(runtime: string | undefined): Promise<string> {
  const parent = await parentIn(runtime);
  await sweep(parent);
  return await mkdtemp(join(parent, `flurry-ssh-${process.pid}-`));
}

async function parentIn(runtime: string | undefined): Promise<string> {
  if (runtime !== undefined && (await isUsable(runtime))) {
    const ours = join(runtime, "flurry");
    await mkdir(ours, { recursive: true, mode: 0o700 });
    return ours;
  }
  return /\s/.test(tmpdir()) ? "/tmp" : tmpdir();
}

async function isUsable(folder: string): Promise<boolean> {
  if (!isAbsolute(folder) || /\s/.test(folder)) return false;
  return await stat(folder).then(
    (found) => found.isDirectory() && found.uid === userInfo().uid,
    () => false,
  );
}

async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch((): string[] => [])) {
    const [, pid] = /^flurry-ssh-(\d+)-\w+$/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(parent, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.uid !== userInfo().uid || Date.now() - found.mtimeMs < sweptAfterMs) continue;
    await rm(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
