import type { ProblemReport } from "../lib/problem.ts";

/** What a host was observed to be, and when (`at`, milliseconds since 1970); or why it did not answer. */
export type Seen = SeenHost | Silent;

export interface Silent {
  readonly answers: false;
  readonly at: number;
  readonly problem: ProblemReport;
}

/** Store paths where systems are meant; `null` wherever the host could not say. */
export interface SeenHost {
  readonly answers: true;
  readonly at: number;
  /** Of the guard on the host's side: flurry speaks this number and the one before. */
  readonly protocol: number;
  readonly hostName: string;
  readonly machineId: string | null;
  /** Who we are there: `root`, `deployer`. */
  readonly loginUser: string;
  /** We looked as root; otherwise some facts are null. */
  readonly asRoot: boolean;
  /** `x86_64-linux`, from `uname -m`. */
  readonly system: string;
  readonly nixVersion: string | null;
  /** Where `nix-daemon` is on the host: an absolute path. */
  readonly nixDaemon: string | null;
  readonly bootId: string;
  readonly running: string | null;
  readonly booted: string | null;
  /** The store path of the `system` profile. */
  readonly profile: string | null;
  /** The profile's link: `system-41-link`, or `none`. */
  readonly link: string;
  readonly generation: number | null;
  /** What boots next; null: the loader's files could not be read. */
  readonly bootDefault: string | null;
  /** The revision recorded for what runs. */
  readonly revision: string | null;
  readonly revisionDirty: boolean;
  readonly failedUnits: readonly string[];
  /** The kernel, its modules or the initrd that booted are not those of what runs. */
  readonly needsReboot: boolean | null;
  readonly uptimeSeconds: number | null;
  /** When what runs was made the running system, milliseconds since 1970. */
  readonly since: number | null;
  readonly load: number | null;
  /** Size of the disk that holds /nix/store. */
  readonly storeBytes: number | null;
  readonly storeFreeBytes: number | null;
  readonly storeFreeInodes: number | null;
  readonly bootFreeBytes: number | null;
  readonly generations: readonly Generation[];
  readonly open: OpenRun | null;
  readonly lease: Lease | null;
  /** What the last settled run of flurry left on purpose (goals `test` and `boot`): not drift. */
  readonly left: { readonly goal: string; readonly system: string } | null;
  /** Another switch is under way, or may begin by itself: `nixos-upgrade.timer, next …`. */
  readonly otherSwitchers: readonly string[];
  /** Text the login shell printed that nobody asked for; it breaks `nix copy`. */
  readonly chatter: string | null;
  readonly readiness: Readiness;
}

/** What else would stand in the way of a change, or make it less safe. */
export interface Readiness {
  /** Programs the guard needs and the host lacks. */
  readonly toolsMissing: readonly string[];
  /** What is wrong with the guard's own folder; null: nothing. */
  readonly stateProblem: string | null;
  /** The host's clock when we looked, milliseconds since 1970. */
  readonly clock: number | null;
  /** A switch of somebody else holds the switch lock now. */
  readonly switching: boolean;
  /** Lists that a killed switch left behind; the next one takes them over. */
  readonly leftovers: readonly string[];
  /** After a power cut the host can settle an open run before anyone asks (false: /etc is read-only). */
  readonly wakesAtBoot: boolean;
}

export interface Generation {
  readonly number: number;
  /** Null: collected. */
  readonly system: string | null;
  /** When it was made, milliseconds since 1970. */
  readonly at: number | null;
  readonly nixosVersion: string | null;
  readonly kernel: string | null;
  readonly revision: string | null;
  /** It was built from that commit and edits on top of it. */
  readonly revisionDirty: boolean;
}

/** The one open run of a host; it is also its lock. */
export interface OpenRun {
  readonly run: string;
  readonly phase: string;
  readonly because: string | null;
  readonly owner: string | null;
  /** The host has booted since it was armed: only then, or when stuck, may anyone `recover` it. */
  readonly rebooted?: boolean;
}

/** Who is preparing a change of the host. Ends by itself. */
export interface Lease {
  readonly run: string;
  /** `user@machine`, and a reason. */
  readonly owner: string;
  readonly secondsLeft: number;
}
