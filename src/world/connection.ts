import { keepLastLines } from "../lib/lines.ts";
import { Problem } from "../lib/problem.ts";
import { loginLine } from "../lib/quote.ts";
import { collectLines } from "./collect.ts";
import { interrupted } from "./command-failure.ts";
import {
  answers,
  asksAgain,
  notRoot,
  type Refusal,
  refusalProblem,
  wantsPassword,
} from "./elevation.ts";
import { type Listener, listenTo } from "./listen.ts";
import type { Passwords } from "./passwords.ts";
import { type Program, startProgram, type Surroundings } from "./shell.ts";
import { connectionLost, type SshFailure, sshProblem } from "./ssh-failure.ts";

/** How long ssh may take for all it does: connecting alone has 10 s. */
const openSeconds = 15;
/** How long sudo may take to judge a password: a wrong one costs it two seconds or three. */
const judgeSeconds = 10;

/** Where a connection goes. */
export interface Place {
  /** The host's name. */
  readonly host: string;
  readonly address: string;
  /** Who logs in. */
  readonly user: string;
  /** The ssh words in front of the command; empty: this machine. */
  readonly ssh: readonly string[];
  /** What a person types to see it for themselves. */
  readonly tryThis: string;
  readonly around: Surroundings;
}

/** Who is wanted on the other side. */
export interface Wanted {
  /** `if-possible`: without a password; else the one who logs in. */
  readonly root: boolean | "if-possible";
  /** The words of the elevation; empty where there is none. */
  readonly elevate: readonly string[];
  readonly passwords: Passwords;
  readonly signal?: AbortSignal | undefined;
}

/** An open line to a shell that waits for scripts. */
export interface Connection {
  readonly program: Program;
  readonly listener: Listener;
  readonly asRoot: boolean;
  /** The login itself is root's. */
  readonly loginIsRoot: boolean;
  /** What the login shell printed before us; empty where it is quiet. */
  readonly chatter: string;
  /** Root was wanted if possible, and refused. */
  readonly rootRefused: boolean;
  /** Why it ended. */
  readonly lost: () => Promise<Problem>;
}

/**
 * Opens a line: the login, then the elevation, then the mark of the side that takes scripts.
 * `words` is what the login shell is given, made with the same mark. Throws a Problem that names
 * the step at which it failed.
 */
export async function openConnection(
  place: Place,
  wanted: Wanted,
  mark: string,
  words: readonly string[],
): Promise<Connection> {
  if (wanted.signal?.aborted) throw interrupted(place.host);
  const program = startProgram(
    place.ssh.length === 0 ? words : [...place.ssh, loginLine(words)],
    place.around,
  );
  const opening: Opening = {
    place,
    wanted,
    mark,
    program,
    listener: listenTo(program),
    errors: keepErrors(program),
  };
  try {
    const login = await reachLogin(opening);
    const { uid, rootRefused } = await reachReady(opening, login.isRoot);
    program.write(`${mark}\n`);
    return {
      program,
      listener: opening.listener,
      asRoot: uid === 0,
      loginIsRoot: login.isRoot,
      chatter: login.chatter,
      rootRefused,
      lost: () => whyLost(opening),
    };
  } catch (thrown) {
    program.kill();
    throw thrown;
  }
}

interface Opening {
  readonly place: Place;
  readonly wanted: Wanted;
  readonly mark: string;
  readonly program: Program;
  readonly listener: Listener;
  readonly errors: () => readonly string[];
}

function keepErrors(program: Program): () => readonly string[] {
  const kept = keepLastLines(200);
  program.onErrors(collectLines(kept, () => {}).push);
  return kept.lines;
}

async function reachLogin(opening: Opening): Promise<{ isRoot: boolean; chatter: string }> {
  const { listener, mark, wanted } = opening;
  const found = await listener.until(findReport(mark, "login"), {
    seconds: openSeconds,
    signal: wanted.signal,
  });
  if (typeof found === "string") throw await notOpened(opening, found);
  return { isRoot: found.number === 0, chatter: takeUpTo(listener, found).trim() };
}

interface Ready {
  readonly uid: number;
  readonly rootRefused: boolean;
}

async function reachReady(opening: Opening, loginIsRoot: boolean): Promise<Ready> {
  const { listener, mark, wanted, place } = opening;
  const wait = { seconds: openSeconds, signal: wanted.signal };
  const found = await listener.until(findReport(mark, "ready", "refused"), wait);
  if (typeof found === "string") throw await notOpened(opening, found);
  const talk = takeUpTo(listener, found);
  if (found.word === "ready") {
    const isRoot = found.number === 0 || loginIsRoot;
    if (wanted.root === true && !isRoot) throw notRoot(place.host, place.user, wanted.elevate);
    return { uid: found.number, rootRefused: wanted.root === "if-possible" && !isRoot };
  }
  const refusal: Refusal = {
    host: place.host,
    user: place.user,
    words: wanted.elevate,
    talk,
    code: found.number,
  };
  if (wanted.root === "if-possible") return await goOnAsUser(opening);
  if (!wantsPassword(refusal)) throw refusalProblem(refusal);
  await wanted.passwords.use(place.user, place.host, async (password) => {
    opening.program.write(`${answers.withPassword}\n${password.reveal()}\n`);
    return await isTaken(opening, refusal);
  });
  return { uid: 0, rootRefused: false };
}

async function goOnAsUser(opening: Opening): Promise<Ready> {
  const { listener, mark, wanted, program } = opening;
  program.write(`${answers.asUser}\n`);
  const wait = { seconds: openSeconds, signal: wanted.signal };
  const found = await listener.until(findReport(mark, "ready"), wait);
  if (typeof found === "string") throw await notOpened(opening, found);
  takeUpTo(listener, found);
  return { uid: found.number, rootRefused: true };
}

/** True: the password was right, and the elevated side is ready. */
async function isTaken(opening: Opening, refusal: Refusal): Promise<boolean> {
  const { listener, mark, program, wanted, place } = opening;
  const ready = findReport(mark, "ready");
  const wait = { seconds: judgeSeconds, signal: wanted.signal };
  const found = await listener.until<Report | "again">(
    (heard, from) => ready(heard, from) ?? (asksAgain(heard) ? "again" : null),
    wait,
  );
  if (typeof found === "object") {
    takeUpTo(listener, found);
    if (found.number === 0) return true;
    throw notRoot(place.host, place.user, wanted.elevate);
  }
  if (found === "interrupted") throw interrupted(place.host);
  // Nothing more is sent: for sudo that is one failed attempt.
  program.endInput();
  if (found !== "ended") await listener.until(() => null, { seconds: judgeSeconds });
  const talk = listener.heard();
  if (found === "again" || asksAgain(talk)) return false;
  throw refusalProblem({ ...refusal, talk, code: 1 });
}

interface Report {
  readonly word: string;
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** Finds a line of ours: the mark, a word, a number. */
function findReport(
  mark: string,
  ...words: readonly string[]
): (heard: string, from: number) => Report | null {
  const pattern = new RegExp(`\\n${mark} (${words.join("|")}) (\\d+)\\n`, "g");
  return (heard, from) => {
    pattern.lastIndex = from;
    const found = pattern.exec(heard);
    if (!found) return null;
    const [all, word = "", number = ""] = found;
    return { word, number: Number(number), start: found.index, end: found.index + all.length };
  };
}

/** What came before a report, which is taken away too. */
function takeUpTo(listener: Listener, { start, end }: Report): string {
  return listener.take(end).slice(0, start);
}

async function notOpened(
  opening: Opening,
  why: "ended" | "slow" | "interrupted",
): Promise<Problem> {
  const { place, program } = opening;
  if (why === "interrupted") return interrupted(place.host);
  if (why === "slow") return sshProblem(failureOf(opening, null));
  return sshProblem(failureOf(opening, await program.ended));
}

async function whyLost(opening: Opening): Promise<Problem> {
  return connectionLost(failureOf(opening, await opening.program.ended));
}

function failureOf(opening: Opening, code: number | null): SshFailure {
  const { place, listener, errors } = opening;
  const { host, address, user, tryThis } = place;
  return { host, address, user, tryThis, errors: errors(), talk: listener.heard(), code };
}
