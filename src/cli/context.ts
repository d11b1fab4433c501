import type { Host } from "../fleet/host.ts";
import type { Style } from "../view/style.ts";
import type { World } from "../world/world.ts";

/** All that a command may touch: tests hand in another one. */
export interface Context {
  readonly world: World;
  /** `flurry ssh`: the person's own terminal on a host. Call `world.meet` first. Gives ssh's exit code. */
  readonly login: Login;
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The answer. As is: line ends are the caller's. A closed pipe is silence. */
  readonly stdout: (text: string) => void;
  /** Everything else: progress, warnings, questions. */
  readonly stderr: (text: string) => void;
  /**
   * How to draw what is written on stdout, on stderr: `--color`, `--ascii`, NO_COLOR and their kin
   * are obeyed already. The width is read anew each time, for it changes.
   */
  readonly style: () => Style;
  readonly progressStyle: () => Style;
  /** Lines of the terminal that stderr writes on. */
  readonly rows: () => number;
  readonly output: Output;
  /**
   * Asks on stderr and gives the line that was typed, trimmed. Throws `answer-needed` where nobody
   * can answer (no terminal, `--no-input`, the signal): ask `output.mayAsk` first where that is no failure.
   */
  readonly ask: (question: string, signal?: AbortSignal) => Promise<string>;
  /** The same, without showing what is typed. */
  readonly askPassword: (question: string, signal?: AbortSignal) => Promise<string>;
  /** All that is piped in, to its end. */
  readonly readInput: () => Promise<string>;
  /** Tells of INT, TERM and HUP, with how many came so far. Without a listener they end flurry. Gives the way to stop listening. */
  readonly onSignal: (listener: SignalListener) => () => void;
  /** Tells of another width of the terminal. Gives the way to stop listening. */
  readonly onResize: (listener: () => void) => () => void;
}

export type Login = (host: Host, words: readonly string[]) => Promise<number>;

export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";
export type SignalListener = (signal: Signal, times: number) => void;

/** How much is said, and in what form. */
export interface Output {
  /** `json`: one document at the end. `jsonl`: the events of a run, one a line. */
  readonly format: Format;
  /** Tab-separated values without headings. */
  readonly plain: boolean;
  /** -1 quiet: the answer and errors; 0; 1 decisions; 2 commands; 3 Nix's own log. */
  readonly verbosity: number;
  /** Redraw progress in place: a terminal is there and `--no-progress` was not said. */
  readonly live: boolean;
  /** A person can be asked: there is a terminal, and neither `--no-input` nor `--yes`. */
  readonly mayAsk: boolean;
  /** `--yes`: questions count as answered. */
  readonly yes: boolean;
}

export type Format = "table" | "json" | "jsonl";
