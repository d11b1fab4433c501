import { expect, test } from "vitest";
import { type Chunk, stretchesOf, svgOf } from "../demo/svg.ts";
import { painter } from "../src/view/painter.ts";

/** What our painter writes when it paints these, a second apart. */
function painted(...screens: readonly (readonly string[])[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let at = 0;
  const paint = painter({
    rows: 10,
    columns: 80,
    write: (text) => chunks.push({ at, text: text.replaceAll("\n", "\r\n") }),
  });
  for (const lines of screens) {
    paint.paint(lines);
    at += 1;
  }
  return chunks;
}

test("a row is kept for as long as it looked like that", () => {
  expect(stretchesOf(painted(["a", "b"], ["a", "c"], ["a"]))).toEqual([
    { row: 1, text: "b", from: 0, until: 1 },
    { row: 1, text: "c", from: 1, until: 2 },
    { row: 0, text: "a", from: 0, until: null },
  ]);
});

test("what comes too fast to be seen is left out", () => {
  const chunks = [
    { at: 0, text: "one\n" },
    { at: 1, text: "\u001B[1F\u001B[Ktwo\n" },
    { at: 1.01, text: "\u001B[1F\u001B[Kthree\n" },
  ];
  expect(stretchesOf(chunks).map(({ text }) => text)).toEqual(["one", "three"]);
});

test("a picture ends with what was there at last, in its colours, and is safe to open", () => {
  const chunks = [
    { at: 0, text: "<script>\n" },
    { at: 1, text: "\u001B[1F\u001B[K\u001B[31mbad & sad\u001B[0m now\n" },
  ];
  const picture = svgOf(stretchesOf(chunks), 20, "a title");
  expect(picture.split("\n").filter((line) => line.startsWith("<text"))).toEqual([
    '<text x="16" y="29" visibility="hidden">&lt;script&gt;<set attributeName="visibility" to="visible" begin="0s" dur="1s"/></text>',
    '<text x="16" y="29" visibility="visible"><tspan style="fill:#ff7b72">bad &amp; sad</tspan> now<set attributeName="visibility" to="hidden" begin="0s" dur="1s"/></text>',
  ]);
});
