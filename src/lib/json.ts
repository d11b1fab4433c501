import { Problem } from "./problem.ts";

/** What JSON can hold, as `readJson` gives it: numbers are whole, objects have no prototype. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** Something `readJson` found wrong. The first three leave no value; a duplicate is only a warning. */
export interface JsonComplaint {
  readonly kind: "encoding" | "syntax" | "number" | "reserved" | "duplicate";
  /** Both count from 1; the column counts characters as editors do (UTF-16 units). */
  readonly line: number;
  readonly column: number;
  /** The dotted key at which it stands (`policy.confirmSeconds`, `tags[1]`), or "" at the top. */
  readonly key: string;
  /** Half a sentence: `trailing comma`, `not a whole number below 2^53`. */
  readonly text: string;
}

export interface JsonReading {
  /** Undefined where the text could not be read as a whole. */
  readonly value: Json | undefined;
  readonly complaints: readonly JsonComplaint[];
}

/** These make Nix take the whole set for something else, or JavaScript for its prototype. */
const reservedKeys: ReadonlySet<string> = new Set(["outPath", "__toString", "__proto__"]);
const deepest = 100;

/**
 * Reads JSON that Node and every Nix understand alike, and complains of all else: marks and bytes
 * that are not UTF-8, NUL, lone surrogates, numbers that are not whole or beyond 2^53, reserved
 * keys. Unlike `JSON.parse` it knows positions and sees duplicate keys (of which the last counts).
 */
export function readJson(bytes: Uint8Array): JsonReading {
  const text = decoded(bytes);
  if (text === undefined || text.startsWith("\uFEFF")) {
    const wrong = "must be UTF-8 without a byte order mark";
    return { value: undefined, complaints: [complaintAt("encoding", "", 0, "", wrong)] };
  }
  return readJsonText(text);
}

/** As `readJson`, for text that is decoded already. */
export function readJsonText(text: string): JsonReading {
  const complaints: JsonComplaint[] = [];
  const reader: Reader = { text, at: 0, complaints };
  try {
    const value = readValue(reader, "", 0);
    skipBlanks(reader);
    if (reader.at < text.length) fail(reader, "text after the end of the value");
    return { value, complaints };
  } catch (stopped) {
    if (!(stopped instanceof Problem)) throw stopped;
    return { value: undefined, complaints };
  }
}

interface Reader {
  readonly text: string;
  at: number;
  readonly complaints: JsonComplaint[];
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readValue(reader: Reader, key: string, depth: number): Json {
  skipBlanks(reader);
  if (depth > deepest) fail(reader, `nested more than ${deepest} deep`, key);
  const next = reader.text[reader.at];
  if (next === "{") return readObject(reader, key, depth);
  if (next === "[") return readList(reader, key, depth);
  if (next === '"') return readString(reader, key);
  if (next !== undefined && /[-0-9]/.test(next)) return readNumber(reader, key);
  for (const [word, value] of [
    ["true", true],
    ["false", false],
    ["null", null],
  ] as const) {
    if (reader.text.startsWith(word, reader.at)) {
      reader.at += word.length;
      return value;
    }
  }
  fail(reader, unexpected(reader), key);
}

function readObject(reader: Reader, key: string, depth: number): JsonObject {
  // Without a prototype, so that `constructor` is a key like any other.
  const object: Record<string, Json> = {};
  Object.setPrototypeOf(object, null);
  reader.at += 1;
  skipBlanks(reader);
  if (take(reader, "}")) return object;
  for (let comma = reader.at; ; comma = reader.at - 1) {
    skipBlanks(reader);
    const start = reader.at;
    if (reader.text[start] !== '"') {
      if (reader.text[start] === "}") fail(reader, "trailing comma", key, comma);
      fail(reader, "a key must stand in quotes", key);
    }
    const name = readString(reader, key);
    const path = key === "" ? name : `${key}.${name}`;
    if (reservedKeys.has(name))
      complain(reader, "reserved", start, path, `key "${name}" is reserved`);
    else if (name in object) {
      complain(reader, "duplicate", start, path, `"${name}" appears twice; the last one counts`);
    }
    skipBlanks(reader);
    if (!take(reader, ":")) fail(reader, `a colon is missing after "${name}"`, path);
    const value = readValue(reader, path, depth + 1);
    if (!reservedKeys.has(name)) object[name] = value;
    skipBlanks(reader);
    if (take(reader, "}")) return object;
    if (!take(reader, ","))
      fail(reader, ended(reader) ?? `a comma is missing after "${name}"`, path);
  }
}

function readList(reader: Reader, key: string, depth: number): readonly Json[] {
  const list: Json[] = [];
  reader.at += 1;
  skipBlanks(reader);
  if (take(reader, "]")) return list;
  for (let comma = reader.at; ; comma = reader.at - 1) {
    skipBlanks(reader);
    if (reader.text[reader.at] === "]") fail(reader, "trailing comma", key, comma);
    list.push(readValue(reader, `${key}[${list.length}]`, depth + 1));
    skipBlanks(reader);
    if (take(reader, "]")) return list;
    if (!take(reader, ",")) fail(reader, ended(reader) ?? "a comma is missing", key);
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

function readString(reader: Reader, key: string): string {
  const start = reader.at;
  let text = "";
  reader.at += 1;
  for (;;) {
    const char = reader.text[reader.at];
    if (char === undefined) fail(reader, "the file ends inside a string", key);
    if (char < " ") fail(reader, "a control character inside a string", key);
    reader.at += 1;
    if (char === '"') break;
    text += char === "\\" ? readEscape(reader, key) : char;
  }
  if (text.includes("\0")) complain(reader, "encoding", start, key, "must not contain \\u0000");
  if (hasLoneSurrogate(text)) {
    complain(reader, "encoding", start, key, "must not contain half a surrogate pair");
  }
  return text;
}

function readEscape(reader: Reader, key: string): string {
  const letter = reader.text[reader.at] ?? "";
  const plain = escapes[letter];
  if (plain !== undefined) {
    reader.at += 1;
    return plain;
  }
  const digits =
    letter === "u" ? /^[0-9a-fA-F]{4}/.exec(reader.text.slice(reader.at + 1, reader.at + 5)) : null;
  if (digits === null) fail(reader, "an unknown escape inside a string", key);
  reader.at += 5;
  return String.fromCharCode(Number.parseInt(digits[0], 16));
}

function readNumber(reader: Reader, key: string): number {
  const start = reader.at;
  const word = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/.exec(
    reader.text.slice(start, start + 1024),
  )?.[0];
  if (word === undefined) fail(reader, "not a number", key);
  reader.at += word.length;
  if (/[-+.\w]/.test(reader.text[reader.at] ?? "")) fail(reader, "not a number", key);
  const value = Number(word);
  if (!/^-?\d+$/.test(word) || !Number.isSafeInteger(value)) {
    complain(reader, "number", start, key, "not a whole number below 2^53");
  }
  return value === 0 ? 0 : value;
}

function hasLoneSurrogate(text: string): boolean {
  return /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
}

function skipBlanks(reader: Reader): void {
  while (" \t\n\r".includes(reader.text[reader.at] ?? "x")) reader.at += 1;
}

function take(reader: Reader, char: string): boolean {
  if (reader.text[reader.at] !== char) return false;
  reader.at += 1;
  return true;
}

function ended(reader: Reader): string | undefined {
  return reader.at >= reader.text.length ? "the file ends too early" : undefined;
}

function unexpected(reader: Reader): string {
  const char = reader.text[reader.at];
  if (char === undefined) return "the file ends too early";
  if (char === "/" || char === "#") return "JSON has no comments";
  if (char === "}" || char === "]") return "a value is missing";
  return `not a value: ${JSON.stringify(/^[\w'-]+|^./u.exec(reader.text.slice(reader.at, reader.at + 24))?.[0])}`;
}

/** Ends the reading at the first place that cannot be understood; caught in `readJsonText`. */
function fail(reader: Reader, text: string, key = "", at: number = reader.at): never {
  complain(reader, "syntax", at, key, text);
  throw new Problem("metadata-broken", text);
}

function complain(
  reader: Reader,
  kind: JsonComplaint["kind"],
  at: number,
  key: string,
  text: string,
): void {
  reader.complaints.push(complaintAt(kind, reader.text, at, key, text));
}

function complaintAt(
  kind: JsonComplaint["kind"],
  text: string,
  at: number,
  key: string,
  what: string,
): JsonComplaint {
  const before = text.slice(0, at).split("\n");
  return { kind, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, key, text: what };
}

/** Plain JSON of programs (journals, answers of Nix); undefined for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
