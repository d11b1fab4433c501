import { Problem } from "../lib/problem.ts";
import { readAddress } from "./address.ts";
import type { Host, HostSettings, Policy, Probe, UnitPolicy } from "./host.ts";
import type { Layer } from "./layers.ts";
import { settingNotes } from "./settings-schema.ts";
import type { WrittenProbe, WrittenSettings } from "./settings.ts";

/** All that is written about one host, apart from what is said for all. */
export interface Description {
  readonly name: string;
  readonly path: string | null;
  /** True: Nix or a folder says that this host exists and can be built. */
  readonly layers: HostLayers;
  readonly homes: Host["homes"];
  /** Counts where no one says a system; null where only Nix can tell. */
  readonly assumedSystem: string | null;
}

/** In order of precedence; see `Layer`. */
export interface HostLayers {
  readonly defaults: readonly Layer[];
  /** By tag; only those of the host's own tags count. */
  readonly tags: ReadonlyMap<string, Layer>;
  /** Its own file, or its part of fleet.json. */
  readonly own: readonly Layer[];
  /** Environment, then flags. */
  readonly above: readonly Layer[];
}

/** A host, and what contradicts itself about it in sentences that begin with the place. */
export interface Resolved {
  readonly host: Host;
  readonly conflicts: readonly string[];
}

/**
 * The units whose failure says nothing once the host was reached over a fresh connection: they
 * wait for a network that is there already, and fail when they are started a second time.
 */
const builtInUnits: Readonly<Record<string, UnitPolicy>> = {
  "NetworkManager-wait-online.service": "warn",
  "systemd-networkd-wait-online.service": "warn",
  "systemd-networkd-wait-online@*.service": "warn",
};

/** Puts the layers on top of each other: defaults, tags, the host's own, environment, flags. */
export function resolveHost(description: Description): Resolved {
  const { name, path, homes, layers } = description;
  const own = [...layers.defaults, ...layers.own].filter(
    ({ host }) => host === null || host === name,
  );
  const tags = own.reduce<readonly string[]>((before, { settings }) => settings.tags ?? before, []);
  const tagLayers = tags.flatMap((tag) => layers.tags.get(tag) ?? []);
  const ordered = [...layers.defaults, ...tagLayers, ...layers.own, ...layers.above].filter(
    ({ host }) => host === null || host === name,
  );

  const origins: Record<string, string> = {};
  for (const key of settingNotes().keys()) origins[key] = "default";
  for (const unit of Object.keys(builtInUnits)) origins[`policy.units.${unit}`] = "default";
  let written: WrittenSettings = {};
  for (const { origin, settings } of ordered) {
    written = onTop(written, settings);
    for (const key of keysOf(settings).keys()) origins[key] = origin;
  }

  const addressed = addressOf(written);
  for (const key of ["port", "user"] as const) {
    if (origins[key] === "default" && addressed[key] !== null)
      origins[key] = origins["address"] ?? "";
  }
  const settings = complete(name, written, addressed, description.assumedSystem);
  return {
    host: {
      name,
      path,
      attribute: attributeOf(name, settings),
      deployable: settings.class === "nixos" && settings.enabled,
      settings,
      origins,
      homes,
      flaw: null,
    },
    conflicts: [
      ...tagConflicts(tagLayers).map((conflict) => `${conflict}; ${name} has both tags`),
      ...addressed.conflicts.map((conflict) => `${origins["address"]}: ${conflict}`),
    ],
  };
}

/** `above` on top of `below`, key by key; lists are replaced, not joined. */
function onTop(below: WrittenSettings, above: WrittenSettings): WrittenSettings {
  const units = {
    ...above.policy?.units,
    ...withoutKeys(below.policy?.units, above.policy?.units),
  };
  return {
    ...below,
    ...above,
    ...((below.build ?? above.build) && { build: { ...below.build, ...above.build } }),
    ...((below.profiles ?? above.profiles) && {
      profiles: { ...below.profiles, ...above.profiles },
    }),
    ...((below.policy ?? above.policy) && { policy: { ...below.policy, ...above.policy, units } }),
  };
}

function withoutKeys<Value>(
  from: Readonly<Record<string, Value>> = {},
  keys: Readonly<Record<string, unknown>> = {},
): Record<string, Value> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => !(key in keys)));
}

/** The dotted keys of one layer with what they say, for origins and conflicts. */
function keysOf(settings: WrittenSettings): ReadonlyMap<string, unknown> {
  const keys = new Map<string, unknown>();
  for (const [key, value] of Object.entries(settings)) {
    if (key !== "build" && key !== "policy" && key !== "profiles") keys.set(key, value);
  }
  for (const [key, value] of Object.entries(settings.build ?? {})) keys.set(`build.${key}`, value);
  for (const [key, value] of Object.entries(settings.policy ?? {})) {
    if (key !== "units") keys.set(`policy.${key}`, value);
  }
  for (const [unit, value] of Object.entries(settings.policy?.units ?? {})) {
    keys.set(`policy.units.${unit}`, value);
  }
  for (const [profile, { user }] of Object.entries(settings.profiles ?? {})) {
    keys.set(`profiles.${profile}.user`, user);
  }
  return keys;
}

/** Two tags that set the same key differently would make a race of the order of tags. */
function tagConflicts(layers: readonly Layer[]): string[] {
  const said = new Map<string, { readonly origin: string; readonly value: string }>();
  return layers.flatMap(({ origin, settings }) =>
    [...keysOf(settings)].flatMap(([key, value]) => {
      const text = JSON.stringify(value);
      const before = said.get(key);
      if (before === undefined) {
        said.set(key, { origin, value: text });
        return [];
      }
      if (before.value === text) return [];
      return [`${before.origin} sets ${key} to ${before.value}, ${origin} to ${text}`];
    }),
  );
}

interface Addressed {
  readonly hosts: readonly string[];
  readonly port: number | null;
  readonly user: string | null;
  readonly conflicts: readonly string[];
}

/** All addresses of a host share one user and one port, since one ssh configuration serves them. */
function addressOf({ address = [] }: WrittenSettings): Addressed {
  const read = (typeof address === "string" ? [address] : address).map((text) => readAddress(text));
  const good = read.flatMap((one) => (one instanceof Problem ? [] : [one]));
  const wrong = read.flatMap((one) => (one instanceof Problem ? [one.message] : []));
  const ports = new Set(good.map(({ port }) => port));
  const users = new Set(good.map(({ user }) => user));
  return {
    hosts: good.map(({ host }) => host),
    port: good[0]?.port ?? null,
    user: good[0]?.user ?? null,
    conflicts: [
      ...wrong,
      ...(ports.size > 1 ? ["address: its addresses must have the same port"] : []),
      ...(users.size > 1 ? ["address: its addresses must have the same user"] : []),
    ],
  };
}

function complete(
  name: string,
  written: WrittenSettings,
  addressed: Addressed,
  assumedSystem: string | null,
): HostSettings {
  const hostName = written.hostName ?? name;
  const system = written.system ?? assumedSystem;
  const keys = written.sshHostKey ?? [];
  return {
    class: written.class ?? (system?.endsWith("-darwin") === true ? "darwin" : "nixos"),
    system,
    hostName,
    description: written.description ?? null,
    tags: written.tags ?? [],
    enabled: written.enabled ?? true,
    users: written.users ?? [],
    addresses: addressed.hosts.length > 0 ? addressed.hosts : [hostName],
    port: written.port ?? addressed.port,
    user: written.user ?? addressed.user,
    sshOptions: written.sshOptions ?? [],
    sshHostKey: (typeof keys === "string" ? [keys] : keys).map(withoutComment),
    elevate: written.elevate ?? null,
    machineId: written.machineId ?? null,
    local: written.local ?? true,
    build: { on: written.build?.on ?? "here", substitutes: written.build?.substitutes ?? true },
    profiles: { system: { user: "root" }, ...written.profiles },
    profileOrder: written.profileOrder ?? ["system"],
    policy: policyOf(written),
    probes: (written.probes ?? []).map(probeOf),
  };
}

function policyOf({ policy = {} }: WrittenSettings): Policy {
  return {
    goal: policy.goal ?? "switch",
    confirm: policy.confirm ?? true,
    fallback: policy.fallback ?? true,
    canary: policy.canary ?? false,
    activationSeconds: policy.activationSeconds ?? 240,
    activationLimitSeconds: policy.activationLimitSeconds ?? 1800,
    confirmSeconds: policy.confirmSeconds ?? 30,
    soakSeconds: policy.soakSeconds ?? 0,
    evaluateSeconds: policy.evaluateSeconds ?? 600,
    units: { ...policy.units, ...withoutKeys(builtInUnits, policy.units) },
  };
}

function probeOf(written: WrittenProbe): Probe {
  const common = {
    timeoutSeconds: written.timeoutSeconds ?? 5,
    tries: written.tries ?? 3,
    required: written.required ?? true,
  };
  switch (written.kind) {
    case "tcp": {
      const { kind, port, address = null, name = `port ${port}`, from = "here" } = written;
      return { ...common, kind, name, from, port, address };
    }
    case "http": {
      const { kind, url, status = null, name = url, from = "here" } = written;
      return { ...common, kind, name, from, url, status };
    }
    case "unit": {
      const { kind, unit, name = unit, from = "host" } = written;
      return { ...common, kind, name, from, unit };
    }
    case "command": {
      const { kind, command, name = command.join(" "), from = "host" } = written;
      return { ...common, kind, name, from, command };
    }
  }
}

function attributeOf(name: string, settings: HostSettings): readonly string[] {
  if (settings.class === "darwin") return ["darwinConfigurations", name, "system"];
  return ["nixosConfigurations", name, "config", "system", "build", "toplevel"];
}

/** known_hosts wants type and key; what follows is for people. */
function withoutComment(key: string): string {
  return key.split(" ").slice(0, 2).join(" ");
}
