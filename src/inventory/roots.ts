import type { World } from "../world/world.ts";

/** A folder of links that keep what a run built from being collected, until the run is over. */
export interface Roots {
  /** A name for links that nobody has used yet. */
  readonly next: () => Promise<string>;
  /** Removes them all. */
  readonly close: () => Promise<void>;
}

/**
 * Roots of one run, in the state folder. They are made when first asked for; then those that killed
 * runs have left are removed.
 */
export function rootsOf(world: World, run: string): Roots {
  const parent = `${stateFolder(world.env)}/flurry/roots`;
  let opened: Promise<string> | undefined;
  let number = 0;

  async function open(): Promise<string> {
    await removeAbandoned(world, parent);
    const folder = `${parent}/${run}-${world.random(6)}`;
    await world.files.makeFolder(folder, 0o700);
    const owner = await identityOf(world, "self");
    if (owner !== null) await world.files.write(`${folder}/owner`, `${owner}\n`);
    return folder;
  }

  return {
    next: async () => {
      const folder = await (opened ??= open());
      number += 1;
      return `${folder}/${number}`;
    },
    close: async () => {
      if (opened) await world.files.remove(await opened);
      opened = undefined;
    },
  };
}

/** Where programs keep what they know from one start to the next. */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env["XDG_STATE_HOME"] || `${env["HOME"] || "/root"}/.local/state`;
}

async function removeAbandoned(world: World, parent: string): Promise<void> {
  for (const { name, kind } of (await world.files.list(parent)) ?? []) {
    const folder = `${parent}/${name}`;
    const owner = kind === "directory" ? await world.files.read(`${folder}/owner`) : undefined;
    if (owner === undefined) continue;
    const [process = ""] = owner.split(" ");
    if ((await identityOf(world, process)) !== owner.trim()) await world.files.remove(folder);
  }
}

/**
 * A process: its number, and when it started, because numbers are used again. Null where there is
 * none, or no /proc.
 */
async function identityOf(world: World, process: string): Promise<string | null> {
  const text = await world.files.read(`/proc/${process}/stat`).then(undefined, () => undefined);
  // The name in brackets may hold anything; 20 fields behind it comes the start time.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  const boot = await world.files.read("/proc/sys/kernel/random/boot_id");
  if (text === undefined || !fields || boot === undefined) return null;
  return `${text.split(" ")[0]} ${fields[19]} ${boot.trim()}`;
}
