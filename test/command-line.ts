import { runCommandLine } from "../src/cli/command-line.ts";
import type { Signal, SignalListener } from "../src/cli/context.ts";
import type { Outside } from "../src/cli/outside.ts";
import type { World } from "../src/world/world.ts";

/** What is made up around a command line. */
export interface Around {
  /** A function of it may be missing: what is not there throws when it is used. */
  readonly world?: Partial<World> & { readonly login?: Opened["login"] };
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What is typed, line by line; missing: there is no terminal. */
  readonly answers?: readonly string[];
  readonly columns?: number;
  /** What is piped in; missing: stdin is empty. */
  readonly stdin?: string;
}

export interface Typed {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Opened = Awaited<ReturnType<Outside["openWorld"]>>;

/** Runs a command line, its words given or split at blanks, with the real parser and handlers. */
export function typed(line: string | readonly string[], around: Around = {}): Promise<Typed> {
  return interruptible(line, around).ended;
}

/** The same, with a way to send signals to it. */
export function interruptible(
  line: string | readonly string[],
  around: Around = {},
): { readonly ended: Promise<Typed>; readonly send: (signal: Signal) => void } {
  const told = { stdout: "", stderr: "" };
  const listeners = new Set<SignalListener>();
  const answers = [...(around.answers ?? [])];
  const answer = async (question: string): Promise<string | undefined> => {
    told.stderr += question;
    return answers.shift();
  };
  const outside: Outside = {
    env: { LANG: "C.UTF-8", ...around.env },
    cwd: around.cwd ?? "/home/ada/fleet",
    terminal: {
      canAsk: around.answers !== undefined,
      stdoutIsTerminal: false,
      stderrIsTerminal: false,
      answer: (text) => (told.stdout += text),
      write: (text) => (told.stderr += text),
      columns: () => around.columns ?? 100,
      rows: () => 24,
      answerColumns: () => around.columns ?? 100,
      onResize: () => () => undefined,
      ask: answer,
      askPassword: answer,
      flush: async () => undefined,
    },
    readInput: async () => around.stdin ?? "",
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
    openWorld: async () => ({ ...emptyWorld, ...around.world }) as Opened,
  };
  let times = 0;
  const words = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
  return {
    ended: runCommandLine(words, outside).then((exit) => ({ exit, ...told })),
    send: (signal) => {
      times += 1;
      for (const listener of listeners) listener(signal, times);
    },
  };
}

const emptyWorld: Partial<World> = { close: async () => undefined };
