import type { CommandSpec } from "../command.ts";
import { connectionFlags, hostFlags } from "../flags.ts";

/** `flurry generations`: what hosts have to go back to. */
export const generationsCommand: CommandSpec = {
  path: ["generations"],
  aliases: ["list-generations"],
  group: "Everyday",
  summary: "list what hosts can go back to: which runs, which boots",
  about:
    "The columns of --plain: host, generation, made, NixOS, kernel, commit (+ with edits), marks.",
  words: { usage: "[HOSTS…]", about: "all hosts, unless named", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags],
  examples: [{ line: "flurry generations nas", does: "newest first" }],
  exits: [12, 69],
  load: () => import("../generations.ts").then((module) => module.generations),
};
