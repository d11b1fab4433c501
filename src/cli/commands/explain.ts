import type { CommandSpec } from "../command.ts";

/** `flurry explain`: the page of a problem. */
export const explainCommand: CommandSpec = {
  path: ["explain"],
  group: "Self",
  summary: "explain a problem by its code, or the exit codes",
  words: {
    usage: "[CODE]",
    about: "a code as problems show it; exit; none: all codes",
    min: 0,
    max: 1,
  },
  flags: [],
  examples: [
    { line: "flurry explain host-busy", does: "what it means and what to do" },
    { line: "flurry explain exit", does: "the exit codes" },
  ],
  exits: [],
  load: () => import("../explain.ts").then((module) => module.explain),
};
