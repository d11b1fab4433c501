/** A system and all it needs, as two of them are compared. */
export interface Closure {
  /** The store path of the system. */
  readonly system: string;
  /** Every path of it, the system's own included, in no order. */
  readonly paths: readonly ClosurePath[];
  /** What `environment.systemPackages` chose: store paths; null where that is not known. */
  readonly chosen: readonly string[] | null;
}

/** One store path, and what it takes on the disk. */
export interface ClosurePath {
  readonly path: string;
  /** As Nix counts: the size of its NAR. */
  readonly bytes: number;
}

/** What becomes of a closure: the `diff` of `flurry.plan/1`, and what `flurry.diff/1` holds. */
export interface ClosureDiff {
  /** The system before; null: there is none, so everything is added. */
  readonly from: string | null;
  readonly to: string;
  /** Names whose versions differ, and rebuilt ones that grew or shrank by 8 KiB or more; by name. */
  readonly changes: readonly NameChange[];
  /** Names with the same versions but other paths that are not in `changes`, and their difference in bytes. */
  readonly rebuilt: { readonly names: readonly string[]; readonly bytes: number };
  readonly paths: Totals;
  readonly bytes: { readonly before: number; readonly after: number };
}

/** How many paths, and how many of them are only in the one or the other. */
export interface Totals {
  readonly before: number;
  readonly after: number;
  readonly added: number;
  readonly removed: number;
}

/** What becomes of one name. Paths of the same name count together, and so do a package's outputs. */
export interface NameChange {
  readonly name: string;
  /** `changed`: some versions stay while others come or go. `rebuilt`: the same versions, other paths. */
  readonly kind: "added" | "removed" | "upgraded" | "downgraded" | "changed" | "rebuilt";
  /** `reboot`: kernel, initrd, firmware, systemd. `configuration`: what the system's own settings make. */
  readonly class: "package" | "configuration" | "reboot";
  /** Versions only before, only after, and in both; lowest first. A name without version has none. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly kept: readonly string[];
  /** How much more it takes than before, in bytes; negative where it shrank. */
  readonly bytes: number;
  /** It stands in `environment.systemPackages` by itself, and does not only come along. */
  readonly chosen: boolean;
  /** The interpreter or kernel it moved along with: `python 3.12 → 3.13`; null for most. */
  readonly with: string | null;
}
