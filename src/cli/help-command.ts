import { Problem } from "../lib/problem.ts";
import type { Call } from "./command.ts";
import { commandHelp, fullHelp, groupHelp } from "./help.ts";
import { commands } from "./registry.ts";

/** `flurry help [COMMAND]`. */
export async function help(call: Call): Promise<number> {
  call.context.stdout(helpOn(call.words));
  return 0;
}

/** The help text for the words of a command. Throws a Problem where there is none. */
export function helpOn(words: readonly string[]): string {
  if (words.length === 0) return fullHelp(commands);
  const asked = words.join(" ");
  const spec = commands.find(
    ({ path, aliases }) =>
      path.join(" ") === asked ||
      aliases?.some((alias) => [...path.slice(0, -1), alias].join(" ") === asked),
  );
  if (spec) return commandHelp(spec);
  const [first = ""] = words;
  if (words.length === 1 && commands.some(({ path }) => path.length > 1 && path[0] === first)) {
    return groupHelp(first, commands);
  }
  throw new Problem("usage", `flurry has no command “${asked}”`, { hint: "flurry --help" });
}
