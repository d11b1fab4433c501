import type { Terminal } from "../world/terminal.ts";
import type { World } from "../world/world.ts";
import type { Login, SignalListener } from "./context.ts";

/** What a command line runs in: the process for main, something made up for tests. */
export interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. To read it throws `file-missing` where it was deleted. */
  readonly cwd: string;
  readonly terminal: Terminal;
  /** All that is piped in, to its end; empty where a terminal is there. */
  readonly readInput: () => Promise<string>;
  /** Signals end us, unless somebody listens. */
  readonly onSignal: (listener: SignalListener) => () => void;
  /** At once, whatever is under way. */
  readonly exit: (code: number) => void;
  readonly openWorld: (wish: WorldWish) => Promise<World & { readonly login: Login }>;
}

/** What flags and the terminal have to do with the world that is opened. */
export interface WorldWish {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For elevation; undefined where nobody can answer. */
  readonly askPassword: (question: string) => Promise<string | undefined>;
  readonly warn: (host: string | null, message: string) => void;
  readonly showCommand?: (line: string) => void;
  /** Words of `--ssh-opts`. */
  readonly sshOptions: readonly string[];
}
