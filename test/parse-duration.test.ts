import { expect, test } from "vitest";
import { parseDuration } from "../src/lib/parse-duration.ts";

test.each([
  ["90s", 90],
  ["15m", 900],
  ["36h", 129_600],
  ["14d", 1_209_600],
  ["2w", 1_209_600],
  ["0d", 0],
  ["14", null],
  ["d", null],
  ["-1d", null],
  ["1 d", null],
])("%s is %s seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});
