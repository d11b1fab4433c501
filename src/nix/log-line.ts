import { parseJson } from "../lib/json.ts";

/** One line of Nix's internal-json log, decoded as far as its shape goes. */
export type LogLine =
  | {
      readonly kind: "start";
      readonly id: string;
      readonly type: number;
      readonly text: string;
      readonly fields: readonly unknown[];
    }
  | { readonly kind: "stop"; readonly id: string }
  /** Counts, still as written: nearly all lines are of this kind, and few of them are ever looked at. */
  | { readonly kind: "progress"; readonly id: string; readonly counts: string }
  | {
      readonly kind: "result";
      readonly id: string;
      readonly type: number;
      /** Null where the message has none. */
      readonly fields: readonly unknown[] | null;
      readonly payload: unknown;
    }
  | {
      readonly kind: "message";
      readonly level: number;
      /** Without colours. */
      readonly text: string;
      /** Of an error: the innermost message, without where it came from. */
      readonly innermost: string;
    }
  /** Not of the log: sudo's prompt, ssh's warnings, usage errors. */
  | { readonly kind: "plain"; readonly text: string }
  /** Of the log, but unknown or broken. `text` is worth showing. */
  | { readonly kind: "odd"; readonly what: string; readonly text: string | null };

/** `<3>@nix `: with IN_SYSTEMD set, Nix 2.8 to 2.26 write a priority first. */
const prefix = /^(?:<\d>)?@nix /;
/** Result 105 as all known versions write it; whatever is written otherwise goes the long way. */
const progress =
  /^(?:<\d>)?@nix \{"action":"result","fields":\[([\d,]*)\],"id":(\d+),"type":105\}$/;
/** Ids are pid · 2³² + n: above 2⁵³ `JSON.parse` would make neighbours equal. */
const bigIds = /"(id|parent)":(\d{16,})/g;
// oxlint-disable-next-line no-control-regex -- Escape codes are what is looked for.
const escapeCodes = /\u001b\[[0-9;]*[A-Za-z]|\u001b\][^\u0007]*(?:\u0007|\u001b\\)/g;

/** Reads one line. Never throws. */
export function decodeLogLine(line: string): LogLine {
  const counts = progress.exec(line);
  if (counts) return { kind: "progress", id: counts[2] ?? "", counts: counts[1] ?? "" };
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  // Without the prefix it comes from `json-log-path`.
  const head = prefix.exec(text)?.[0] ?? (text.startsWith('{"action":') ? "" : null);
  if (head === null) return { kind: "plain", text };
  const value = parseJson(text.slice(head.length).replace(bigIds, '"$1":"$2"'));
  return isRecord(value) ? decodeMessage(value) : { kind: "odd", what: "bad-json", text };
}

/** Text for people: without colours and other escape codes. */
export function withoutEscapes(text: string): string {
  return text.replace(escapeCodes, "");
}

/** Foreign JSON whose keys may be read; their values are still unknown. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decodeMessage(value: Readonly<Record<string, unknown>>): LogLine {
  const { action, id, type, text, fields, payload } = value;
  switch (action) {
    case "start":
      return {
        kind: "start",
        id: idOf(id),
        type: numberOf(type),
        text: withoutEscapes(textOf(text)),
        fields: listOf(fields) ?? [],
      };
    case "stop":
      return { kind: "stop", id: idOf(id) };
    case "result":
      return {
        kind: "result",
        id: idOf(id),
        type: numberOf(type),
        fields: listOf(fields),
        payload,
      };
    case "msg": {
      const message = withoutEscapes(textOf(value["msg"]));
      const innermost = value["raw_msg"];
      return {
        kind: "message",
        level: typeof value["level"] === "number" ? value["level"] : Infinity,
        text: message,
        innermost: typeof innermost === "string" ? withoutEscapes(innermost).trim() : message,
      };
    }
    default:
      return { kind: "odd", what: `action:${textOf(action)}`, text: null };
  }
}

function idOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : -1;
}

function listOf(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? value : null;
}
