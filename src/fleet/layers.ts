import { parseJson } from "../lib/json.ts";
import { nearest } from "../lib/nearest.ts";
import { Problem } from "../lib/problem.ts";
import { settingNotes } from "./settings-schema.ts";
import { settingsFrom, type WrittenSettings } from "./settings.ts";

/** One source of settings. Of several, later ones win, key by key. */
export interface Layer {
  /** As `config show --origin` prints it: `FLURRY_CONFIRM_SECONDS`, `--confirm-seconds`. */
  readonly origin: string;
  /** The host it speaks of; null for all. */
  readonly host: string | null;
  readonly settings: WrittenSettings;
}

/** The settings that are in variables: `FLURRY_CONFIRM_SECONDS` for `policy.confirmSeconds`, and so on. */
export function layersOfEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): readonly Layer[] {
  return [...settingNotes()].flatMap(([key, { variable }]) => {
    const text = variable === null ? undefined : env[variable];
    if (variable === null || text === undefined || text === "") return [];
    return [layerOf(variable, null, key, text)];
  });
}

/**
 * A layer of one setting, its value as text: `30`, `true`, `sudo`, or JSON (`["web"]`).
 * Throws `setting-broken`, with the origin in the sentence, where the value does not fit.
 */
export function layerOf(origin: string, host: string | null, key: string, text: string): Layer {
  const [group = "", inner] = key.split(".");
  const readings = meaningsOf(text).map((value) => {
    return settingsFrom(origin, { [group]: inner === undefined ? value : { [inner]: value } });
  });
  const fitting = readings.find(({ complaints }) => complaints.length === 0);
  if (fitting !== undefined) return { origin, host, settings: fitting.settings };
  const wrong = readings[0]?.complaints[0]?.message ?? `${origin}: no value for ${key}`;
  throw new Problem("setting-broken", wrong);
}

/**
 * The layer of `--set HOST.KEY=VALUE`, such as `nas.policy.confirmSeconds=60`; `*` is every host.
 * Throws a usage Problem where there is no such key, and `setting-broken` for a wrong value.
 */
export function layerOfAssignment(assignment: string): Layer {
  const equals = assignment.indexOf("=");
  const left = equals < 0 ? assignment : assignment.slice(0, equals);
  const keys = [...settingNotes().keys()];
  // Host names may hold dots, so the key is what the left side ends in.
  const key = keys.find((one) => left.endsWith(`.${one}`) && left.length > one.length + 1);
  if (equals < 0 || key === undefined) {
    const meant = nearest(left.slice(left.indexOf(".") + 1), keys)[0];
    const hint = meant === undefined ? undefined : `Nearest key: ${meant}`;
    throw new Problem(
      "usage",
      `--set ${assignment}: should be HOST.KEY=VALUE, such as nas.policy.confirmSeconds=60`,
      hint === undefined ? {} : { hint },
    );
  }
  const host = left.slice(0, -key.length - 1);
  const layer = layerOf("--set", null, key, assignment.slice(equals + 1));
  return { ...layer, host: host === "*" ? null : host };
}

/** What a text may stand for, the likeliest first: `1` is a number, a yes, or a name. */
function meaningsOf(text: string): readonly unknown[] {
  const json = parseJson(text);
  return [
    ...(json === undefined ? [] : [json]),
    ...(/^(?:1|yes|on)$/i.test(text) ? [true] : []),
    ...(/^(?:0|no|off)$/i.test(text) ? [false] : []),
    text,
    text.split(/\s+/).filter((word) => word !== ""),
  ];
}
