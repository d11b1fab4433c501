import type { JsonComplaint, JsonReading } from "../lib/json.ts";
import { nearest } from "../lib/nearest.ts";
import type { HostSettings, UnitPolicy } from "./host.ts";
import { knownSystems } from "./names.ts";
import { fitSettings, knownKeys, type Misfit } from "./settings-schema.ts";

/** Settings as people write them, in meta.json, fleet.json, variables and flags: every key optional. */
export interface WrittenSettings {
  readonly system?: string;
  readonly class?: HostSettings["class"];
  readonly hostName?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly enabled?: boolean;
  readonly users?: readonly string[];
  readonly address?: string | readonly string[];
  readonly port?: number;
  readonly user?: string;
  readonly sshOptions?: readonly string[];
  readonly sshHostKey?: string | readonly string[];
  readonly elevate?: "none" | "sudo" | "doas" | "run0" | readonly string[];
  readonly machineId?: string;
  readonly local?: boolean;
  readonly build?: { readonly on?: string; readonly substitutes?: boolean };
  readonly profiles?: Readonly<Record<string, { readonly user: string }>>;
  readonly profileOrder?: readonly string[];
  readonly policy?: WrittenPolicy;
  readonly probes?: readonly WrittenProbe[];
}

export interface WrittenPolicy {
  readonly goal?: "switch" | "boot" | "test";
  readonly confirm?: boolean;
  readonly fallback?: boolean;
  readonly canary?: boolean;
  readonly activationSeconds?: number;
  readonly activationLimitSeconds?: number;
  readonly confirmSeconds?: number;
  readonly soakSeconds?: number;
  readonly evaluateSeconds?: number;
  readonly units?: Readonly<Record<string, UnitPolicy>>;
}

export type WrittenProbe = {
  readonly name?: string;
  readonly timeoutSeconds?: number;
  readonly tries?: number;
  readonly required?: boolean;
  readonly from?: "here" | "host";
} & (
  | { readonly kind: "tcp"; readonly address?: string; readonly port: number }
  | { readonly kind: "http"; readonly url: string; readonly status?: number }
  | { readonly kind: "unit"; readonly unit: string }
  | { readonly kind: "command"; readonly command: readonly string[] }
);

/** What is wrong with a file of settings. Errors stop the host it describes, warnings do not. */
export interface SettingsComplaint {
  readonly severity: "error" | "warning";
  readonly code: SettingsComplaintCode;
  /** A sentence that begins with the file. */
  readonly message: string;
}

export type SettingsComplaintCode =
  | "meta-syntax"
  | "meta-encoding"
  | "meta-number"
  | "meta-reserved"
  | "meta-duplicate"
  | "meta-type"
  | "meta-field"
  | "meta-system-unknown"
  | "meta-unknown";

export interface SettingsReading {
  /** What could be understood; the rest is in the complaints, all of them. */
  readonly settings: WrittenSettings;
  readonly complaints: readonly SettingsComplaint[];
  /** Keys that we do not know, dotted; those near a known one are among the complaints too. */
  readonly unknown: readonly string[];
}

/** Reads a file that describes one host. `place` is its name in messages: `systems/nas/meta.json`. */
export function readSettings(place: string, reading: JsonReading): SettingsReading {
  const broken = jsonComplaints(place, reading);
  if (reading.value === undefined) return { settings: {}, complaints: broken, unknown: [] };
  const read = settingsOf(place, "", reading.value);
  // A number that is not portable has been told of; `should be …` about the same key adds nothing.
  const told = new Set(reading.complaints.map(({ key }) => key));
  const misfits = read.misfits.filter(({ key }) => !told.has(key));
  return {
    settings: read.settings,
    complaints: [
      ...broken,
      ...misfits.map((misfit) => complaintOfMisfit(place, "", misfit)),
      ...read.complaints,
    ],
    unknown: read.unknown,
  };
}

/** What `readJson` found wrong with a file of settings, in sentences. */
export function jsonComplaints(
  place: string,
  { complaints }: JsonReading,
): readonly SettingsComplaint[] {
  return complaints.map((complaint) => complaintOfJson(place, complaint));
}

/**
 * The same for a value read already, such as a part of fleet.json: `prefix` then stands before its
 * keys (`hosts.nas.`).
 */
export function settingsFrom(place: string, value: unknown, prefix = ""): SettingsReading {
  const { settings, misfits, complaints, unknown } = settingsOf(place, prefix, value);
  const fromMisfits = misfits.map((misfit) => complaintOfMisfit(place, prefix, misfit));
  return { settings, complaints: [...fromMisfits, ...complaints], unknown };
}

function settingsOf(
  place: string,
  prefix: string,
  value: unknown,
): SettingsReading & { readonly misfits: readonly Misfit[] } {
  const { settings, misfits } = fitSettings(value);
  const unknown = unknownKeys(value);
  const complaints = [
    ...systemComplaints(place, settings.system),
    ...unknown.flatMap((key) => nearKnown(place, prefix, key)),
  ];
  return { settings, misfits, complaints, unknown };
}

function complaintOfJson(place: string, complaint: JsonComplaint): SettingsComplaint {
  const { kind, key, line, column, text } = complaint;
  switch (kind) {
    case "syntax":
      return error("meta-syntax", `${place}:${line}:${column}: ${text}`);
    case "encoding":
      return error("meta-encoding", `${place}: ${key === "" ? text : `${key}: ${text}`}`);
    case "number":
      return error("meta-number", `${place}: ${key}: ${text}`);
    case "reserved":
      return error("meta-reserved", `${place}: ${text}`);
    case "duplicate":
      return { severity: "warning", code: "meta-duplicate", message: `${place}: ${text}` };
  }
}

function complaintOfMisfit(
  place: string,
  prefix: string,
  { key, text }: Misfit,
): SettingsComplaint {
  if (key !== "") return error("meta-field", `${place}: ${prefix}${key}: ${text}`);
  const whole = prefix === "" ? place : `${place}: ${prefix.slice(0, -1)}`;
  return error("meta-type", `${whole} ${text.replace("should be", "must be")}`);
}

function systemComplaints(place: string, system: string | undefined): SettingsComplaint[] {
  if (system === undefined || knownSystems.has(system)) return [];
  const meant = nearest(system, knownSystems)[0];
  const ending = meant === undefined ? "" : `; did you mean ${JSON.stringify(meant)}?`;
  const message = `${place}: system ${JSON.stringify(system)} is not known${ending}`;
  return [error("meta-system-unknown", message)];
}

function unknownKeys(value: unknown): string[] {
  return (["", "build", "policy"] as const).flatMap((group) => {
    const known = new Set(knownKeys(group));
    const keys = Object.keys(group === "" ? recordOf(value) : recordOf(recordOf(value)[group]));
    const prefix = group === "" ? "" : `${group}.`;
    return keys.filter((key) => !known.has(key)).map((key) => `${prefix}${key}`);
  });
}

function nearKnown(place: string, prefix: string, key: string): SettingsComplaint[] {
  const group = key.startsWith("build.") ? "build" : key.startsWith("policy.") ? "policy" : "";
  const last = group === "" ? key : key.slice(group.length + 1);
  const meant = nearest(last, knownKeys(group))[0];
  if (meant === undefined) return [];
  const message = `${place}: unknown key ${JSON.stringify(`${prefix}${key}`)}; did you mean ${JSON.stringify(meant)}?`;
  return [{ severity: "warning", code: "meta-unknown", message }];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function error(code: SettingsComplaintCode, message: string): SettingsComplaint {
  return { severity: "error", code, message };
}
