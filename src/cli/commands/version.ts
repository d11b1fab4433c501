import type { CommandSpec } from "../command.ts";

/** `flurry version`: of flurry, and of what it uses. */
export const versionCommand: CommandSpec = {
  path: ["version"],
  group: "Self",
  summary: "show the version of flurry",
  flags: [],
  examples: [{ line: "flurry version --json", does: "as a document" }],
  exits: [],
  load: () => import("../show-version.ts").then((module) => module.showVersion),
};
