import { clean, widthOf } from "../lib/width.ts";

/** The part of a terminal we need. Its size is read anew each time. */
export interface Screen {
  readonly write: (text: string) => void;
  readonly rows: number;
  readonly columns: number;
}

/** Keeps some lines at the end of what a terminal shows, and redraws them in place. */
export interface Painter {
  /** Shows these lines in place of the last ones, writing only what differs. */
  readonly paint: (lines: readonly string[]) => void;
  /** Says something above the lines, where it scrolls away as all else does. */
  readonly say: (lines: readonly string[]) => void;
  /** Takes the lines away: what is written next stands in their place. */
  readonly clear: () => void;
}

/** Synchronised output: the terminal shows all of it at once, or ignores the words. */
const hold = "\x1b[?2026h";
const show = "\x1b[?2026l";
const eraseLine = "\x1b[K";
const eraseBelow = "\x1b[J";

/**
 * A painter for this screen. The cursor is neither hidden nor left anywhere but below the lines,
 * so nothing needs to be restored, however we end.
 */
export function painter(screen: Screen): Painter {
  let shown: readonly string[] = [];
  let columns = screen.columns;

  /** To the first of the shown lines. In a narrower terminal they have been wrapped since. */
  function home(): string {
    const wrapped = shown.reduce((sum, line) => sum + heightOf(line, screen.columns), 0);
    // What has scrolled off cannot be reached.
    const up = Math.min(wrapped, screen.rows - 1);
    return up > 0 ? `\x1b[${up}F` : "";
  }

  return {
    paint(lines) {
      // Never taller than the screen, or the first lines could not be written over.
      const next = lines.slice(0, Math.max(0, screen.rows - 1));
      const resized = columns !== screen.columns;
      const before = resized ? [] : shown;
      if (!resized && next.length === shown.length && next.every((line, at) => line === shown[at]))
        return;
      const start = home() + (resized ? eraseBelow : "");
      const rows = next.map((line, at) => (line === before[at] ? "\n" : `${line}${eraseLine}\n`));
      screen.write(hold + start + rows.join("") + eraseBelow + show);
      shown = next;
      columns = screen.columns;
    },
    say(lines) {
      const said = lines.map((line) => `${line}\n`).join("");
      const again = shown.map((line) => `${line}\n`).join("");
      screen.write(hold + home() + eraseBelow + said + again + show);
      columns = screen.columns;
    },
    clear() {
      if (shown.length > 0) screen.write(hold + home() + eraseBelow + show);
      shown = [];
    },
  };
}

function heightOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(widthOf(clean(line)) / Math.max(1, columns)));
}
