import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { openTerminal, type Streams, type Terminal } from "../src/world/terminal.ts";

interface Desk extends Streams {
  readonly typed: PassThrough;
  readonly raw: boolean[];
  readonly errors: () => string;
}

/** Streams in memory, that say of themselves what a terminal would. */
function desk(isTTY: boolean): Desk {
  const typed = new PassThrough();
  const raw: boolean[] = [];
  const stdin = Object.assign(typed, { isTTY, setRawMode: (on: boolean) => raw.push(on) });
  const output = (): PassThrough =>
    Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 40 });
  const stderr = output();
  let errors = "";
  stderr.on("data", (bytes: Buffer) => (errors += bytes.toString()));
  return { stdin, stdout: output(), stderr, typed, raw, errors: () => errors };
}

async function typing(
  text: string,
  asked: (terminal: Terminal) => Promise<string | undefined>,
): Promise<{ line: string | undefined; errors: string; raw: boolean[] }> {
  const { typed, errors, raw, ...streams } = desk(true);
  const terminal = openTerminal(streams);
  const answer = asked(terminal);
  typed.write(text);
  const line = await answer;
  await terminal.flush();
  return { line, errors: errors(), raw };
}

test("a question goes to stderr, its answer is a line", async () => {
  const { line, errors } = await typing("y\n", (terminal) => terminal.ask("Go on? "));
  expect([line, errors]).toEqual(["y", "Go on? "]);
});

test("several lines that come at once answer several questions", async () => {
  const { typed, ...streams } = desk(true);
  const terminal = openTerminal(streams);
  typed.write("one\ntwo\r\nthr");
  expect(await terminal.ask("? ")).toBe("one");
  expect(await terminal.ask("? ")).toBe("two");
  typed.end("ee");
  expect(await terminal.ask("? ")).toBe("three");
  expect(await terminal.ask("? ")).toBeUndefined();
});

test("a password is read key by key, without echo, and editing works", async () => {
  const { line, errors, raw } = await typing("wrong\x15sec\x7fcrét漢\r", (terminal) =>
    terminal.askPassword("Password: "),
  );
  expect([line, errors, raw]).toEqual(["secrét漢", "Password: \n", [true, false]]);
});

test("no password and Ctrl-D is no answer", async () => {
  const { line, raw } = await typing("\x04", (terminal) => terminal.askPassword("Password: "));
  expect([line, raw]).toEqual([undefined, [true, false]]);
});

test("Ctrl-C in a password is the signal it would have been", async () => {
  const signal = new Promise((resolve) => process.once("SIGINT", resolve));
  const { line } = await typing("sec\x03", (terminal) => terminal.askPassword("Password: "));
  expect(line).toBeUndefined();
  expect(await signal).toBe("SIGINT");
});

test("a question can be given up", async () => {
  const { typed: _, ...streams } = desk(true);
  const abort = new AbortController();
  const answer = openTerminal(streams).ask("? ", abort.signal);
  abort.abort();
  expect(await answer).toBeUndefined();
});

test("a pipe that nobody reads any more is silence", async () => {
  const { stdout, ...rest } = desk(false);
  const terminal = openTerminal({ stdout, ...rest });
  stdout.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  await new Promise((resolve) => stdout.once("close", resolve));
  terminal.answer("into the void");
  await terminal.flush();
  expect(terminal.canAsk).toBe(false);
});
