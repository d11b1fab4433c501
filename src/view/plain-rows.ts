import { clean } from "../lib/width.ts";

/** What one cell holds; null is empty. */
export type PlainCell = string | number | null;

/** A commit in such a row: whole, with `+` where files were edited since. */
export function plainRevision(revision: string | null, dirty: boolean): string | null {
  return revision === null ? null : `${revision}${dirty ? "+" : ""}`;
}

/**
 * `--plain`: rows for scripts, their cells divided by tabs, without headings. Whatever a cell holds, it
 * is one line without tabs, and harmless for a terminal.
 */
export function plainRows(rows: readonly (readonly PlainCell[])[]): string[] {
  return rows.map((row) => row.map((cell) => clean(String(cell ?? ""))).join("\t"));
}
