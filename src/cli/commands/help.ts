import type { CommandSpec } from "../command.ts";

/** `flurry help`: the same as `--help`. */
export const helpCommand: CommandSpec = {
  path: ["help"],
  group: "Self",
  summary: "show what a command does",
  words: { usage: "[COMMAND]", about: "one or two words; none: all commands", min: 0, max: 2 },
  flags: [],
  examples: [{ line: "flurry help exec", does: "as flurry exec --help" }],
  exits: [],
  load: () => import("../help-command.ts").then((module) => module.help),
};
