import { expect, test } from "vitest";
import { keepLastLines, splitLines } from "../src/lib/lines.ts";

function linesOf(...pieces: readonly string[]): string[] {
  const lines: string[] = [];
  const splitter = splitLines((line) => lines.push(line));
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return lines;
}

test("lines come out whole, however they come in", () => {
  expect(linesOf("a\nb", "c\n", "\n", "d")).toEqual(["a", "bc", "", "d"]);
  expect(linesOf("a\r", "\nb\rc\r\n")).toEqual(["a", "b\rc"]);
  expect(linesOf("")).toEqual([]);
});

test("a line without end comes in pieces", () => {
  const piece = "x".repeat(700_000);
  expect(linesOf(piece, piece, "y\n").map((line) => line.length)).toEqual([1_400_000, 1]);
});

test("the last lines are kept", () => {
  const kept = keepLastLines(2);
  for (const line of ["a", "b", "c"]) kept.add(line);
  expect(kept.lines()).toEqual(["b", "c"]);
});
