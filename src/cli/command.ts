import type { Context } from "./context.ts";

/**
 * A command, as data. Parser, help and reference read only this, so a file with one may import
 * nothing heavy: the work is behind `load`.
 */
export interface CommandSpec {
  /** The words that call it: `["host", "list"]`. */
  readonly path: readonly string[];
  /** Other words for the last one of `path`: `apply`. */
  readonly aliases?: readonly string[];
  readonly group: CommandGroup;
  /** One line, beginning with a verb, without a full stop. */
  readonly summary: string;
  /** More to know, in sentences. Lines are wrapped where they stand. */
  readonly about?: string;
  /** What stands between command and flags. Missing: nothing may. */
  readonly words?: Words;
  /** What stands after `--`: flags for Nix (some are known before it, too), or this. Missing: nothing may. */
  readonly rest?: "nix" | { readonly usage: string; readonly about: string };
  /** Its own flags; those of every command are added (`globalFlags`). */
  readonly flags: readonly Flag<unknown>[];
  /** At least one. Each begins with `flurry` and is tried by a test of the parser. */
  readonly examples: readonly Example[];
  /** The exit codes it can give, besides 0, 64, 65 and 70. */
  readonly exits: readonly number[];
  readonly load: () => Promise<Handler>;
}

export type CommandGroup = "Everyday" | "Runs" | "Hosts" | "Repository" | "Self";

export interface Words {
  /** As in the usage line: `[HOSTS…]`, `CODE`, `A B`. */
  readonly usage: string;
  readonly about: string;
  readonly min: number;
  readonly max: number;
}

export interface Example {
  readonly line: string;
  readonly does: string;
}

/**
 * A flag, whose value has the type `Value`. The same object declares it (in `flags`) and reads it
 * (`call.flag(goal)`); flags of one name mean the same in every command. Made by `toggle`,
 * `choice` and their kin in make-flag.ts.
 */
export interface Flag<Value> {
  /** Without dashes: `confirm-seconds`. */
  readonly name: string;
  readonly short?: string;
  /** Other names, of other tools, that say exactly the same. */
  readonly aliases?: readonly string[];
  /**
   * `maybe`: alone or with `=VALUE`. `either`: `--x`, `--no-x`.
   * Flags that take nothing hand on `true` or `false`.
   */
  readonly takes: "nothing" | "either" | "value" | "maybe";
  /** The value's name in help: `N`, `HOST`. */
  readonly usage?: string;
  readonly about: string;
  readonly group: FlagGroup;
  /** A variable that counts where the flag is not given. */
  readonly env?: string;
  /**
   * The words given, in order (none: its default), become its value. `as` is how the flag was
   * written, for the Problem `usage` that this throws: `--goal`, `FLURRY_GOAL`.
   */
  readonly read: (given: readonly string[], as: string) => Value;
}

export type FlagGroup = "Which" | "How" | "Care" | "Nix" | "Output";

/** What was typed, understood. */
export interface Call {
  readonly spec: CommandSpec;
  /** All words behind `flurry`, as they were typed: to say the same again. */
  readonly typed: readonly string[];
  /** Hosts and the like: everything that is no flag. */
  readonly words: readonly string[];
  /** What stood after `--`; where that is for Nix, its flags from before it (`--option A B`, `-L`) come first. */
  readonly rest: readonly string[];
  /** The flag's value. It must be one of the command's own or of `globalFlags`. */
  readonly flag: <Value>(flag: Flag<Value>) => Value;
  /** How the flag came to its value, as origins are written: `--reason`, `FLURRY_REASON`; null: its default. */
  readonly origin: (flag: Flag<unknown>) => string | null;
  readonly context: Context;
}

/** Does the work and gives an exit code. What it throws is told by main, with the code of the problem. */
export type Handler = (call: Call) => Promise<number>;
