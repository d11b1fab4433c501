import { encodeLine } from "../event/journal-line.ts";
import type { View } from "./view.ts";

/** Every event as a line of JSON, progress too: `--format jsonl`. */
export function jsonlView(write: (text: string) => void): View {
  return { tell: (event) => write(encodeLine(event)), tick: () => {}, close: () => {} };
}
