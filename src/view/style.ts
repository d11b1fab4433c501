import { clean, clip, toAscii, widthOf, wrap } from "../lib/width.ts";

/** How texts are drawn for one reader. */
export interface Style {
  /** Columns; no line is wider. */
  readonly width: number;
  /** Symbols of ASCII alone. */
  readonly ascii: boolean;
  /** Escape codes for colours. Never the only carrier: a symbol or word says the same. */
  readonly colour: boolean;
}

/** What a part of a line says by its colour. */
export type Tone = "good" | "bad" | "warn" | "busy" | "faint" | "strong";

/** A part of a line. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

/** A line before it is drawn. Text is made harmless when it is drawn, wherever it came from. */
export type Line = readonly (string | Span)[];

/** What decides about colour and symbols. */
export interface StyleWish {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  readonly columns: number;
  /** `--color`. */
  readonly color?: "auto" | "always" | "never";
  /** `--ascii`. */
  readonly ascii?: boolean;
}

/** A pipe or file has no edge: nothing is cut, no column dropped, so that all can be searched. */
const widthOfPipes = 10_000;

/** Flags win over variables; without either, a terminal that is not dumb has colours. */
export function styleOf({ env, isTerminal, columns, color, ascii }: StyleWish): Style {
  return {
    width: isTerminal ? Math.max(20, columns) : widthOfPipes,
    ascii: ascii ?? !isUtf8(env),
    colour: color && color !== "auto" ? color === "always" : hasColour(env, isTerminal),
  };
}

function hasColour(env: StyleWish["env"], isTerminal: boolean): boolean {
  if (env["NO_COLOR"]) return false;
  if (isOn(env["CLICOLOR_FORCE"]) || isOn(env["FORCE_COLOR"])) return true;
  return isTerminal && env["TERM"] !== "dumb" && env["CLICOLOR"] !== "0";
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}

/** Whether the locale says that text is UTF-8: LC_ALL, then LC_CTYPE, then LANG. */
function isUtf8(env: StyleWish["env"]): boolean {
  return /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "");
}

/** A line as it goes to the terminal: harmless, as wide as the style allows, blanks cut at its end. */
export function draw(line: Line, style: Style): string {
  const spans = line.map((part) => harmless(part, style));
  const wide = spans.reduce((sum, { text }) => sum + widthOf(text), 0);
  const fitting = wide <= style.width ? spans : clipSpans(spans, style);
  return trimmed(fitting)
    .map(({ text, tone }) => (tone && style.colour && text !== "" ? coloured(text, tone) : text))
    .join("");
}

/** Lines, drawn. */
export function drawAll(lines: readonly Line[], style: Style): string[] {
  return lines.map((line) => draw(line, style));
}

/** A line as it is, however long: a command to paste is of no use if it is cut. */
export function drawWhole(line: Line, style: Style): string {
  return draw(line, { ...style, width: Infinity });
}

/** A text over several lines, each with the same part in front; nothing of it is cut. */
export function wrapped(front: string | Span, text: string | Span, style: Style): Line[] {
  const start = harmless(front, style);
  const rest = harmless(text, style);
  const lines = wrap(rest.text, Math.max(8, style.width - widthOf(start.text)));
  return lines.map((line): Line => [start, { ...rest, text: line }]);
}

/** A part as it will be drawn, but for its colour: what tables measure. */
export function harmless(part: string | Span, style: Style): Span {
  const span = typeof part === "string" ? { text: part } : part;
  const text = clean(span.text);
  return { ...span, text: style.ascii ? toAscii(text) : text };
}

function clipSpans(spans: readonly Span[], style: Style): Span[] {
  const mark = style.ascii ? "..." : "…";
  let room = style.width - widthOf(mark);
  const kept: Span[] = [];
  for (const span of spans) {
    const text = clip(span.text, room, "");
    kept.push({ ...span, text });
    room -= widthOf(text);
    if (text !== span.text) break;
  }
  return [...kept, { text: mark }];
}

function trimmed(spans: readonly Span[]): Span[] {
  const kept = [...spans];
  for (let last = kept.pop(); last !== undefined; last = kept.pop()) {
    const text = last.text.trimEnd();
    if (text !== "") return [...kept, { ...last, text }];
  }
  return [];
}

const codes: Readonly<Record<Tone, number>> = {
  good: 32,
  bad: 31,
  warn: 33,
  busy: 36,
  faint: 2,
  strong: 1,
};

function coloured(text: string, tone: Tone): string {
  return `\x1b[${codes[tone]}m${text}\x1b[0m`;
}
