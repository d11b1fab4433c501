import type { ProblemReport } from "../lib/problem.ts";

/** What a repository says of one host, complete: every key has a value, `null` where none is known. */
export interface HostSettings {
  readonly class: "nixos" | "darwin" | "system-manager" | "image";
  /** Such as `x86_64-linux`; null until said or probed (flakes without our library). */
  readonly system: string | null;
  readonly hostName: string;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly enabled: boolean;
  readonly users: readonly string[];
  /** Tried in order; never empty. Already parsed: no `user@`, no port, no brackets. */
  readonly addresses: readonly string[];
  readonly port: number | null;
  /** The login name; null: ssh decides. */
  readonly user: string | null;
  /** Extra words for every ssh to this host. */
  readonly sshOptions: readonly string[];
  /** Pinned public keys (`ssh-ed25519 AAAA…`); empty: the user's own known_hosts apply, strictly. */
  readonly sshHostKey: readonly string[];
  /** How to become root; null: not at all as root, else sudo. A list is the user's own command. */
  readonly elevate: "none" | "sudo" | "doas" | "run0" | readonly string[] | null;
  readonly machineId: string | null;
  /** May this host be deployed without ssh from itself? */
  readonly local: boolean;
  readonly build: BuildSettings;
  readonly profiles: Readonly<Record<string, { readonly user: string }>>;
  readonly profileOrder: readonly string[];
  readonly policy: Policy;
  readonly probes: readonly Probe[];
}

export interface BuildSettings {
  /** `here`, `target` (on the host itself), or another host's name or address. */
  readonly on: string;
  /** The host fetches what it can from its own caches. */
  readonly substitutes: boolean;
}

/** How careful to be with one host. Durations carry their unit in the name. */
export interface Policy {
  readonly goal: Goal;
  /** False: the guard confirms by itself after its own look at the units. */
  readonly confirm: boolean;
  /** False: a failed system is left running; the old one stays the boot default. */
  readonly fallback: boolean;
  readonly canary: boolean;
  /** How long an activation may be silent. */
  readonly activationSeconds: number;
  /** How long an activation may take at all. */
  readonly activationLimitSeconds: number;
  /** How long the word that confirms may take. */
  readonly confirmSeconds: number;
  readonly soakSeconds: number;
  readonly evaluateSeconds: number;
  /** What a newly failed unit means, by unit name (globs with `*`); others: undo. */
  readonly units: Readonly<Record<string, UnitPolicy>>;
}

export type UnitPolicy = "undo" | "warn" | "ignore";

/** What is wanted of an activation. */
export type Goal = "switch" | "boot" | "test" | "dry-activate";

/** A question to a running host. Each is tried `tries` times, two seconds apart. */
export type Probe = {
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly tries: number;
  readonly required: boolean;
  /** `here`, or `host` (asked on the host itself). */
  readonly from: "here" | "host";
} & (
  | { readonly kind: "tcp"; readonly address: string | null; readonly port: number }
  | { readonly kind: "http"; readonly url: string; readonly status: number | null }
  | { readonly kind: "unit"; readonly unit: string }
  | { readonly kind: "command"; readonly command: readonly string[] }
);

/** A machine of the fleet, as the repository describes it. Nothing here was observed. */
export interface Host {
  /** Its attribute name, by which people call it. */
  readonly name: string;
  /** Its folder or file, relative to the flake's folder; null where it has none. */
  readonly path: string | null;
  /** The attribute path of its system's derivation, as separate names. */
  readonly attribute: readonly string[];
  readonly deployable: boolean;
  readonly settings: HostSettings;
  /** Where each value came from, by dotted key: `policy.confirmSeconds` → `systems/nas/meta.json`. */
  readonly origins: Readonly<Record<string, string>>;
  /** Users' homes inside this host: layers, as folders, base first. */
  readonly homes: Readonly<Record<string, readonly string[]>>;
  /** Why it is described badly. Defaults stand where the errors are, so it is never contacted. */
  readonly flaw: ProblemReport | null;
}
