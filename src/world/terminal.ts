import type { Readable, Writable } from "node:stream";

/** The three streams that a person sits at, or a pipe does: `process` has them. */
export interface Streams {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** As much of a terminal's input as is needed; a pipe lacks the rest. */
export type InputStream = Readable & {
  readonly isTTY?: boolean;
  readonly setRawMode?: (on: boolean) => unknown;
};

/** As much of a terminal's output as is needed; a pipe lacks the rest. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Where answers, progress and questions go. */
export interface Terminal {
  /** Someone can answer: both what we ask on and what we read from is a terminal. */
  readonly canAsk: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** The answer: stdout. Once nobody reads it any more, silence; a run goes on. */
  readonly answer: (text: string) => void;
  /** Everything else: stderr. The same. */
  readonly write: (text: string) => void;
  /** Of the terminal that progress is shown on; 80 by 24 where there is none. Read anew each time. */
  readonly columns: () => number;
  readonly rows: () => number;
  /** Of stdout, which may be another terminal. */
  readonly answerColumns: () => number;
  /** Called when the terminal has another size, or is ours again after a stop. Gives the way to stop. */
  readonly onResize: (listener: () => void) => () => void;
  /** Asks on stderr, and gives the line that was typed; undefined at the end of input, or aborted. */
  readonly ask: (question: string, signal?: AbortSignal) => Promise<string | undefined>;
  /** The same, without showing what is typed. */
  readonly askPassword: (question: string, signal?: AbortSignal) => Promise<string | undefined>;
  /** Waits until all is written: a process that exits drops what a pipe has not taken. */
  readonly flush: () => Promise<void>;
}

/** The terminal behind these streams. Errors of output end here. */
export function openTerminal({ stdin, stdout, stderr }: Streams): Terminal {
  const answer = writerOf(stdout);
  const progress = writerOf(stderr);
  const input: Input = { stdin, rest: "" };
  return {
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    stdoutIsTerminal: stdout.isTTY === true,
    stderrIsTerminal: stderr.isTTY === true,
    answer: answer.write,
    write: progress.write,
    columns: () => stderr.columns || 80,
    rows: () => stderr.rows || 24,
    answerColumns: () => stdout.columns || 80,
    onResize: (listener) => onResize(stderr, listener),
    ask: async (question, signal) => {
      progress.write(question);
      const line = await readLine(input, signal);
      // What was typed ended the line by itself; an end of input did not.
      if (line === undefined) progress.write("\n");
      return line;
    },
    askPassword: async (question, signal) => {
      progress.write(question);
      const line = stdin.isTTY ? await readHidden(input, signal) : await readLine(input, signal);
      progress.write("\n");
      return line;
    },
    flush: async () => {
      await Promise.all([answer.flush(), progress.flush()]);
    },
  };
}

interface Writer {
  readonly write: (text: string) => void;
  readonly flush: () => Promise<void>;
}

/** A pipe that was closed, or a terminal that went away, makes what follows silence. */
function writerOf(stream: OutputStream): Writer {
  let closed = false;
  stream.on("error", () => {
    closed = true;
  });
  return {
    write: (text) => {
      if (!closed && text !== "") stream.write(text);
    },
    flush: () =>
      new Promise((resolve) => {
        if (closed || stream.writableLength === 0) return resolve();
        stream.once("error", () => resolve());
        stream.write("", () => resolve());
      }),
  };
}

function onResize(stream: OutputStream, listener: () => void): () => void {
  stream.on("resize", listener);
  process.on("SIGCONT", listener);
  return () => {
    stream.off("resize", listener);
    process.off("SIGCONT", listener);
  };
}

interface Input {
  readonly stdin: InputStream;
  /** What came with the last line, but belongs to the next. */
  rest: string;
}

/** A line in the terminal's own editing, where Ctrl-C stays a signal. */
function readLine(input: Input, signal?: AbortSignal): Promise<string | undefined> {
  return read(input, signal, (text, finish) => {
    const end = text.indexOf("\n");
    if (end < 0) return text;
    finish(text.slice(0, end).replace(/\r$/, ""));
    return text.slice(end + 1);
  });
}

/** A line that is not echoed. The terminal hands on every key then, also Ctrl-C. */
async function readHidden(input: Input, signal?: AbortSignal): Promise<string | undefined> {
  let typed: readonly string[] = [];
  input.stdin.setRawMode?.(true);
  try {
    return await read(input, signal, (text, finish) => {
      const keys = text.match(/./gsu) ?? [];
      for (const [at, key] of keys.entries()) {
        if (key === ctrlC) {
          finish(undefined);
          process.kill(process.pid, "SIGINT");
          return "";
        }
        if (key === "\r" || key === "\n" || key === ctrlD) {
          finish(key === ctrlD && typed.length === 0 ? undefined : typed.join(""));
          return keys.slice(at + 1).join("");
        }
        typed = typedAfter(typed, key);
      }
      return "";
    });
  } finally {
    input.stdin.setRawMode?.(false);
  }
}

function typedAfter(typed: readonly string[], key: string): readonly string[] {
  if (key === "\x7f" || key === "\b") return typed.slice(0, -1);
  return key === ctrlU ? [] : [...typed, key];
}

const ctrlC = "\x03";
const ctrlD = "\x04";
const ctrlU = "\x15";

/** Takes what has come so far, finishes or does not, and gives what is left of it. */
type Take = (text: string, finish: (line: string | undefined) => void) => string;

function read(
  input: Input,
  signal: AbortSignal | undefined,
  take: Take,
): Promise<string | undefined> {
  const { stdin } = input;
  return new Promise((resolve) => {
    let finished = false;
    const finish = (line: string | undefined): void => {
      finished = true;
      stdin.off("data", onData);
      stdin.off("end", onEnd);
      stdin.off("error", onEnd);
      signal?.removeEventListener("abort", onEnd);
      // Or the process would wait for more input for ever.
      stdin.pause();
      resolve(line);
    };
    const onData = (text: string): void => {
      input.rest = take(input.rest + text, finish);
    };
    const onEnd = (): void => {
      // A last line without its end is a line.
      const last = signal?.aborted || input.rest === "" ? undefined : input.rest;
      input.rest = "";
      finish(last);
    };
    onData("");
    if (finished) return;
    if (signal?.aborted || stdin.readableEnded) return onEnd();
    stdin.setEncoding("utf8");
    stdin.on("data", onData);
    stdin.on("end", onEnd);
    stdin.on("error", onEnd);
    signal?.addEventListener("abort", onEnd);
    stdin.resume();
  });
}
