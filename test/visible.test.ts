import { expect, test } from "vitest";
import { visible } from "../src/lib/visible.ts";
import { clean } from "../src/lib/width.ts";

test.each([
  ["nas", "nas"],
  ["größe 宽", "größe 宽"],
  ["e\x1b[31mx", String.raw`e\x1b[31mx`],
  ["a\nb\t", String.raw`a\x0ab\x09`],
  ["\u202Egnp.exe", String.raw`\u{202e}gnp.exe`],
  ["\u200B", String.raw`\u{200b}`],
  ["\uD800", String.raw`\u{d800}`],
])("%j is shown as %s, and nothing of that is stripped", (name, shown) => {
  expect(visible(name)).toBe(shown);
  expect(clean(shown)).toBe(shown);
});
