import { type LastLines, splitLines } from "../lib/lines.ts";
import type { Print } from "./world.ts";

/** Takes a program's output as it comes. */
export interface Collector {
  readonly push: (text: string) => void;
  /** Nothing comes any more: a last line without an end is a line too. */
  readonly end: () => void;
}

/** Keeps all of it, up to a limit, and tells its lines to `print` if there is one. */
export interface Collected extends Collector {
  readonly text: () => string;
}

/** `onTooMuch` is called once, when more than `mostLength` characters have come. */
export function collectText(
  mostLength: number,
  onTooMuch: () => void,
  print: Print | null,
): Collected {
  const pieces: string[] = [];
  let length = 0;
  const lines = print && splitLines(safely(print));
  return {
    push: (text) => {
      const had = length;
      length += text.length;
      if (length <= mostLength) pieces.push(text);
      else if (had <= mostLength) onTooMuch();
      lines?.push(text);
    },
    end: () => lines?.end(),
    text: () => pieces.join(""),
  };
}

/** Tells every line to `print`, and keeps the last ones. */
export function collectLines(kept: LastLines, print: Print): Collector {
  const tell = safely(print);
  return splitLines((line) => {
    kept.add(line);
    tell(line);
  });
}

/** A listener that fails must not end what it listens to: what cannot be shown is not shown. */
export function safely(print: Print): Print {
  return (line) => {
    try {
      print(line);
    } catch {
      // A closed pipe or a view that fails is no reason to lose a deployment.
    }
  };
}
