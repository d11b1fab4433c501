import type { Host } from "../fleet/host.ts";
import type { ProblemCode } from "../lib/problem.ts";

/** The outside, as seen from within. world/real.ts is the one we live in; testing/sim.ts another. */
export interface World {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves after so long, or as soon as the signal is aborted; never rejects. */
  readonly sleep: (seconds: number, signal?: AbortSignal) => Promise<void>;
  /** Lower-case letters and digits, for ids and markers. */
  readonly random: (letters: number) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Makes these hosts known to `onHost` and to Nix (the run's ssh config). Call before both. */
  readonly meet: (hosts: readonly Host[]) => Promise<void>;
  /** Runs a program here, to its end. Throws a Problem unless it ends with 0 or a code of `accepts`. */
  readonly here: (command: Command, print?: Print) => Promise<Output>;
  /** Runs a script on a host, over the connection that is open anyway. Throws as `here` does. */
  readonly onHost: (command: HostCommand, print?: Print) => Promise<Output>;
  /** Pipes what a program here prints into a script on a host, which reads it as its stdin. */
  readonly sendTo: (source: Command, command: HostCommand, print?: Print) => Promise<Output>;
  /** Opens a TCP connection from here and closes it; throws `probe-failed`. */
  readonly dial: (address: string, port: number, timeoutSeconds: number) => Promise<void>;
  /** The status of a GET from here; throws `probe-failed` where there is no answer. */
  readonly httpStatus: (url: string, timeoutSeconds: number) => Promise<number>;
  readonly files: Files;
  /** Ends connections and temporary files. */
  readonly close: () => Promise<void>;
}

/** A line of output, without its end. */
export type Print = (line: string) => void;

export interface Output {
  readonly code: number;
  readonly stdout: string;
  /** The last lines of stderr (at most 200). */
  readonly stderr: string;
  /** Of a script on a host: it ran as root. */
  readonly asRoot?: boolean;
  /** Of a script on a host: what its login shell printed before us, unasked. It breaks `nix copy`. */
  readonly chatter?: string;
}

/** A command is data, so that it can be shown, tested and simulated before it is ever run. */
export interface Command {
  readonly argv: readonly string[];
  /** Scripts and secrets go in here, never into argv. */
  readonly input?: string;
  readonly timeoutSeconds: number;
  /** Added to the few variables that every child gets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Codes other than 0 that are answers, not failures. */
  readonly accepts?: readonly number[];
  /** What an exit code means, where it means something. The others are `command-failed`. */
  readonly exits?: Readonly<Record<number, ProblemCode>>;
  /** Also passes every line of stdout to `print` (stderr's lines always are). */
  readonly follow?: true;
  /** Ends the command early: TERM to its group, KILL after 5 s; a Problem `interrupted`. */
  readonly signal?: AbortSignal;
}

/**
 * A script for one host, for its `sh`: positional arguments, no interpolation, no reading of stdin.
 * What it prints on stdout and stderr comes back together as `stdout`.
 */
export interface HostCommand {
  readonly host: Host;
  readonly script: string;
  readonly args?: readonly string[];
  /**
   * As root: through sudo, doas or run0 where the login is another user; asks for a password if need
   * be. `if-possible`: as root where that needs no password, else as the user who logs in.
   */
  readonly asRoot?: true | "if-possible";
  /** Over a connection opened now, which then replaces the host's open one: that it opens is the proof. */
  readonly fresh?: true;
  /** Passes every line to `print` as it comes. Without it `print` is not called. */
  readonly follow?: true;
  /** Counts from when the connection is open. A script that took longer costs the connection. */
  readonly timeoutSeconds: number;
  readonly accepts?: readonly number[];
  readonly exits?: Readonly<Record<number, ProblemCode>>;
  readonly signal?: AbortSignal;
}

/** The file system here, as far as we need it. Paths are absolute. Writers replace whole files. */
export interface Files {
  readonly read: (path: string) => Promise<string | undefined>;
  readonly bytes: (path: string) => Promise<Uint8Array | undefined>;
  readonly write: (path: string, text: string, mode?: number) => Promise<void>;
  readonly list: (path: string) => Promise<readonly DirectoryEntry[] | undefined>;
  readonly real: (path: string) => Promise<string | undefined>;
  readonly remove: (path: string) => Promise<void>;
  readonly makeFolder: (path: string, mode?: number) => Promise<void>;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "link" | "other";
}
