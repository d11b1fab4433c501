import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setInJson } from "../src/lib/json-edit.ts";

describe("setInJson", () => {
  it.each([
    ["{}", '{\n  "k": "v"\n}'],
    ['{"a": 1}\n', '{"a": 1, "k": "v"}\n'],
    ['{ "a": 1 }', '{ "a": 1, "k": "v" }'],
    ['{\n    "a": [1, {"k": 2}]\n}\n', '{\n    "a": [1, {"k": 2}],\n    "k": "v"\n}\n'],
    ['{"k": {"x": [1, 2]}, "a": 1}', '{"k": "v", "a": 1}'],
    ['{"a": "}", "k": 1}', '{"a": "}", "k": "v"}'],
    ['{"k": 1, "k": 2}', '{"k": 1, "k": "v"}'],
  ])("changes %j into %j", (before, after) => {
    expect(setInJson(before, ["k"], "v")).toBe(after);
  });

  it("goes into objects, and makes those that are missing", () => {
    const text = '{\n  "hosts": {\n    "nas": { "port": 22 }\n  }\n}\n';
    expect(setInJson(text, ["hosts", "nas", "user"], "ada")).toBe(
      '{\n  "hosts": {\n    "nas": { "port": 22, "user": "ada" }\n  }\n}\n',
    );
    expect(setInJson(text, ["hosts", "pi", "user"], "ada")).toBe(
      '{\n  "hosts": {\n    "nas": { "port": 22 },\n    "pi": {\n      "user": "ada"\n    }\n  }\n}\n',
    );
  });

  it("changes nothing but the key, whatever the object holds", () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(
        object,
        fc.string(),
        fc.jsonValue(),
        fc.constantFrom(0, 2),
        (before, key, value, indent) => {
          fc.pre(key !== "__proto__" && !Object.keys(before).includes("__proto__"));
          const text = JSON.stringify(before, null, indent);
          const after: unknown = JSON.parse(setInJson(text, [key], value));
          expect(after).toEqual(JSON.parse(JSON.stringify({ ...before, [key]: value })));
        },
      ),
    );
  });
});
