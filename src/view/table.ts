import { clip, pad, widthOf } from "../lib/width.ts";
import { harmless, type Line, type Span, type Style } from "./style.ts";

/** A column of a table. */
export interface Column {
  readonly heading: string;
  readonly align?: "right";
  /** Where the table is too wide, columns go, those with the highest rank first. Without: never. */
  readonly rank?: number;
  /** Cut to so many columns; without: as wide as it must be. */
  readonly most?: number;
}

/** A cell, of one colour. */
export type Cell = string | Span;

/** Whether headings are shown, and what stands before each line. */
export interface TableShape {
  readonly headings: boolean;
  readonly indent: string;
}

/** How much of the last column must fit before columns are dropped for it. */
const leastLast = 24;

/**
 * Rows with their cells below each other. The last column takes what is left, and is cut at the
 * edge; where the rest does not fit, whole columns go by their rank.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  style: Style,
  shape: TableShape,
): Line[] {
  const headings = columns.map(({ heading }) => ({ text: heading, tone: "faint" as const }));
  const all = shape.headings ? [headings, ...rows] : rows;
  const cells = all.map((row) => columns.map((column, at) => cellOf(row[at] ?? "", column, style)));
  const widths = columns.map((_, at) =>
    Math.max(0, ...cells.map((row) => widthOf(row[at]?.text ?? ""))),
  );
  const shown = fitting(columns, widths, style.width - shape.indent.length);
  return cells.map((row) => [
    shape.indent,
    ...shown.flatMap((at, place) => {
      const { text = "", tone } = row[at] ?? {};
      const isLast = place === shown.length - 1;
      const side = columns[at]?.align === "right" ? "before" : "behind";
      const padded = isLast && side === "behind" ? text : pad(text, widths[at] ?? 0, side);
      const span = { text: padded, ...(tone && { tone }) };
      return isLast ? [span] : [span, "  "];
    }),
  ]);
}

function cellOf(cell: Cell, { most = Infinity }: Column, style: Style): Span {
  const span = harmless(cell, style);
  return { ...span, text: clip(span.text, most, style.ascii ? "..." : "…") };
}

/** Indices of the columns that are shown. Empty ones never are. */
function fitting(columns: readonly Column[], widths: readonly number[], room: number): number[] {
  let shown = columns.map((_, at) => at).filter((at) => (widths[at] ?? 0) > 0);
  while (neededBy(shown, widths) > room) {
    const ranked = shown.filter((at) => columns[at]?.rank !== undefined);
    if (ranked.length === 0) break;
    const rankOf = (at: number): number => columns[at]?.rank ?? 0;
    const dropped = ranked.reduce((worst, at) => (rankOf(at) >= rankOf(worst) ? at : worst));
    shown = shown.filter((at) => at !== dropped);
  }
  return shown;
}

function neededBy(shown: readonly number[], widths: readonly number[]): number {
  const last = shown.at(-1);
  return shown.reduce((sum, at) => {
    const width = widths[at] ?? 0;
    return sum + (at === last ? Math.min(width, leastLast) : width + 2);
  }, 0);
}

/** The same rows for narrow screens: one block each, a line for each cell that says something. */
export function blocks(columns: readonly Column[], rows: readonly (readonly Cell[])[]): Line[] {
  const width = Math.max(0, ...columns.slice(1).map(({ heading }) => heading.length));
  return rows.flatMap(([first = "", ...rest]) => {
    const name: Span = { tone: "strong", ...(typeof first === "string" ? { text: first } : first) };
    const lines = rest.flatMap((cell, at): Line[] => {
      const text = typeof cell === "string" ? cell : cell.text;
      const heading = (columns[at + 1]?.heading ?? "").toLowerCase().padEnd(width);
      return text === "" || text === "–"
        ? []
        : [["  ", { text: heading, tone: "faint" }, "  ", cell]];
    });
    return [[name], ...lines];
  });
}
