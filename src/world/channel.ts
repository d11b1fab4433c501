import { Problem } from "../lib/problem.ts";
import { interrupted } from "./command-failure.ts";
import { type Connection, openConnection, type Place, type Wanted } from "./connection.ts";
import { channelWords, payloadWords } from "./elevation.ts";
import { awaitAnswer, frameOf, outputOf, payloadFrameOf } from "./script.ts";
import { runHere, type Surroundings } from "./shell.ts";
import type { Command, HostCommand, Output, Print } from "./world.ts";

/** The other side ends after 90 s without a script: ours is given up before, not while it is used. */
const idleMs = 75_000;

/** A shell on a host that runs one script after another, over one connection. */
export interface Channel {
  readonly asRoot: boolean;
  readonly loginIsRoot: boolean;
  /** Root was wanted if possible, and was not to be had. */
  readonly rootRefused: boolean;
  /** Runs a script to its end. Throws as `World.onHost` does. One at a time. */
  readonly run: (command: HostCommand, print?: Print) => Promise<Output>;
  /** False: it was lost, or would be before the next script arrives. */
  readonly isOpen: () => boolean;
  /** Resolves when the program that held it has ended. */
  readonly close: () => Promise<void>;
}

/** What a channel needs of the world. */
export interface Means {
  readonly now: () => number;
  readonly random: (letters: number) => string;
}

/** Opens a channel. Throws a Problem that names the step at which that failed. */
export async function openChannel(place: Place, wanted: Wanted, means: Means): Promise<Channel> {
  const mark = means.random(16);
  const words = channelWords(mark, wanted.root === false ? [] : wanted.elevate);
  const connection = await openConnection(place, wanted, mark, words);
  // `lost` for good; `waits` while an answer is to come: where none comes in time, one may still
  // come later, and nothing more may go over this line.
  const state = { lost: false, waits: false, usedAt: means.now() };
  const ended = (): void => {
    state.lost = true;
  };
  connection.program.ended.then(ended, ended);
  return {
    asRoot: connection.asRoot,
    loginIsRoot: connection.loginIsRoot,
    rootRefused: connection.rootRefused,
    isOpen: () => !state.lost && !state.waits && means.now() - state.usedAt < idleMs,
    close: () => {
      state.lost = true;
      return end(connection);
    },
    run: async (command, print) => {
      if (command.signal?.aborted) throw interrupted(command.host.name);
      const scriptMark = means.random(16);
      state.waits = true;
      connection.program.write(frameOf(scriptMark, command));
      const answer = await awaitAnswer(connection, scriptMark, command, print).catch(
        (thrown: unknown) => {
          connection.program.kill();
          throw thrown;
        },
      );
      state.waits = false;
      state.usedAt = means.now();
      return outputOf(command, answer, connection);
    },
  };
}

/** Closes stdin, which ends the other side, and ends the program here. */
async function end({ program }: Connection): Promise<void> {
  program.endInput();
  program.kill();
  await Promise.allSettled([program.ended]);
}

/**
 * Pipes what a program here prints into a script on a host, over a connection of its own. Throws the
 * Problem of the side that failed first.
 */
export async function sendPayload(
  place: Place,
  wanted: Wanted,
  means: Means,
  payload: { readonly source: Command; readonly around: Surroundings },
  command: HostCommand,
  print?: Print,
): Promise<Output> {
  const mark = means.random(16);
  const words = payloadWords(mark, wanted.root === false ? [] : wanted.elevate);
  const connection = await openConnection(place, wanted, mark, words);
  const scriptMark = means.random(16);
  connection.program.write(payloadFrameOf(scriptMark, command));
  // When the script is over, what still comes has no reader.
  const over = new AbortController();
  const { source, around } = payload;
  const signal = source.signal ? AbortSignal.any([source.signal, over.signal]) : over.signal;
  const answered = awaitAnswer(connection, scriptMark, command, print).finally(() => over.abort());
  const sent = runHere({ ...source, signal }, around, print, (program) =>
    program.pipeInto(connection.program),
  );
  const [sending, answer] = await Promise.allSettled([sent, answered]);
  await end(connection);
  const failedFirst = sending.status === "rejected" && !isInterrupted(sending.reason);
  if (failedFirst) throw sending.reason;
  if (answer.status === "rejected") throw answer.reason;
  return outputOf(command, answer.value, connection);
}

function isInterrupted(thrown: unknown): boolean {
  return thrown instanceof Problem && thrown.code === "interrupted";
}
