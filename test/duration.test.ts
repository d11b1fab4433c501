import { expect, test } from "vitest";
import { bytesDifference, bytesText } from "../src/lib/bytes.ts";
import { durationText, roughDuration } from "../src/lib/duration.ts";

test.each([
  [0, "0 s", "0 s"],
  [-3, "0 s", "0 s"],
  [59.4, "59 s", "59 s"],
  [59.6, "1 m 00 s", "59 s"],
  [362, "6 m 02 s", "6 m"],
  [3900, "1 h 05 m", "1 h"],
  [90_000, "25 h 00 m", "25 h"],
  [41.5 * 86_400, "41 d", "41 d"],
  [Number.NaN, "0 s", "0 s"],
])("%d seconds are %s, roughly %s", (seconds, text, rough) => {
  expect([durationText(seconds), roughDuration(seconds)]).toEqual([text, rough]);
});

test.each([
  [0, "0 B", "±0 B"],
  [512, "512 B", "+512 B"],
  [1024, "1.0 KiB", "+1.0 KiB"],
  [1_048_500, "1.0 MiB", "+1.0 MiB"],
  [41 * 2 ** 20, "41 MiB", "+41 MiB"],
  [-210 * 2 ** 20, "−210 MiB", "−210 MiB"],
  [1.4 * 2 ** 30, "1.4 GiB", "+1.4 GiB"],
  [9.97 * 2 ** 30, "10 GiB", "+10 GiB"],
])("%d bytes are %s, as a difference %s", (bytes, text, difference) => {
  expect([bytesText(bytes), bytesDifference(bytes)]).toEqual([text, difference]);
});
