import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { keepLastLines } from "../lib/lines.ts";
import { Problem } from "../lib/problem.ts";
import { collectLines, collectText } from "./collect.ts";
import {
  cannotStart,
  commandName,
  exitedWith,
  interrupted,
  tookTooLong,
  toolMissing,
} from "./command-failure.ts";
import { afterSeconds, onAbort } from "./waiting.ts";
import type { Command, Output, Print } from "./world.ts";

/** How many of the last lines of stderr are kept. */
const linesKept = 200;
/** Between TERM and KILL. */
const patienceMs = 5000;
/** How long output may be held open by what a program left behind when it ended. */
const lingerMs = 10_000;
/** More than the largest answer of Nix we know of, and less than the longest string Node can hold. */
const mostOutput = 256 * 1024 * 1024;

/** What a child gets besides its words. */
export interface Surroundings {
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
}

/**
 * Runs a command here to its end. Throws a Problem unless it ends with 0 or a code it accepts:
 * `nix-missing` or `tool-missing`, `command-timed-out`, `interrupted`, what `exits` says, else
 * `command-failed`.
 */
export async function runHere(
  command: Command,
  around: Surroundings,
  print: Print = () => {},
  begin: (program: Program) => void = giveInput(command.input ?? ""),
): Promise<Output> {
  const { argv, timeoutSeconds, accepts = [], exits, follow, signal } = command;
  const name = commandName(argv);
  if (signal?.aborted) throw interrupted(name);
  const program = startProgram(argv, { ...around, cwd: command.cwd ?? around.cwd });
  const limit = limitProgram(program, timeoutSeconds, signal);
  const stdout = collectText(mostOutput, () => limit.stop("full"), follow ? print : null);
  const errors = keepLastLines(linesKept);
  const stderr = collectLines(errors, print);
  program.onErrors(stderr.push);
  begin(program);
  if (!program.isTaken()) program.onOutput(stdout.push);

  const code = await program.ended.finally(limit.lift);
  stdout.end();
  stderr.end();
  const why = limit.why();
  if (why === "slow") throw tookTooLong(name, timeoutSeconds, errors.lines());
  if (why === "interrupted") throw interrupted(name);
  if (why === "full") throw new Problem("command-failed", `${name} printed more than 256 MiB`);
  if (code !== 0 && !accepts.includes(code)) throw exitedWith(name, code, errors.lines(), exits);
  return { code, stdout: stdout.text(), stderr: errors.lines().join("\n") };
}

/** How a command gets its text. */
function giveInput(text: string): (program: Program) => void {
  return (program) => {
    program.write(text);
    program.endInput();
  };
}

/** A program that runs here, in a session and process group of its own, without a terminal. */
export interface Program {
  /** Text for its stdin. After its end this does nothing: its exit code tells. */
  readonly write: (text: string) => void;
  readonly endInput: () => void;
  readonly onOutput: (act: (text: string) => void) => void;
  readonly onErrors: (act: (text: string) => void) => void;
  /** Its stdout becomes the rest of another program's stdin, as with `|`; nobody else sees it. */
  readonly pipeInto: (reader: Program) => void;
  /** Its stdout goes into another program. */
  readonly isTaken: () => boolean;
  /** Its exit code, when its output has ended too. Rejects with a Problem if it never began. */
  readonly ended: Promise<number>;
  /** TERM to all of its group, and KILL to what is left of it after 5 s. */
  readonly kill: () => void;
  /** Where a program writes into this one. */
  readonly stdin: NodeJS.WritableStream;
}

/** Starts a program, by its words: no shell reads them. */
export function startProgram(argv: readonly string[], { env, cwd }: Surroundings): Program {
  const [file = "", ...args] = argv;
  const child = spawnProgram(file, args, { env, cwd });
  // It may end before it has read everything; its exit code tells.
  child.stdin.on("error", () => {});
  let taken = false;
  return {
    write: (text) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
    onOutput: (act) => readText(child.stdout, act),
    onErrors: (act) => readText(child.stderr, act),
    pipeInto: (reader) => {
      taken = true;
      child.stdout.pipe(reader.stdin);
    },
    isTaken: () => taken,
    ended: endOf(child, file, cwd),
    kill: () => killGroup(child),
    stdin: child.stdin,
  };
}

function spawnProgram(
  file: string,
  args: readonly string[],
  { env, cwd }: Surroundings,
): ChildProcessWithoutNullStreams {
  try {
    // A session of its own: signals reach all that it starts, and nothing in it can ask our terminal.
    return spawn(file, args, { env, cwd, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  } catch (cause) {
    // Too many words, or a word that no program can be given.
    throw cannotStart(file, cause);
  }
}

/** Runs a program on the person's own terminal, which it has to itself; gives its exit code. */
export async function runOnTerminal(
  argv: readonly string[],
  { env, cwd }: Surroundings,
): Promise<number> {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { env, cwd, stdio: "inherit" });
  return await endOf(child, file, cwd);
}

function endOf(child: ChildProcess, file: string, cwd: string | undefined): Promise<number> {
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (cause: NodeJS.ErrnoException) => {
      const folder = cwd !== undefined && !existsSync(cwd);
      if (folder) reject(new Problem("file-missing", `there is no folder ${cwd}`, { cause }));
      else reject(cause.code === "ENOENT" ? toolMissing(file, cause) : cannotStart(file, cause));
    });
    child.once("exit", () => {
      const timer = setTimeout(() => destroyOutput(child), lingerMs);
      child.once("close", () => clearTimeout(timer));
    });
    child.once("close", (code, signal) => resolve(code ?? codeOfSignal(signal)));
  });
  // Whoever awaits it later still gets the rejection; nobody may be there yet.
  ended.catch(() => {});
  return ended;
}

/** As a shell counts it: 128 and the number of the signal. */
function codeOfSignal(signal: NodeJS.Signals | null): number {
  return 128 + (signal ? constants.signals[signal] : 0);
}

function killGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || !signalGroup(pid, "SIGTERM")) return;
  const timer = setTimeout(() => {
    signalGroup(pid, "SIGKILL");
    destroyOutput(child);
  }, patienceMs);
  // Others of the group may still be there when the program itself has ended.
  child.once("close", () => {
    if (!signalGroup(pid, 0)) clearTimeout(timer);
  });
}

/** False: there is no such group any more. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

function destroyOutput(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function readText(stream: Readable, act: (text: string) => void): void {
  // A character may come in two pieces.
  const decoder = new StringDecoder("utf8");
  stream.on("data", (bytes: Buffer) => act(decoder.write(bytes)));
  stream.on("error", () => {});
}

type Stop = "slow" | "interrupted" | "full";

interface Limit {
  readonly stop: (why: Stop) => void;
  /** Why it was stopped; null where it ended by itself. */
  readonly why: () => Stop | null;
  readonly lift: () => void;
}

function limitProgram(program: Program, seconds: number, signal: AbortSignal | undefined): Limit {
  let why: Stop | null = null;
  const stop = (reason: Stop): void => {
    why ??= reason;
    program.kill();
  };
  const lifts = [
    afterSeconds(seconds, () => stop("slow")),
    onAbort(signal, () => stop("interrupted")),
  ];
  return {
    stop,
    why: () => why,
    lift: () => {
      for (const lift of lifts) lift();
    },
  };
}
