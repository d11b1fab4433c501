import { widthOf } from "../lib/width.ts";
import type { Line } from "./style.ts";

/** Commands to paste, each with a word for what it is good for; beside each other where they fit. */
export function nextLines(
  commands: readonly (readonly [what: string, command: string])[],
  width: number,
): Line[] {
  const parts = commands.map(([what, command]) => `${what}  ${command}`);
  const all = parts.join("      ");
  if (parts.length === 0) return [];
  return widthOf(all) <= width ? [[all]] : parts.map((part) => [part]);
}
