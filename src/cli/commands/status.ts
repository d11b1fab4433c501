import type { CommandSpec } from "../command.ts";
import { connectionFlags, hostFlags } from "../flags.ts";

/** `flurry status`: what the hosts are. */
export const statusCommand: CommandSpec = {
  path: ["status"],
  aliases: ["st"],
  group: "Everyday",
  summary: "ask all hosts what they run, and how they are",
  words: { usage: "[HOSTS…]", about: "all hosts, unless named", min: 0, max: Infinity },
  flags: [...hostFlags, ...connectionFlags],
  examples: [
    { line: "flurry status", does: "ask every host of the repository" },
    { line: "flurry status @web --json", does: "those with the tag web, as one document" },
  ],
  exits: [12, 69],
  load: () => import("../status.ts").then((module) => module.status),
};
