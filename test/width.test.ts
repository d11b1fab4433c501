import * as fc from "fast-check";
import { expect, test } from "vitest";
import { clean, clip, pad, toAscii, widthOf, wrap } from "../src/lib/width.ts";
import { foreignText } from "./stories.ts";

test.each([
  ["nas", 3],
  ["✔ ⚠ → …", 7],
  ["漢字", 4],
  ["e\u0301", 1],
  ["👩‍👩‍👧", 2],
  ["🇩🇪", 2],
  ["ｆ", 2],
  ["한글", 4],
  ["", 0],
])("%s takes %i columns", (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test.each([
  ["\u001b[31mred\u001b[0m", "red"],
  ["\u001b]0;title\u0007after", "after"],
  ["\u001b]0;title\u001b\\after", "after"],
  ["\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\", "link"],
  ["\u009b2Jgone", "gone"],
  ["a\rb\nc\td", "a b c d"],
  ["nul\u0000 bell\u0007 del\u007f", "nul bell del"],
  ["\u202etxt.exe", "txt.exe"],
  ["zero\u200bwidth", "zerowidth"],
  ["half \ud800", "half \ufffd"],
  ["\u001bP1;2qsixel\u001b\\.", "."],
  ["\u001b", ""],
])("%j is cleaned to %j", (text, harmless) => {
  expect(clean(text)).toBe(harmless);
});

test("what is cut is marked", () => {
  expect(clip("gateway", 7)).toBe("gateway");
  expect(clip("gateway", 5)).toBe("gate…");
  expect(clip("漢字漢字", 5)).toBe("漢字…");
  expect(clip("漢字漢字", 4)).toBe("漢…");
  expect(clip("gateway", 2, "...")).toBe("");
  expect(pad("漢字", 6)).toBe("漢字  ");
  expect(pad("12", 4, "before")).toBe("  12");
});

test("long texts are broken at blanks, or where they must be", () => {
  expect(wrap("one two three", 20)).toEqual(["one two three"]);
  expect(wrap("one two three", 9)).toEqual(["one two", "three"]);
  expect(wrap("/nix/store/abcdef", 10)).toEqual(["/nix/store", "/abcdef"]);
  expect(wrap("漢字漢字", 5)).toEqual(["漢字", "漢字"]);
  expect(wrap("", 5)).toEqual([""]);
});

test("symbols have spellings in ASCII", () => {
  expect(toAscii("✔ 118 → 119 … 漢 ×")).toBe("ok 118 -> 119 ... ? ?");
});

// Claim: whatever comes from outside, it takes as many columns as was said, and drives no terminal.
test("foreign text is harmless and never wider than asked", () => {
  const law = fc.property(foreignText, fc.nat(20), (text, width) => {
    const harmless = clean(text);
    expect(harmless).toMatch(/^[^\p{Cc}\p{Surrogate}\u2028\u2029]*$/u);
    expect(clean(harmless)).toBe(harmless);
    expect(widthOf(clip(harmless, width))).toBeLessThanOrEqual(width);
    expect(widthOf(pad(clip(harmless, width), width))).toBe(width);
    const lines = wrap(harmless, width + 2);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width + 2);
    expect(lines.join("").replaceAll(" ", "")).toBe(harmless.replaceAll(" ", ""));
    expect(toAscii(harmless)).toMatch(/^[\x20-\x7e]*$/);
  });
  fc.assert(law, { numRuns: 2000 });
});
