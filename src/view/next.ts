import { widthOf } from "../lib/width.ts";
import { drawWhole, type Style } from "./style.ts";

/**
 * Commands to paste, each with a word for what it is good for; beside each other where they fit.
 * They are never cut.
 */
export function nextText(
  commands: readonly (readonly [what: string, command: string])[],
  style: Style,
): string[] {
  const parts = commands.map(([what, command]) => drawWhole([`${what}  ${command}`], style));
  const all = parts.join("      ");
  return parts.length > 0 && widthOf(all) <= style.width ? [all] : parts;
}
