import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Build, NixLog } from "../src/nix/parse-log.ts";
import { storeName } from "../src/nix/store-name.ts";

/** Logs of three versions of Nix, and what is to be made of each. */
const folder = join(import.meta.dirname, "data/nix-logs");

interface Expected {
  readonly exit: number;
  readonly lines: number;
  readonly builds: readonly object[];
  readonly fetch: number;
  readonly copies: readonly object[];
  readonly errors: readonly object[];
  readonly warnings: readonly string[];
  readonly plain: readonly string[];
  readonly unknown: Readonly<Record<string, number>>;
  readonly interrupted: boolean;
}

const expected: Readonly<Record<string, Expected>> = JSON.parse(read("expected.json"));
/** What the store said when it was asked after a failure. */
const valid = new Set(["good-1.0", "liba-1.0", "libb-2.1"]);

function read(file: string): string {
  return readFileSync(join(folder, file), "utf8");
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

function reading(log: NixLog, lines: readonly string[]): NixLog {
  for (const line of lines) log.line(line);
  return log;
}

/** Keys without a value are left out in the file. */
function buildOf({ name, status, reason, phase, host, lines }: Build): object {
  return {
    name,
    status,
    ...(reason !== null && { reason }),
    ...(phase !== null && { phase }),
    ...(host !== null && { host }),
    logLines: lines,
  };
}

function byName(a: Build, b: Build): number {
  return a.name < b.name ? -1 : 1;
}

describe("every recorded log gives the same builds, states and reasons", () => {
  test.each(Object.entries(expected))("%s", (file, wanted) => {
    const lines = linesOf(read(file));
    const log = reading(new NixLog(), lines).finish(wanted.exit, (derivation) =>
      valid.has(storeName(derivation).replace(/\.drv$/, "")),
    );
    expect({
      exit: wanted.exit,
      lines: lines.length,
      builds: [...log.builds.values()].toSorted(byName).map(buildOf),
      fetch: log.fetches.length,
      copies: log.copies.map(({ path, to, done, size }) => ({
        name: storeName(path),
        to,
        done,
        size,
      })),
      errors: log.errors.map(({ innermost, positions }) => ({ brief: innermost, at: positions })),
      warnings: log.warnings,
      plain: log.plain,
      unknown: Object.fromEntries(log.unknown),
      interrupted: log.interrupted,
    }).toEqual(wanted);
  });
});

function startLine(id: string, name: string, machine: string): string {
  const drv = `/nix/store/0123456789abcdfghijklmnpqrsvwxyz-${name}.drv`;
  return `@nix {"action":"start","fields":["${drv}","${machine}",1,1],"id":${id},"level":3,"text":"","type":105}`;
}

test("ids above 2^53 are not merged with their neighbours", () => {
  const log = reading(new NixLog(), [
    startLine("11780004371234819", "foo", ""),
    startLine("11780004371234820", "bar", ""),
    '@nix {"action":"result","fields":["line of foo"],"id":11780004371234819,"type":101}',
    '@nix {"action":"result","fields":["line of bar"],"id":11780004371234820,"type":101}',
  ]);
  const lines = [...log.builds.values()].map(({ name, tail }) => [name, ...tail]);
  expect(lines).toEqual([
    ["foo", "line of foo"],
    ["bar", "line of bar"],
  ]);
});

test("a remote build that is announced again without its machine is still remote", () => {
  const told: string[] = [];
  const log = reading(new NixLog({ started: ({ name }) => told.push(name) }), [
    startLine("1", "foo", "ssh-ng://builder"),
    startLine("2", "foo", ""),
  ]);
  expect([...log.builds.values()].map(({ host }) => host)).toEqual(["ssh-ng://builder"]);
  expect(told).toEqual(["foo"]);
});

test("a build that stops is told as settled only once no error came right behind", () => {
  const told: string[] = [];
  const log = new NixLog({
    started: ({ name }) => told.push(`${name} started`),
    settled: ({ name, status }) => told.push(`${name} ${status}`),
  });
  reading(log, linesOf(read("2.34.8/realise-keep-going.log")));
  expect(told.filter((line) => line.startsWith("bad"))).toEqual([
    "bad-1.0 started",
    "bad-1.0 failed",
  ]);
  expect(told.filter((line) => line.startsWith("good"))).toEqual([
    "good-1.0 started",
    "good-1.0 stopped",
  ]);
});

test("downloads are summed up over all files, those that are through included", () => {
  const log = reading(new NixLog(), linesOf(read("2.34.8/substitute-http-cache.log")));
  expect(log.downloaded.done).toBeGreaterThan(2_900_000);
  expect(log.downloaded.done).toBeLessThanOrEqual(log.downloaded.expected);
});

test("cut or mangled lines are counted, and nothing is thrown", () => {
  const text = read("2.26.3/five-failures.log");
  const log = new NixLog();
  for (let cut = 1; cut < 400; cut += 7) {
    for (const line of linesOf(text)) log.line(line.slice(0, cut));
  }
  for (const line of [
    '@nix {"action":"start"}',
    '@nix {"action":"result","id":{},"type":"x"}',
    "@nix []",
    '@nix {"action":"start","type":105,"id":1,"fields":[7]}',
    '@nix {"action":"msg","level":"x","msg":5}',
  ])
    log.line(line);
  expect(log.finish(1).unknown.get("bad-json")).toBeGreaterThan(0);
});

test("a hundred thousand lines of progress are read in well under a second", () => {
  const log = new NixLog();
  log.line(
    '@nix {"action":"start","fields":["/nix/store/a","local","ssh-ng://nas"],"id":1,"level":3,"text":"","type":100}',
  );
  const start = performance.now();
  for (let done = 0; done < 100_000; done += 1) {
    log.line(`@nix {"action":"result","fields":[${done},100000,0,0],"id":1,"type":105}`);
  }
  expect(performance.now() - start).toBeLessThan(1_000);
  expect(log.copied.done).toBe(99_999);
  expect(log.copies[0]).toMatchObject({ done: 99_999, size: 100_000 });
});
