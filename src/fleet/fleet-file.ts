import type { JsonReading } from "../lib/json.ts";
import { nearest } from "../lib/nearest.ts";
import type { FleetProblem } from "./fleet.ts";
import type { Layer } from "./layers.ts";
import { jsonComplaints, settingsFrom, type SettingsComplaint } from "./settings.ts";

/** What the file `fleet.json` beside flake.nix says, of all hosts and of single ones. */
export interface FleetFile {
  readonly defaults: readonly Layer[];
  readonly tags: ReadonlyMap<string, Layer>;
  readonly hosts: ReadonlyMap<string, Layer>;
  readonly layout: Layout;
  readonly problems: readonly FleetProblem[];
}

/** Where hosts and homes lie in the repository. */
export interface Layout {
  readonly systems: readonly string[];
  readonly homes: readonly string[];
  readonly droids: readonly string[];
}

/** The layout of a repository that says nothing about it. */
export const plainLayout: Layout = {
  systems: ["systems", "hosts"],
  homes: ["homes"],
  droids: ["droids"],
};

const place = "fleet.json";
const sections = [
  "schema",
  "defaults",
  "tags",
  "hosts",
  "layout",
  "rollout",
  "evalMemoryMib",
  "evalWorkers",
];

/** Reads fleet.json; null stands for a file that is not there. */
export function readFleetFile(reading: JsonReading | null): FleetFile {
  const problems: FleetProblem[] = [];
  const complain = (complaints: readonly SettingsComplaint[], host?: string): void => {
    for (const { severity, code, message } of complaints) {
      problems.push({ severity, code, path: place, message, ...(host !== undefined && { host }) });
    }
  };
  const wrong = (code: SettingsComplaint["code"], message: string): void =>
    complain([{ severity: "error", code, message: `${place}: ${message}` }]);

  if (reading !== null) complain(jsonComplaints(place, reading));
  const whole = recordOf(reading?.value);
  if (whole === undefined && reading?.value !== undefined) {
    complain([{ severity: "error", code: "meta-type", message: `${place} must be an object` }]);
  }
  const root = whole ?? {};
  for (const key of Object.keys(root)) {
    const meant = sections.includes(key) ? undefined : nearest(key, sections)[0];
    if (meant === undefined) continue;
    const message = `${place}: unknown key ${JSON.stringify(key)}; did you mean ${JSON.stringify(meant)}?`;
    complain([{ severity: "warning", code: "meta-unknown", message }]);
  }
  const section = (key: string): Readonly<Record<string, unknown>> => {
    const value = root[key];
    if (value !== undefined && recordOf(value) === undefined) {
      wrong("meta-field", `${key}: should be an object`);
    }
    return recordOf(value) ?? {};
  };
  const layerOf = (origin: string, value: unknown, prefix: string, host?: string): Layer => {
    const { settings, complaints } = settingsFrom(place, value, prefix);
    complain(complaints, host);
    return { origin, host: null, settings };
  };

  const defaults =
    root["defaults"] === undefined
      ? []
      : [layerOf(`${place} defaults`, root["defaults"], "defaults.")];
  const tags = Object.entries(section("tags")).map(([tag, value]): [string, Layer] => [
    tag,
    layerOf(`${place} tags.${tag}`, value, `tags.${tag}.`),
  ]);
  const hosts = Object.entries(section("hosts")).map(([host, value]): [string, Layer] => [
    host,
    layerOf(`${place} hosts.${host}`, value, `hosts.${host}.`, host),
  ]);
  const layout = layoutOf(section("layout"), (message) => wrong("meta-field", message));
  return {
    defaults,
    tags: new Map(tags),
    hosts: new Map(hosts),
    layout,
    problems,
  };
}

function layoutOf(
  layout: Readonly<Record<string, unknown>>,
  wrong: (message: string) => void,
): Layout {
  const dirs = recordOf(layout["dirs"]) ?? {};
  const foldersOf = (key: keyof Layout): readonly string[] => {
    const value = dirs[key];
    if (value === undefined) return plainLayout[key];
    if (Array.isArray(value) && value.every(isFolder)) return value;
    wrong(`layout.dirs.${key}: should be a list of folders in the repository`);
    return plainLayout[key];
  };
  return { systems: foldersOf("systems"), homes: foldersOf("homes"), droids: foldersOf("droids") };
}

/** A path below the flake's folder: no `..`, no leading slash, nothing that is not a name. */
function isFolder(value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  return value.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? { ...value } : undefined;
}
