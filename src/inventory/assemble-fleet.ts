import type { FleetFile } from "../fleet/fleet-file.ts";
import { flawOf } from "../fleet/flaw.ts";
import type { FleetProblem } from "../fleet/fleet.ts";
import type { Host } from "../fleet/host.ts";
import type { Layer } from "../fleet/layers.ts";
import { isHostName, isSelector, reservedNames } from "../fleet/names.ts";
import { resolveHost } from "../fleet/resolve-host.ts";
import { readSettings, type SettingsReading } from "../fleet/settings.ts";
import type { JsonReading } from "../lib/json.ts";
import { visible } from "../lib/visible.ts";
import { homesOn, sortHomes, type Homes } from "./home-units.ts";
import type { Unit } from "./scan-units.ts";

/** All that was found out about a repository, before it is put together. */
export interface Findings {
  readonly units: readonly Unit[];
  readonly homes: readonly Unit[];
  readonly droids: readonly Unit[];
  readonly problems: readonly FleetProblem[];
  /** By the file's path. Files that could not be read are missing. */
  readonly metadata: ReadonlyMap<string, JsonReading>;
  readonly file: FleetFile;
  /** What Nix says; null where it was not asked. */
  readonly outputs: FlakeOutputs | null;
  /** Environment, then flags. */
  readonly above: readonly Layer[];
}

/** The outputs of a flake that name hosts. */
export interface FlakeOutputs {
  readonly hosts: readonly string[];
  /** It is made by our library (`lib.fleet`), so that its folders mean what ours mean. */
  readonly isOurs: boolean;
}

/** The hosts of a repository, each with its settings, and everything that is wrong with any. */
export interface Assembled {
  readonly hosts: readonly Host[];
  readonly standalone: readonly string[];
  readonly droids: readonly string[];
  readonly problems: readonly FleetProblem[];
}

/**
 * Puts the findings together. With Nix the outputs name the hosts, without it the folders do. A host
 * with bad metadata stays listed, with its problems; it never takes the others along.
 */
export function assembleFleet(findings: Findings): Assembled {
  const { outputs, file } = findings;
  const isOurs = outputs === null || outputs.isOurs;
  const units = byName(findings.units);
  const names = namesOf(findings, units);
  const homes = sortHomes(findings.homes, new Set(names));
  const described = names.map((name) => describe(findings, homes, name, units.get(name)?.[0]));
  const structural = [
    ...findings.problems,
    ...nameProblems(findings.units, described),
    ...homes.problems,
    ...(isOurs ? outputProblems(findings, names) : []),
  ];
  const unknown = [...file.hosts.keys()].filter((name) => !names.includes(name));
  const problems = [
    ...(isOurs ? structural : structural.map(asNote)),
    ...selectorProblems([...new Set([...names, ...units.keys()])], units),
    ...described.flatMap((one) => one.problems),
    ...file.problems,
    ...unknown.map((name) => unknownHost(name)),
    // Names in them may hold anything, and are to be found again.
  ].map((problem) => ({ ...problem, message: visible(problem.message) }));
  return {
    hosts: described.map(({ host }) => ({ ...host, flaw: flawOf(problems, host.name) })),
    standalone: [...homes.bases.keys()],
    droids: findings.droids.map(({ name }) => name).toSorted(),
    problems,
  };
}

function byName(units: readonly Unit[]): ReadonlyMap<string, readonly Unit[]> {
  const found = new Map<string, readonly Unit[]>();
  // A directory counts before a file, and the first folder before the second.
  const sorted = units.toSorted((a, b) => rankOf(a) - rankOf(b));
  for (const unit of sorted) found.set(unit.name, [...(found.get(unit.name) ?? []), unit]);
  return found;
}

function rankOf({ form }: Unit): number {
  return form === "directory" ? 0 : 1;
}

function namesOf(
  { outputs, file, metadata }: Findings,
  units: ReadonlyMap<string, readonly Unit[]>,
): readonly string[] {
  const folders = [...units.keys()];
  if (outputs === null) {
    return (folders.length > 0 ? folders : [...file.hosts.keys()]).toSorted();
  }
  // Nix lists Macs in another output; they are known by what is written about them.
  const macs = folders.filter((name) => {
    const reading = metadata.get(units.get(name)?.[0]?.metaJson ?? "");
    const { settings } = readSettings("", reading ?? { value: {}, complaints: [] });
    return settings.class === "darwin" || settings.system?.endsWith("-darwin") === true;
  });
  return [...new Set([...outputs.hosts, ...macs])].toSorted();
}

interface Described {
  readonly host: Host;
  readonly problems: readonly FleetProblem[];
}

function describe(
  { metadata, file, outputs, above }: Findings,
  homes: Homes,
  name: string,
  unit: Unit | undefined,
): Described {
  const place = unit?.metaJson ?? unit?.metaNix ?? null;
  const found = place === null ? undefined : metadata.get(place);
  const own = place === null || found === undefined ? null : readSettings(place, found);
  const inFile = file.hosts.get(name);
  const { host, conflicts } = resolveHost({
    name,
    path: unit?.path ?? null,
    homes: {},
    assumedSystem: outputs === null || outputs.isOurs ? "x86_64-linux" : null,
    layers: {
      defaults: file.defaults,
      tags: file.tags,
      own: [
        ...(inFile === undefined ? [] : [inFile]),
        ...(own === null ? [] : [{ origin: place ?? "", host: null, settings: own.settings }]),
      ],
      above,
    },
  });
  const path = place ?? unit?.path ?? "fleet.json";
  const problem = (code: string, message: string): FleetProblem => {
    return { severity: "error", code, path, message, host: name };
  };
  const twice = `keep one`;
  return {
    host: { ...host, homes: homesOn(homes, name, host.settings.users) },
    problems: [
      ...(own === null ? [] : ownProblems(own, path, name, isForeign(own, outputs))),
      ...(unit?.metaJson != null && unit.metaNix !== null
        ? [problem("meta-conflict", `${unit.path} has meta.json and meta.nix; ${twice}`)]
        : []),
      ...(own !== null && inFile !== undefined
        ? [problem("meta-conflict", `${name} is described by ${path} and by fleet.json; ${twice}`)]
        : []),
      ...conflicts.map((conflict) => problem("meta-conflict", conflict)),
    ],
  };
}

/**
 * A file of this name may be another program's where the flake is not ours: it is taken for one as
 * soon as it holds a key that we do not know.
 */
function isForeign(
  { unknown, complaints }: SettingsReading,
  outputs: FlakeOutputs | null,
): boolean {
  if (outputs === null || outputs.isOurs) return false;
  const misspelled = complaints.filter(({ code }) => code === "meta-unknown").length;
  return unknown.length > misspelled;
}

function ownProblems(
  { complaints, unknown }: SettingsReading,
  path: string,
  host: string,
  foreign: boolean,
): readonly FleetProblem[] {
  const problems = complaints.map(({ severity, code, message }): FleetProblem => {
    return { severity: foreign ? "info" : severity, code, path, message, host };
  });
  if (!foreign) return problems;
  const message = `${path}: not read as ours, for it has other keys: ${unknown.join(", ")}`;
  return [...problems, { severity: "info", code: "meta-unknown", path, message, host }];
}

/** What is wrong with the names that folders give. */
function nameProblems(
  units: readonly Unit[],
  described: readonly Described[],
): readonly FleetProblem[] {
  const problems: FleetProblem[] = [];
  const wrong = (code: string, { name, path }: Unit, message: string): void => {
    problems.push({ severity: "error", code, path, message, host: name });
  };
  const groups = byName(units);
  const folded = new Map<string, Unit>();
  for (const [name, [unit, ...others]] of groups) {
    if (unit === undefined) continue;
    if (others.length > 0) {
      const all = [unit, ...others].map(({ path }) => path).join(" and ");
      wrong("name-collision", unit, `${all} both define '${name}'; delete one`);
    }
    const twin = folded.get(name.toLowerCase());
    if (twin !== undefined) {
      wrong("name-case", unit, `${twin.path} and ${unit.path} differ only in case`);
      wrong("name-case", twin, `${twin.path} and ${unit.path} differ only in case`);
    }
    folded.set(name.toLowerCase(), unit);
    const hostName = described.find(({ host }) => host.name === name)?.host.settings.hostName;
    // Told of all hosts, also those without a folder.
    if (isSelector(name)) continue;
    if (!isHostName(name)) {
      const why = "not a valid host name (letters, digits, - and _, at most 63)";
      wrong("name-invalid", unit, `${unit.path}: ${why}`);
    } else if (reservedNames.has(name)) {
      wrong("name-reserved", unit, `${unit.path}: '${name}' is reserved for user@${name}`);
    } else if (name.includes(".") && hostName === name) {
      const why = "host names cannot contain dots; set hostName in meta.json";
      wrong("name-dotted", unit, `${unit.path}: ${why}`);
    }
  }
  return problems;
}

/** Also in flakes that are not ours: `deploy all` must never mean one host. */
function selectorProblems(
  names: readonly string[],
  units: ReadonlyMap<string, readonly Unit[]>,
): readonly FleetProblem[] {
  return names.filter(isSelector).map((name): FleetProblem => {
    const path = units.get(name)?.[0]?.path ?? "flake.nix";
    const message = `${path}: ${JSON.stringify(name)} selects hosts, and no host can be called so`;
    return { severity: "error", code: "name-reserved", path, message, host: name };
  });
}

/** Folders that Nix does not know, and hosts that have no folder. */
function outputProblems(
  { units, outputs }: Findings,
  names: readonly string[],
): readonly FleetProblem[] {
  if (outputs === null) return [];
  const missing = units.filter(({ name }) => !names.includes(name));
  const wired = names.filter((name) => !units.some((unit) => unit.name === name));
  return [
    ...missing.map(({ path, name }): FleetProblem => {
      const message = `${path} is not in nixosConfigurations`;
      return { severity: "warning", code: "not-exported", path, message, host: name };
    }),
    ...wired.map((name): FleetProblem => {
      const message = `${name} is in nixosConfigurations but in no folder`;
      return { severity: "warning", code: "hand-wired", path: "flake.nix", message, host: name };
    }),
  ];
}

function unknownHost(name: string): FleetProblem {
  const message = `fleet.json describes ${name}, and there is no such host`;
  return { severity: "error", code: "fleet-unknown-host", path: "fleet.json", message, host: name };
}

/** In a flake that is not ours, folders may mean anything: told, and nothing stops. */
function asNote(problem: FleetProblem): FleetProblem {
  return { ...problem, severity: "info" };
}
