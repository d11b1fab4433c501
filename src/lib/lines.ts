/** Takes text as it comes and gives whole lines, without their ends. */
export interface LineSplitter {
  readonly push: (text: string) => void;
  /** Gives what is left as a last line. */
  readonly end: () => void;
}

/** Longer lines come in pieces, so that a program without line ends cannot fill our memory. */
const longestLine = 1024 * 1024;

/** Calls `print` once a line. A carriage return before the end of a line belongs to the end. */
export function splitLines(print: (line: string) => void): LineSplitter {
  let rest = "";
  return {
    push: (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) print(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (rest.length > longestLine) {
        print(rest);
        rest = "";
      }
    },
    end: () => {
      if (rest !== "") print(rest);
      rest = "";
    },
  };
}

/** Keeps the last lines it is given. */
export interface LastLines {
  readonly add: (line: string) => void;
  /** Oldest first. */
  readonly lines: () => readonly string[];
}

/** A ring of so many lines. */
export function keepLastLines(count: number): LastLines {
  const kept: string[] = [];
  return {
    add: (line) => {
      kept.push(line);
      if (kept.length > count) kept.shift();
    },
    lines: () => [...kept],
  };
}
