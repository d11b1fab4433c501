import { describe, expect, it } from "vitest";
import { readSettings } from "../src/fleet/settings.ts";
import { settingNotes } from "../src/fleet/settings-schema.ts";
import { readJsonText } from "../src/lib/json.ts";

const place = "systems/nas/meta.json";

function complaintsOf(text: string): string[] {
  return readSettings(place, readJsonText(text)).complaints.map(
    ({ severity, code, message }) => `${severity} ${code} ${message}`,
  );
}

const sentences: readonly (readonly [string, string])[] = [
  ['{"system": "x86_64-linux",}', `error meta-syntax ${place}:1:26: trailing comma`],
  ["[]", `error meta-type ${place} must be an object, it is a list`],
  ['"x"', `error meta-type ${place} must be an object, it is "x"`],
  ['{"system": null}', `error meta-field ${place}: system: should be a string, it is null`],
  [
    '{"system": "x86-64_linux"}',
    `error meta-system-unknown ${place}: system "x86-64_linux" is not known; did you mean "x86_64-linux"?`,
  ],
  ['{"tag": ["web"]}', `warning meta-unknown ${place}: unknown key "tag"; did you mean "tags"?`],
  [
    '{"policy": {"confirmSecond": 3}}',
    `warning meta-unknown ${place}: unknown key "policy.confirmSecond"; did you mean "confirmSeconds"?`,
  ],
  [
    '{"tags": [], "tags": []}',
    `warning meta-duplicate ${place}: "tags" appears twice; the last one counts`,
  ],
  ['{"port": 22.5}', `error meta-number ${place}: port: not a whole number below 2^53`],
  ['{"outPath": "x"}', `error meta-reserved ${place}: key "outPath" is reserved`],
  ['{"tags": "web"}', `error meta-field ${place}: tags: should be a list of strings, it is "web"`],
  [
    '{"tags": ["web", "Two"]}',
    `error meta-field ${place}: tags[1]: should be a tag (small letters, digits, - and _), it is "Two"`,
  ],
  [
    '{"port": 70000}',
    `error meta-field ${place}: port: should be a port number, from 1 to 65535, it is 70000`,
  ],
  ['{"policy": []}', `error meta-field ${place}: policy: should be an object, it is a list`],
  [
    '{"policy": {"confirmSeconds": "30"}}',
    `error meta-field ${place}: policy.confirmSeconds: should be a whole number of seconds, from 1 to 86400, it is "30"`,
  ],
  [
    '{"policy": {"units": {"a.service": "keep"}}}',
    `error meta-field ${place}: policy.units.a.service: should be "undo", "warn" or "ignore", it is "keep"`,
  ],
  ['{"probes": [{"kind": "tcp"}]}', `error meta-field ${place}: probes[0].port: is missing`],
  [
    '{"probes": [{"kind": "unit", "unit": "a.service", "port": 1}]}',
    `error meta-field ${place}: probes[0].port: is not a key here`,
  ],
  [
    '{"sshHostKey": "AAAA"}',
    `error meta-field ${place}: sshHostKey: should be a public key (ssh-ed25519 AAAA…), it is "AAAA"`,
  ],
  [
    '{"user": "-oProxyCommand=x"}',
    `error meta-field ${place}: user: should be a login name, it is "-oProxyCommand=x"`,
  ],
  [
    '{"hostName": "a b"}',
    `error meta-field ${place}: hostName: should be a host name (letters, digits, - and _, at most 63), it is "a b"`,
  ],
];

describe("readSettings", () => {
  it.each(sentences)("complains of %s", (text, complaint) => {
    expect(complaintsOf(text)).toEqual([complaint]);
  });

  it("says all that is wrong at once, and keeps what is right", () => {
    const text =
      '{"port": "x", "user": 7, "tags": ["web"], "build": {"on": 3, "substitutes": false}}';
    const reading = readSettings(place, readJsonText(text));
    expect(reading.complaints.map(({ message }) => message)).toEqual([
      `${place}: port: should be a port number, from 1 to 65535, it is "x"`,
      `${place}: user: should be a string, it is 7`,
      `${place}: build.on: should be a string, it is 3`,
    ]);
    expect(reading.settings).toEqual({ tags: ["web"], build: { substitutes: false } });
  });

  it("keeps quiet about foreign keys that are near to none", () => {
    const reading = readSettings(place, readJsonText('{"location": "cellar"}'));
    expect(reading).toEqual({ settings: {}, complaints: [], unknown: ["location"] });
  });

  it("reads every example of the reference", () => {
    const wrong = [...settingNotes()].flatMap(([key, { example }]) => {
      const inner = example.replaceAll("AAAA…", "A".repeat(68)).replace("6f1c…", "6f".repeat(16));
      const parts = key.split(".");
      const text = parts.reduceRight((value, part) => `{${JSON.stringify(part)}: ${value}}`, inner);
      return complaintsOf(text);
    });
    expect(wrong).toEqual([]);
  });
});
