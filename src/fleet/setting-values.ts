import type { Host, HostSettings } from "./host.ts";
import { settingNotes } from "./settings-schema.ts";

/** One setting of one host: what it is, and who says so. */
export interface SettingValue {
  /** Dotted: `policy.confirmSeconds`, `policy.units.nginx.service`. */
  readonly key: string;
  /** As JSON; null where nothing is known. */
  readonly value: unknown;
  /** `default`, a file, a variable, a flag. */
  readonly origin: string;
}

/** All settings of a host, in the order of the reference. */
export function settingValues({ settings, origins }: Host): readonly SettingValue[] {
  return [...settingNotes().keys()].flatMap((key): SettingValue[] => {
    if (key !== "policy.units") {
      return [{ key, value: valueOf(settings, key), origin: origins[key] ?? "default" }];
    }
    return Object.entries(settings.policy.units).map(([unit, value]) => {
      const inner = `policy.units.${unit}`;
      return { key: inner, value, origin: origins[inner] ?? "default" };
    });
  });
}

function valueOf(settings: HostSettings, key: string): unknown {
  const [first = "", second] = key.split(".");
  const own = new Map<string, unknown>(Object.entries(settings));
  own.set("address", settings.addresses);
  const value = own.get(first);
  if (second === undefined) return value ?? null;
  const isGroup = typeof value === "object" && value !== null;
  return isGroup ? (new Map<string, unknown>(Object.entries(value)).get(second) ?? null) : null;
}
