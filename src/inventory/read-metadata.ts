import type { FleetProblem } from "../fleet/fleet.ts";
import { type JsonReading, readJson, readJsonText } from "../lib/json.ts";
import type { World } from "../world/world.ts";
import { askNix } from "./ask-nix.ts";
import type { Unit } from "./scan-units.ts";

/** What stands beside the hosts, by file, and what could not be read. */
export interface MetadataRead {
  readonly readings: ReadonlyMap<string, JsonReading>;
  readonly problems: readonly FleetProblem[];
}

/** Reads `meta.json` and, where Nix may be asked, `meta.nix` of all hosts. */
export async function readMetadata(
  world: World,
  folder: string,
  units: readonly Unit[],
  mayAskNix: boolean,
): Promise<MetadataRead> {
  const readings = new Map<string, JsonReading>();
  const problems: FleetProblem[] = [];
  const read = async (unit: Unit): Promise<void> => {
    const path = unit.metaJson ?? unit.metaNix;
    if (path === null) return;
    const bytes = await world.files.bytes(`${folder}/${path}`);
    if (bytes === undefined) return;
    if (unit.metaJson !== null) {
      readings.set(path, readJson(bytes));
      return;
    }
    const found = mayAskNix ? await readMetaNix(world, new TextDecoder().decode(bytes)) : null;
    if (found !== null && typeof found !== "string") readings.set(path, found);
    else problems.push(notRead(path, unit.name, found));
  };
  await Promise.all(units.map(read));
  return { readings, problems };
}

/** Plain data in Nix, as JSON; or half a sentence that says why not. The text goes in by stdin. */
async function readMetaNix(world: World, text: string): Promise<JsonReading | string> {
  const words = ["--eval", "--strict", "--json", "--option", "pure-eval", "true", "-"];
  const { code, stdout, stderr } = await askNix(world, {
    argv: ["nix-instantiate", ...words],
    input: text,
    timeoutSeconds: 60,
    accepts: [1],
  });
  if (code === 0 && stdout.trim() !== "") return readJsonText(stdout.trim());
  if (/function|lambda/.test(stderr)) return "must be plain data";
  const error = stderr.split("\n").findLast((line) => /^\s*error: \S/.test(line));
  return error?.replace(/^\s*error: /, "") ?? "must be plain data";
}

function notRead(path: string, host: string, why: string | null): FleetProblem {
  if (why === null) {
    const message = `${path} is not read without Nix; flurry here sees defaults for ${host}`;
    return { severity: "warning", code: "meta-unread", path, message, host };
  }
  const code = why === "must be plain data" ? "meta-function" : "meta-syntax";
  const message = code === "meta-function" ? `${path} ${why}` : `${path}: ${why}`;
  return { severity: "error", code, path, message, host };
}
