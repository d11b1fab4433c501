import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { argv } from "../src/lib/argv.ts";
import { loginLine, shLine, splitWords } from "../src/lib/quote.ts";

const hostile = [
  "it's",
  "$HOME",
  "`id`",
  "a  b",
  "",
  "-n",
  "\\",
  '"',
  "!!",
  "~",
  "*",
  "{a,b}",
  "ü\n\t#",
];

test("a value is never split, whatever it holds", () => {
  expect(argv`echo --name=${"a b"}  ${"$(rm -rf /)"} ${3}`).toEqual([
    "echo",
    "--name=a b",
    "$(rm -rf /)",
    "3",
  ]);
  expect(argv`nix build${""} ${""}`).toEqual(["nix", "build", ""]);
});

test("what a sh reads is what was meant", () => {
  const line = `for w in ${shLine(hostile)}; do printf '%s|' "$w"; done`;
  const read = execFileSync("sh", ["-c", line], { encoding: "utf8" });
  expect(read).toBe(hostile.map((word) => `${word}|`).join(""));
  expect(shLine(["nix", "build", "/nix/store/a-b_c.drv^out"])).toBe(
    "nix build '/nix/store/a-b_c.drv^out'",
  );
});

test("login shells get only what all of them read alike", () => {
  expect(loginLine(["/bin/sh", "-c", 'echo "$1" {d} %x', "sh", "a=b"])).toBe(
    `/bin/sh -c 'echo "$1" {d} %x' sh 'a=b'`,
  );
  for (const word of ["it's", "a\\b", "wow!", "a\nb", "a\u0000b"]) {
    expect(() => loginLine([word])).toThrow(/cannot be passed/);
  }
});

test("words of a variable are split as a shell splits them, and nothing in them is run", () => {
  expect(splitWords("")).toEqual([]);
  expect(splitWords("  -F  /a/b -p 2222 ")).toEqual(["-F", "/a/b", "-p", "2222"]);
  expect(splitWords(`-F '/a b' -o "X=\\"y\\" z"  a\\ b ''`)).toEqual([
    "-F",
    "/a b",
    "-o",
    'X="y" z',
    "a b",
    "",
  ]);
  expect(splitWords("$HOME `id` a'b")).toEqual(["$HOME", "`id`", "a'b"]);
});
