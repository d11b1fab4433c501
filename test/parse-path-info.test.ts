import { expect, test } from "vitest";
import { closureIn, parsePathInfo, parseSizes } from "../src/nix/parse-path-info.ts";

const a = "/nix/store/40rblgdsha8p7d0clzwbvx0dysccaqdw-a";
const b = "/nix/store/gz5y3vik53mp26s8pn12aqkicmdcl4dv-b";
const expected = new Map([
  [a, { bytes: 120, references: [b] }],
  [b, { bytes: 8, references: [] }],
]);
const base = (path: string): string => path.slice("/nix/store/".length);

test.each([
  [
    "2.8",
    [
      { path: a, narSize: 120, references: [b], narHash: "sha256:x" },
      { path: b, narSize: 8, references: [] },
      { path: "/nix/store/gone", valid: false },
    ],
  ],
  [
    "2.26",
    {
      [a]: { narSize: 120, references: [b], ca: null },
      [b]: { narSize: 8, references: [] },
      "/nix/store/gone": null,
    },
  ],
  [
    "2.34",
    {
      [a]: { narSize: 120, references: [b], storeDir: "/nix/store", version: 1 },
      [b]: { narSize: 8, references: [] },
    },
  ],
  [
    "2.34, format 2",
    {
      info: {
        [base(a)]: { narSize: 120, references: [base(b)] },
        [base(b)]: { narSize: 8, references: [] },
      },
      storeDir: "/nix/store",
      version: 2,
    },
  ],
])("the answer of Nix %s is read", (_, answer) => {
  expect(parsePathInfo(JSON.stringify(answer))).toEqual(expected);
});

test.each(["", "[", "7", "null"])("%j is no answer", (text) => {
  expect(parsePathInfo(text)).toBeNull();
});

test("a closure is all that a system needs, itself included, and cycles end", () => {
  const graph = new Map(expected).set(b, { bytes: 8, references: [a, b] });
  expect(closureIn(graph, a, b)).toEqual({
    system: a,
    paths: [
      { path: a, bytes: 120 },
      { path: b, bytes: 8 },
    ],
    chosen: [a, b],
  });
  expect(closureIn(graph, a, null)?.chosen).toBeNull();
});

test("a closure with a hole is none", () => {
  expect(closureIn(new Map([[a, { bytes: 1, references: [b] }]]), a, null)).toBeNull();
});

test("sizes are read behind blanks and a tab, and noise is left out", () => {
  const lines = [`${a}      \t        120`, `${b}\t          8`, "warning: x", "/nix/store/c"];
  expect(parseSizes(lines)).toEqual([
    { path: a, bytes: 120 },
    { path: b, bytes: 8 },
  ]);
});
