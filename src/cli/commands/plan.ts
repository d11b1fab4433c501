import type { CommandSpec, Flag } from "../command.ts";
import {
  buildFlags,
  connectionFlags,
  goalFlag,
  hostFlags,
  outLinkFlag,
  planFlags,
  storePathFlag,
} from "../flags.ts";
import { either, toggle } from "../make-flag.ts";

/** `--no-build`: count what would be built and fetched. */
export const buildFlag: Flag<boolean | undefined> = either({
  name: "build",
  about: "build, so that versions and sizes can be shown; --no-build only counts",
  group: "How",
});

/** `--exit-code`: 2 where something would change. */
export const exitCodeFlag: Flag<boolean> = toggle({
  name: "exit-code",
  about: "exit with 2 where there are changes",
  group: "Output",
});

const words = {
  usage: "[HOSTS…]",
  about: "all hosts, unless named",
  min: 0,
  max: Infinity,
} as const;

/** `flurry plan`: what a deploy would change. */
export const planCommand: CommandSpec = {
  path: ["plan"],
  group: "Everyday",
  summary: "evaluate, build, look at the hosts, and show what would change",
  about:
    "Nothing is copied or changed by it.\n" +
    "The columns of --plain: host, change (none, a goal, failed), generation, the next one, what\n" +
    "changes, bytes, effect.",
  words,
  rest: "nix",
  flags: [goalFlag, buildFlag, exitCodeFlag, storePathFlag, ...planFlags],
  examples: [
    { line: "flurry plan", does: "for every host" },
    { line: "flurry plan nas --json", does: "as data" },
    { line: "flurry plan --no-build", does: "count what would be built and fetched" },
  ],
  exits: [2, 10, 11, 12, 20, 69, 129, 130, 143],
  load: () => import("../plan.ts").then((module) => module.plan),
};

/** `flurry dry-build`: the same as `plan --no-build`. */
export const dryBuildCommand: CommandSpec = {
  path: ["dry-build"],
  group: "Everyday",
  summary: "count what would be built and fetched: plan --no-build",
  words,
  rest: "nix",
  flags: planCommand.flags,
  examples: [{ line: "flurry dry-build nas", does: "build nothing" }],
  exits: planCommand.exits,
  load: planCommand.load,
};

/** `flurry build`: store paths on stdout. */
export const buildCommand: CommandSpec = {
  path: ["build"],
  group: "Everyday",
  summary: "build systems, and print their store paths",
  words,
  rest: "nix",
  flags: [...hostFlags, outLinkFlag, ...buildFlags, ...connectionFlags],
  examples: [
    { line: "flurry build nas -o result", does: "with a link to it" },
    { line: "flurry build all -- --fallback", does: "with a flag for Nix" },
  ],
  exits: [10, 11, 12, 20, 129, 130, 143],
  load: () => import("../build.ts").then((module) => module.build),
};
