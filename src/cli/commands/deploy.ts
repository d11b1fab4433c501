import type { CommandSpec } from "../command.ts";
import { deployFlags, goalFlag } from "../flags.ts";

const hosts = {
  usage: "[HOSTS…]",
  about: "names, globs, @tag, %system, !not, all; none: this machine, if it is one of them",
  min: 0,
  max: Infinity,
} as const;
const exits = [10, 11, 12, 13, 14, 15, 16, 20, 69, 75, 77, 129, 130, 143] as const;
const load: CommandSpec["load"] = () => import("../deploy.ts").then((module) => module.deploy);

/** `flurry deploy`: the goal is said by `--goal`, or by the repository. */
export const deployCommand: CommandSpec = {
  path: ["deploy"],
  aliases: ["apply"],
  group: "Everyday",
  summary: "build, show what would change, and bring it to hosts, all in parallel",
  about:
    "A host that fails, hangs or can no longer be reached goes back to what ran before, by itself.",
  words: hosts,
  rest: "nix",
  flags: [goalFlag, ...deployFlags],
  examples: [
    { line: "flurry deploy all", does: "every host of the repository" },
    {
      line: "flurry deploy @web '!web3' --yes",
      does: "those tagged web but one, without a question",
    },
    { line: "flurry deploy nas --goal boot", does: "for the next boot only" },
  ],
  exits,
  load,
};

/** `flurry switch`, `boot`, `test`, `dry-activate`: deploy with that goal. */
export const goalCommands: readonly CommandSpec[] = [
  goalCommand("switch", "activate now, and boot it from now on", "switch nas"),
  goalCommand("boot", "make it the boot default, and activate nothing", "boot nas gateway"),
  goalCommand("test", "activate now; the next boot brings the old system back", "test nas"),
  goalCommand(
    "dry-activate",
    "copy it, and ask the host what a switch would do",
    "dry-activate nas",
  ),
];

function goalCommand(goal: string, summary: string, example: string): CommandSpec {
  return {
    path: [goal],
    group: "Everyday",
    summary,
    words: hosts,
    rest: "nix",
    flags: deployFlags,
    examples: [{ line: `flurry ${example}`, does: summary }],
    exits,
    load,
  };
}
