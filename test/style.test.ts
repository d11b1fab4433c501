import { expect, test } from "vitest";
import { draw, styleOf, type StyleWish } from "../src/view/style.ts";

const terminal = { isTerminal: true, columns: 100 };
const pipe = { isTerminal: false, columns: 100 };
const utf8 = { LANG: "C.UTF-8" };

test.each<[string, StyleWish, boolean]>([
  ["a terminal", { env: utf8, ...terminal }, true],
  ["a pipe", { env: utf8, ...pipe }, false],
  ["NO_COLOR", { env: { ...utf8, NO_COLOR: "1" }, ...terminal }, false],
  ["an empty NO_COLOR", { env: { ...utf8, NO_COLOR: "" }, ...terminal }, true],
  ["a dumb terminal", { env: { TERM: "dumb" }, ...terminal }, false],
  ["CLICOLOR_FORCE in a pipe", { env: { CLICOLOR_FORCE: "1" }, ...pipe }, true],
  ["FORCE_COLOR in a pipe", { env: { FORCE_COLOR: "1" }, ...pipe }, true],
  ["FORCE_COLOR=0", { env: { FORCE_COLOR: "0" }, ...pipe }, false],
  ["NO_COLOR against FORCE_COLOR", { env: { NO_COLOR: "1", FORCE_COLOR: "1" }, ...pipe }, false],
  ["--color always against NO_COLOR", { env: { NO_COLOR: "1" }, ...pipe, color: "always" }, true],
  [
    "--color never against FORCE_COLOR",
    { env: { FORCE_COLOR: "1" }, ...terminal, color: "never" },
    false,
  ],
  ["--color auto", { env: utf8, ...terminal, color: "auto" }, true],
])("colour with %s", (_, wish, colour) => {
  expect(styleOf(wish).colour).toBe(colour);
});

test.each<[Record<string, string>, boolean | undefined, boolean]>([
  [{ LANG: "de_DE.UTF-8" }, undefined, false],
  [{ LANG: "de_DE.UTF-8", LC_ALL: "C" }, undefined, true],
  [{ LC_CTYPE: "en_US.utf8" }, undefined, false],
  [{}, undefined, true],
  [{ LANG: "de_DE.UTF-8" }, true, true],
])("ASCII with %j and --ascii %s", (env, ascii, expected) => {
  const wish = { env, ...terminal, ...(ascii !== undefined && { ascii }) };
  expect(styleOf(wish).ascii).toBe(expected);
});

test("a line is cut at the edge, in a pipe it is not", () => {
  const line = ["x".repeat(200)];
  expect(draw(line, styleOf({ env: utf8, ...terminal }))).toBe(`${"x".repeat(99)}…`);
  expect(draw(line, styleOf({ env: utf8, ...pipe }))).toBe("x".repeat(200));
});

test("colours end where their part ends, and blanks at the end go", () => {
  const style = { width: 20, ascii: false, colour: true };
  expect(draw([{ text: "ok  ", tone: "good" }, "  "], style)).toBe("\u001b[32mok\u001b[0m");
});
