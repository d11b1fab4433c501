import { describe, expect, it } from "vitest";
import { readJson, readJsonText, type JsonReading } from "../src/lib/json.ts";

function told({ complaints }: JsonReading): string[] {
  return complaints.map(
    ({ kind, line, column, key, text }) => `${kind} ${line}:${column} ${key}: ${text}`,
  );
}

/** Read by our reader alone; JSON.parse serves as the second opinion where both accept. */
const good = [
  "null",
  "true",
  " false ",
  "0",
  "-0",
  "-17",
  "9007199254740991",
  '""',
  '"a\\u00e9\\n\\/"',
  '"\\ud83d\\ude00"',
  "[]",
  "[ ]",
  "{}",
  "{ }",
  '[1, [2, {"a": []}], "x"]',
  '{"a": {"b": 1}, "c": "\\\\"}',
  '{"constructor": 1, "toString": 2}',
  '"\u007f"',
];

const bad: readonly (readonly [string, string])[] = [
  ["", "syntax 1:1 : the file ends too early"],
  ['{"system": "x86_64-linux",}', "syntax 1:26 : trailing comma"],
  ["[1,]", "syntax 1:3 : trailing comma"],
  ['{\n  "a": 1\n  "b": 2\n}', 'syntax 3:3 a: a comma is missing after "a"'],
  ["{a: 1}", "syntax 1:2 : a key must stand in quotes"],
  ['{"a" 1}', 'syntax 1:6 a: a colon is missing after "a"'],
  ['{"a": }', "syntax 1:7 a: a value is missing"],
  ["// note\n{}", "syntax 1:1 : JSON has no comments"],
  ["{} {}", "syntax 1:4 : text after the end of the value"],
  ["'x'", "syntax 1:1 : not a value: \"'x'\""],
  ['"a', "syntax 1:3 : the file ends inside a string"],
  ['"a\nb"', "syntax 1:3 : a control character inside a string"],
  ['"\\x"', "syntax 1:3 : an unknown escape inside a string"],
  ['"\\u12"', "syntax 1:3 : an unknown escape inside a string"],
  ["01", "syntax 1:2 : not a number"],
  ["+1", 'syntax 1:1 : not a value: "+"'],
  [".5", 'syntax 1:1 : not a value: "."'],
  ["NaN", 'syntax 1:1 : not a value: "NaN"'],
  ["True", 'syntax 1:1 : not a value: "True"'],
  ['{"port": 1.5}', "number 1:10 port: not a whole number below 2^53"],
  ['{"port": 1.0}', "number 1:10 port: not a whole number below 2^53"],
  ['{"port": 1e3}', "number 1:10 port: not a whole number below 2^53"],
  ['{"port": 1e400}', "number 1:10 port: not a whole number below 2^53"],
  ['{"port": 9007199254740993}', "number 1:10 port: not a whole number below 2^53"],
  ['{"a": "\\u0000"}', "encoding 1:7 a: must not contain \\u0000"],
  ['{"a": "\\ud800"}', "encoding 1:7 a: must not contain half a surrogate pair"],
  ['{"a": {"outPath": 1}}', 'reserved 1:8 a.outPath: key "outPath" is reserved'],
  ['{"__toString": 1}', 'reserved 1:2 __toString: key "__toString" is reserved'],
  ['{"__proto__": {"x": 1}}', 'reserved 1:2 __proto__: key "__proto__" is reserved'],
  ['{"tags": [], "tags": ["a"]}', 'duplicate 1:14 tags: "tags" appears twice; the last one counts'],
];

describe("readJson", () => {
  it.each(good)("reads %s as JSON.parse does", (text) => {
    const reading = readJsonText(text);
    expect(reading.complaints).toEqual([]);
    // Also where a key is `constructor`: compared as text, since our objects have no prototype.
    expect(JSON.stringify(reading.value)).toBe(JSON.stringify(JSON.parse(text)));
  });

  it.each(bad)("complains of %s", (text, complaint) => {
    expect(told(readJsonText(text))).toEqual([complaint]);
  });

  it("goes on after what it can name, and gives no value after what it cannot", () => {
    const reading = readJsonText('{"a": 1.5, "b": 2e9, "c": }');
    expect(told(reading)).toHaveLength(3);
    expect(reading.value).toBeUndefined();
  });

  it("keeps the last of two equal keys", () => {
    expect(readJsonText('{"a": 1, "a": 2}').value).toEqual({ a: 2 });
  });

  it("refuses a byte order mark and bytes that are not UTF-8", () => {
    const wrong = ["encoding 1:1 : must be UTF-8 without a byte order mark"];
    expect(told(readJson(Buffer.from("\uFEFF{}")))).toEqual(wrong);
    expect(told(readJson(Uint8Array.from([0x22, 0xff, 0x22])))).toEqual(wrong);
  });

  it("ends on text that is nested without end", () => {
    expect(told(readJsonText("[".repeat(100_000)))[0]).toContain("nested more than 100 deep");
  });

  it("gives no object a prototype", () => {
    expect(Object.getPrototypeOf(readJsonText('{"a": 1}').value)).toBeNull();
  });
});
