import type { World } from "../world/world.ts";

/** Something in a folder of hosts or homes, as it lies on the disk. */
export interface DiskEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "link" | "other";
  /** The names inside: of a directory, or of the directory that a link leads to. */
  readonly inside: readonly string[];
  /** Of a link: what it leads to; `outside` also where it leads nowhere. */
  readonly target: "file" | "directory" | "outside" | null;
}

/**
 * Reads one folder of a repository, two levels deep. A folder that is missing, a file or a link in
 * its place, is as good as empty.
 */
export async function readDiskFolder(
  world: World,
  root: string,
  folder: string,
): Promise<readonly DiskEntry[]> {
  const path = `${root}/${folder}`;
  if ((await world.files.real(path)) !== path) return [];
  const entries = (await world.files.list(path)) ?? [];
  const read = entries.map(async ({ name, kind }): Promise<DiskEntry> => {
    if (kind === "directory") return { name, kind, target: null, inside: await inside(path, name) };
    if (kind !== "link") return { name, kind, target: null, inside: [] };
    const real = await world.files.real(`${path}/${name}`);
    if (real === undefined || !real.startsWith(`${root}/`)) {
      return { name, kind, target: "outside", inside: [] };
    }
    const names = await world.files.list(real);
    return {
      name,
      kind,
      target: names === undefined ? "file" : "directory",
      inside: names?.map((entry) => entry.name) ?? [],
    };
  });
  return (await Promise.all(read)).toSorted((a, b) => (a.name < b.name ? -1 : 1));

  async function inside(parent: string, name: string): Promise<readonly string[]> {
    const names = await world.files.list(`${parent}/${name}`);
    return (names ?? []).map((entry) => entry.name).toSorted();
  }
}
