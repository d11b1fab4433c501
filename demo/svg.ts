/** Something a terminal was sent, and when, in seconds from the beginning. */
export interface Chunk {
  readonly at: number;
  readonly text: string;
}

/** A row of the terminal that looked like this for a while; `until` null: to the end. */
export interface Stretch {
  readonly row: number;
  readonly text: string;
  readonly from: number;
  readonly until: number | null;
}

/** What people cannot tell apart is one moment: a live view is redrawn more often than that. */
const momentSeconds = 0.2;

/**
 * Follows flurry's live view: it writes whole lines, goes up some of them, and erases to the end of
 * a line or of the screen. Other programs may do more than this understands. Colours stay in the text.
 */
export function stretchesOf(chunks: readonly Chunk[]): readonly Stretch[] {
  const rows: string[] = [];
  let row = 0;
  /** Nothing has been written to this row since the cursor came to it. */
  let fresh = true;
  const goTo = (next: number): void => {
    row = Math.max(0, next);
    fresh = true;
  };
  const print = (text: string): void => {
    const [first = "", ...rest] = text.replaceAll("\r", "").split("\n");
    if (first !== "") {
      rows[row] = fresh ? first : `${rows[row] ?? ""}${first}`;
      fresh = false;
    }
    for (const line of rest) {
      goTo(row + 1);
      if (line !== "") print(line);
    }
  };
  const obey = (escape: string): void => {
    const [code = "", count = "", letter] = /^\??([\d;]*)([A-Za-z])/.exec(escape) ?? [];
    if (letter === "F") goTo(row - Number(count));
    if (letter === "J") rows.length = Math.min(rows.length, row);
    if (letter === "K" && fresh) rows[row] = "";
    if (letter === "m") print(`${start}${code}`);
    print(escape.slice(code.length));
  };

  const open = new Map<number, { text: string; from: number }>();
  const done: Stretch[] = [];
  const note = (at: number): void => {
    for (let index = 0; index < Math.max(rows.length, open.size); index += 1) {
      const text = rows[index] ?? "";
      const shown = open.get(index);
      if (shown?.text === text) continue;
      if (shown !== undefined) done.push({ row: index, ...shown, until: at });
      open.set(index, { text, from: at });
    }
  };
  for (const { at, text } of chunks) {
    const [plain = "", ...escapes] = text.split(start);
    print(plain);
    escapes.forEach(obey);
    note(Math.floor(at / momentSeconds) * momentSeconds);
  }
  const last = [...open].map(([index, shown]) => ({ row: index, ...shown, until: null }));
  return [...done, ...last].filter(
    ({ text, from, until }) => text !== "" && (until === null || until > from),
  );
}

/** What begins each of a terminal's escape codes. */
const start = "\x1b[";

const colours: Readonly<Record<string, string>> = {
  "1": "font-weight:bold",
  "2": "fill:#8b949e",
  "31": "fill:#ff7b72",
  "32": "fill:#7ee787",
  "33": "fill:#e3b341",
  "34": "fill:#79c0ff",
  "35": "fill:#d2a8ff",
  "36": "fill:#79c0ff",
  "90": "fill:#8b949e",
};

const lineHeight = 18;
const charWidth = 7.8;
const margin = 16;

/**
 * A moving picture of a terminal. Where nothing moves (a printed page, a viewer without animation)
 * it shows the end.
 */
export function svgOf(stretches: readonly Stretch[], columns: number, title: string): string {
  const rows = Math.max(...stretches.map(({ row }) => row)) + 1;
  const width = Math.round(columns * charWidth + 2 * margin);
  const height = rows * lineHeight + 2 * margin;
  const lines = stretches.map((stretch) => {
    const y = margin + (stretch.row + 1) * lineHeight - 5;
    const ends = stretch.until !== null;
    const [first, then] = ends ? ["hidden", "visible"] : ["visible", "hidden"];
    const begin = ends ? stretch.from : 0;
    const seconds = (stretch.until ?? stretch.from) - begin;
    const moves =
      seconds <= 0
        ? ""
        : `<set attributeName="visibility" to="${then}" begin="${round(begin)}s" dur="${round(seconds)}s"/>`;
    return `<text x="${margin}" y="${y}" visibility="${first}">${spansOf(stretch.text)}${moves}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" xml:space="preserve">
<title>${escaped(title)}</title>
<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#e6edf3;white-space:pre}</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${lines.join("\n")}
</svg>
`;
}

function round(seconds: number): string {
  return String(Number(seconds.toFixed(2)));
}

/** The colours that flurry uses, as styles. */
function spansOf(text: string): string {
  const [plain = "", ...parts] = text.split(start);
  const spans = parts.map((part) => {
    const end = part.indexOf("m");
    const styles = part
      .slice(0, end)
      .split(";")
      .flatMap((code) => colours[code] ?? []);
    const words = escaped(part.slice(end + 1));
    return styles.length === 0 || words === ""
      ? words
      : `<tspan style="${styles.join(";")}">${words}</tspan>`;
  });
  return [escaped(plain), ...spans].join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
