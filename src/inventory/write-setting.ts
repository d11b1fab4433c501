import { readFleetFile } from "../fleet/fleet-file.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Host } from "../fleet/host.ts";
import { readJson } from "../lib/json.ts";
import { setInJson } from "../lib/json-edit.ts";
import { Problem } from "../lib/problem.ts";
import type { World } from "../world/world.ts";

/**
 * Writes one setting of a host into the file that describes it, and leaves the rest of the file as
 * it stands; gives the file, relative to the flake's folder. Hosts that nothing describes yet get a
 * `meta.json` beside them, or an entry in fleet.json, which git is then told of.
 * Throws a usage Problem for repositories that are not here, `metadata-broken` for a broken file.
 */
export async function writeSetting(
  world: World,
  fleet: Fleet,
  host: Host,
  setting: { readonly key: string; readonly value: unknown },
): Promise<string> {
  const { folder } = fleet.source;
  if (folder === null) {
    throw new Problem(
      "usage",
      `${fleet.source.reference} is not on this machine, so it cannot be written`,
    );
  }
  const { file, prefix } = await placeOf(world, folder, host);
  const path = `${folder}/${file}`;
  const bytes = await world.files.bytes(path);
  const text = bytes === undefined ? "{}\n" : new TextDecoder().decode(bytes);
  if (bytes !== undefined && readJson(bytes).value === undefined) {
    throw new Problem("metadata-broken", `${file} is no JSON, so nothing is written into it`, {
      hint: `flurry host show ${host.name}`,
    });
  }
  await world.files.write(path, setInJson(text, [...prefix, setting.key], setting.value));
  if (bytes === undefined && fleet.source.reference.startsWith("git+file:")) {
    // Nix sees only what git knows of.
    const argv = ["git", "-C", folder, "add", "-N", "--", file];
    await world.here({ argv, timeoutSeconds: 30 });
  }
  return file;
}

interface Place {
  readonly file: string;
  /** The keys that lead to the host's settings in that file. */
  readonly prefix: readonly string[];
}

async function placeOf(world: World, folder: string, { name, path }: Host): Promise<Place> {
  const inFleetFile: Place = { file: "fleet.json", prefix: ["hosts", name] };
  const isThere = async (file: string): Promise<boolean> =>
    (await world.files.real(`${folder}/${file}`)) !== undefined;
  if (path === null) return inFleetFile;
  const isFile = path.endsWith(".nix");
  const own = isFile ? path.replace(/\.nix$/, ".meta.json") : `${path}/meta.json`;
  if (await isThere(own)) return { file: own, prefix: [] };
  if (!isFile && (await isThere(`${path}/meta.nix`))) {
    throw new Problem(
      "usage",
      `${name} is described by ${path}/meta.nix, which flurry does not write`,
      {
        hint: `$EDITOR ${path}/meta.nix`,
      },
    );
  }
  const bytes = await world.files.bytes(`${folder}/fleet.json`);
  const file = readFleetFile(bytes === undefined ? null : readJson(bytes));
  return file.hosts.has(name) ? inFleetFile : { file: own, prefix: [] };
}
