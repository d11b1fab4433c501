let segmenter: Intl.Segmenter | undefined;

/** What a person takes for one character. Made when first needed: it would delay every start. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** Text that is as wide as it is long: ASCII and our own symbols. By far most of what is drawn. */
const simple = /^[\x20-\x7e✔✖⚠▸⋯→−–─…·█░▕▏│└±]*$/;

/** Columns that a text takes in a terminal. For clean text: control characters count as nothing. */
export function widthOf(text: string): number {
  if (simple.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += graphemeWidth(segment);
  return width;
}

/** The text, at most so many columns wide; what had to go is marked by `…`. */
export function clip(text: string, width: number, mark = "…"): string {
  if (widthOf(text) <= width) return text;
  const room = width - widthOf(mark);
  if (room < 0) return "";
  if (simple.test(text)) return text.slice(0, room) + mark;
  let kept = "";
  let used = 0;
  for (const { segment } of graphemesOf(text)) {
    used += graphemeWidth(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept + mark;
}

/** The text in lines of at most so many columns, broken at blanks where there are any. */
export function wrap(text: string, width: number): string[] {
  const most = Math.max(1, width);
  const lines: string[] = [];
  let rest = text;
  while (widthOf(rest) > most) {
    // One wide character in one column: nothing fits, and something must go on.
    const fitting = clip(rest, most, "") || rest.slice(0, 1);
    const blank = fitting.lastIndexOf(" ");
    const end = blank > most / 2 ? blank : fitting.length;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** The text with blanks behind it (or before it), so that it takes so many columns at least. */
export function pad(text: string, width: number, side: "behind" | "before" = "behind"): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return side === "behind" ? text + blanks : blanks + text;
}

/**
 * Foreign text made harmless for a terminal, on one line: without escape sequences, control
 * characters, marks that turn the direction of writing, and characters that nobody sees.
 */
export function clean(text: string): string {
  if (simple.test(text)) return text;
  return text
    .replace(escapeSequences, "")
    .replace(/[\t\n\r\u2028\u2029]+/g, " ")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .replace(unseen, "");
}

/** The text in ASCII alone: our symbols by the table of the manual, all else as `?`. */
export function toAscii(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  let ascii = "";
  for (const { segment } of graphemesOf(text)) {
    ascii += /^[\x20-\x7e]+$/.test(segment) ? segment : (asciiSymbols[segment] ?? "?");
  }
  return ascii;
}

const asciiSymbols: Readonly<Record<string, string>> = {
  "✔": "ok",
  "✖": "x",
  "⚠": "!",
  "▸": ">",
  "⋯": ".",
  "→": "->",
  "−": "-",
  "–": "-",
  "─": "-",
  "…": "...",
  "·": "-",
  "█": "#",
  "░": ".",
  "▕": "[",
  "▏": "]",
  "│": "|",
  "└": "`",
  "±": "+-",
};

/** CSI, OSC and the like (strings to their end), then two-character escapes. */
const escapeSequences =
  // oxlint-disable-next-line no-control-regex
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)|\x1b[ -/]*[0-~]?/g;

/** Control and format characters and variants; the joiner of emoji stays, or families fall apart. */
const unseen = /(?!\u200d)[\ufe00-\ufe0f\p{Cc}\p{Cf}\u2800\u3164\uffa0\u115f\u1160]/gu;

function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (code < 0x300) return /\ufe0f/.test(grapheme) ? 2 : 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(grapheme)) return 0;
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(grapheme)) return 2;
  return isWide(code) ? 2 : 1;
}

/** East Asian Width W and F, as ranges of blocks: Unicode's EastAsianWidth.txt, rounded outwards. */
function isWide(code: number): boolean {
  return wide.some(([first, last]) => code >= first && code <= last);
}

const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2fb],
  [0x1f1e6, 0x1f1ff],
  [0x1f200, 0x1f265],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];
