import { splitLines } from "../lib/lines.ts";
import { Problem } from "../lib/problem.ts";
import { shLine } from "../lib/quote.ts";
import { safely } from "./collect.ts";
import { exitedWith, interrupted, tookTooLong } from "./command-failure.ts";
import type { Connection } from "./connection.ts";
import type { HostCommand, Output, Print } from "./world.ts";

/** What one script may print, in characters. */
const mostOutput = 4 * 1024 * 1024;

/** How a script ended, and all it printed. */
export interface Answer {
  readonly code: number;
  readonly text: string;
}

/**
 * A script as it goes over the line: its length and a mark of its own, a line each, then its text.
 * It reads nothing from stdin, so that nothing in it eats the next one, and is read whole before
 * anything of it runs.
 */
export function frameOf(mark: string, { script, args = [] }: Script): string {
  return frame(mark, `set -- ${shLine(args)}\n{ :\n${script}\n} </dev/null 2>&1\n`);
}

/** The same for a script whose stdin is the payload that follows. */
export function payloadFrameOf(mark: string, { script, args = [] }: Script): string {
  return frame(mark, `set -- ${shLine(args)}\n{ :\n${script}\n} 2>&1\n`);
}

type Script = Pick<HostCommand, "script" | "args">;

function frame(mark: string, text: string): string {
  // Eight digits and the end of the line: the other side reads nine bytes.
  return `${String(Buffer.byteLength(text)).padStart(8, "0")}\n${mark}\n${text}`;
}

/**
 * Waits for the answer to what was sent with this mark. Throws a Problem where none comes: too slow,
 * too much, interrupted, or the connection was lost; the connection is of no use then.
 */
export async function awaitAnswer(
  { listener, lost }: Connection,
  mark: string,
  { host, timeoutSeconds, follow, signal }: HostCommand,
  print: Print = () => {},
): Promise<Answer> {
  const pattern = new RegExp(`\\n${mark} (\\d+)\\n`, "g");
  const lines = follow ? linesBefore(mark, print) : null;
  if (lines) {
    listener.tell((piece) => {
      lines.push(piece);
      // What was told need not be kept: a person may follow more than fits.
      const { length } = listener.heard();
      if (length > mostOutput) listener.take(length - mostOutput / 2);
    });
  }
  const found = await listener.until<Answer | "full">(
    (heard, from) => {
      pattern.lastIndex = from;
      const end = pattern.exec(heard);
      if (end) return { code: Number(end[1]), text: heard.slice(0, end.index) };
      return heard.length > mostOutput ? "full" : null;
    },
    { seconds: timeoutSeconds, signal },
  );
  listener.tell(null);
  const said = listener.take(listener.heard().length).split("\n");
  switch (found) {
    case "ended":
      throw await lost();
    case "slow":
      throw tookTooLong(`${host.name}: the script`, timeoutSeconds, said);
    case "interrupted":
      throw interrupted(host.name);
    case "full":
      throw new Problem("command-failed", `${host.name}: the script printed more than 4 MiB`);
    default:
      return found;
  }
}

/** Tells lines as they come, without the blank line and the mark that end the answer. */
function linesBefore(mark: string, print: Print): { readonly push: (text: string) => void } {
  const tell = safely(print);
  let blank = false;
  return splitLines((line) => {
    if (line.startsWith(`${mark} `)) return;
    if (blank) tell("");
    blank = line === "";
    if (!blank) tell(line);
  });
}

/** An answer as the world gives it. Throws for an exit code that is none: what `exits` says of it. */
export function outputOf(command: HostCommand, answer: Answer, connection: Connection): Output {
  const { code, text } = answer;
  const { host, accepts = [], exits } = command;
  if (code !== 0 && !accepts.includes(code)) throw hostExited(host.name, answer, exits);
  const { asRoot, chatter } = connection;
  return { code, stdout: text, stderr: "", asRoot, ...(chatter !== "" && { chatter }) };
}

function hostExited(host: string, { code, text }: Answer, exits: HostCommand["exits"]): Problem {
  const problem = exitedWith("the script", code, text.trimEnd().split("\n"), exits);
  const { evidence } = problem;
  return new Problem(problem.code, `${host}: ${problem.message}`, { evidence });
}
