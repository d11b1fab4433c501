import { Problem } from "../lib/problem.ts";
import { splitWords } from "../lib/quote.ts";
import { type Style, styleOf } from "../view/style.ts";
import type { Flag } from "./command.ts";
import type { Context, Output } from "./context.ts";
import {
  askElevatePasswordFlag,
  asciiFlag,
  askFlag,
  colorFlag,
  formatFlag,
  inputFlag,
  jsonFlag,
  plainFlag,
  progressFlag,
  quietFlag,
  showCommandsFlag,
  sshOptsFlag,
  verboseFlag,
  yesFlag,
} from "./flags.ts";
import { endedBy, type Interruption } from "./interruption.ts";
import type { Outside, WorldWish } from "./outside.ts";
import { readFlag, type Understood, type Values } from "./parse.ts";
import { wellDescribed } from "./well-described.ts";

type Ask = (question: string, signal: AbortSignal) => Promise<string | undefined>;

/** Opens the world and makes the context that the command gets, as the flags say. */
export async function makeContext(
  { values, spec }: Understood,
  outside: Outside,
  { onSignal, aborted, came }: Interruption,
): Promise<Context> {
  const { terminal, env, cwd } = outside;
  const output = outputOf(values, outside);
  if (output.yes && spec.flags.includes(askFlag) && readFlag(askFlag, values)) {
    throw new Problem("usage", "--ask and --yes contradict each other");
  }
  const style = (isTerminal: boolean, columns: number): Style => {
    const color = readFlag(colorFlag, values);
    const ascii = readFlag(asciiFlag, values);
    return styleOf({ env, isTerminal, columns, ...(color && { color }), ...(ascii && { ascii }) });
  };
  const answered = async (ask: Ask, question: string, signal?: AbortSignal): Promise<string> => {
    const either = signal ? AbortSignal.any([came, signal]) : came;
    const answer = canBeAsked(values, terminal.canAsk) ? await ask(question, either) : undefined;
    if (answer !== undefined) return answer;
    throw new Problem("answer-needed", `nobody answers here: ${question.trim()}`);
  };
  const context: Omit<Context, "world" | "login"> = {
    cwd,
    env,
    output,
    stdout: terminal.answer,
    stderr: terminal.write,
    style: () => style(terminal.stdoutIsTerminal, terminal.answerColumns()),
    progressStyle: () => style(terminal.stderrIsTerminal, terminal.columns()),
    rows: terminal.rows,
    ask: async (question, signal) => (await answered(terminal.ask, question, signal)).trim(),
    askPassword: (question, signal) => answered(terminal.askPassword, question, signal),
    readInput: outside.readInput,
    onSignal,
    onResize: terminal.onResize,
  };
  const opened = wellDescribed(await openWorld(context, values, outside, came));
  const world = endedBy(opened, aborted);
  return { ...context, world, login: world.login };
}

async function openWorld(
  { cwd, env, output, stderr, progressStyle }: Omit<Context, "world" | "login">,
  values: Values,
  { terminal, openWorld: open }: Outside,
  came: AbortSignal,
): ReturnType<Outside["openWorld"]> {
  const asked = async (question: string): Promise<string | undefined> =>
    canBeAsked(values, terminal.canAsk) ? terminal.askPassword(question, came) : undefined;
  // Before anything starts, so that a person may go away after it.
  const early = readFlag(askElevatePasswordFlag, values) ? asked("sudo password") : null;
  await early;
  const wish: WorldWish = {
    cwd,
    env,
    sshOptions: splitWords(readFlag(sshOptsFlag, values) ?? ""),
    askPassword: async (question) => (early === null ? asked(question) : await early),
    warn: (host, message) => {
      const mark = progressStyle().ascii ? "!" : "⚠";
      stderr(`${mark} ${host === null ? "" : `${host}  `}${message}\n`);
    },
  };
  if (output.verbosity < 2) return open(wish);
  return open({ ...wish, showCommand: (line) => stderr(`+ ${line}\n`) });
}

function outputOf(values: Values, { terminal }: Outside): Output {
  const read = <Value>(flag: Flag<Value>): Value => readFlag(flag, values);
  const verbosity = read(quietFlag) ? -1 : read(verboseFlag);
  const yes = read(yesFlag);
  return {
    format: read(jsonFlag) ? "json" : (read(formatFlag) ?? "table"),
    plain: read(plainFlag),
    verbosity: read(showCommandsFlag) ? Math.max(2, verbosity) : verbosity,
    live: terminal.stderrIsTerminal && read(progressFlag) !== false && verbosity >= 0,
    mayAsk: canBeAsked(values, terminal.canAsk) && !yes,
    yes,
  };
}

function canBeAsked(values: Values, somebodyIsThere: boolean): boolean {
  return somebodyIsThere && readFlag(inputFlag, values) !== false;
}
