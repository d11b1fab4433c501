import type { CommandSpec, Flag } from "../command.ts";
import { changeFlags, connectionFlags, hostFlags, policyFlags } from "../flags.ts";
import { text, whole } from "../make-flag.ts";

/** `--to N`: the generation's number. */
export const toFlag: Flag<number | undefined> = whole(
  {
    name: "to",
    usage: "N",
    about: "this generation; else the next lower one that is not what runs",
    group: "Which",
  },
  1,
);

/** `--to-revision R`: a commit, or the beginning of one. */
export const toRevisionFlag: Flag<string | undefined> = text({
  name: "to-revision",
  usage: "R",
  about: "the newest generation that came from this commit",
  group: "Which",
});

/** `flurry rollback`: back to a generation that is on the host. */
export const rollbackCommand: CommandSpec = {
  path: ["rollback"],
  group: "Everyday",
  summary: "go back to an earlier generation, as safely as forward",
  words: {
    usage: "[HOSTS…]",
    about: "none: this machine, if it is one of them",
    min: 0,
    max: Infinity,
  },
  rest: "nix",
  flags: [toFlag, toRevisionFlag, ...hostFlags, ...changeFlags, ...policyFlags, ...connectionFlags],
  examples: [
    { line: "flurry rollback nas", does: "to the generation before" },
    { line: "flurry rollback nas --to 41", does: "to generation 41, older or newer" },
  ],
  exits: [12, 13, 14, 15, 16, 20, 69, 75, 77, 129, 130, 143],
  load: () => import("../rollback.ts").then((module) => module.rollback),
};
