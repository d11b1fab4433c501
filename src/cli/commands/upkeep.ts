import type { CommandSpec, Flag } from "../command.ts";
import { changeFlags, connectionFlags, hostFlags } from "../flags.ts";
import { duration, whole } from "../make-flag.ts";

/** `--keep N`: so many of the newest generations stay. */
export const keepFlag: Flag<number | undefined> = whole(
  {
    name: "keep",
    usage: "N",
    about: "the newest N generations stay; 5 unless said",
    group: "Care",
  },
  1,
);

/** `--keep-since 14d`: generations that are younger stay; in seconds. */
export const keepSinceFlag: Flag<number | undefined> = duration({
  name: "keep-since",
  usage: "TIME",
  about: "generations younger than this stay: 36h, 14d, 2w",
  group: "Care",
});

const hosts = {
  usage: "[HOSTS…]",
  about: "none: this machine, if it is one of them",
  min: 0,
  max: Infinity,
} as const;
const exits = [12, 20, 69, 75, 77, 129, 130, 143] as const;

/** `flurry reboot`. */
export const rebootCommand: CommandSpec = {
  path: ["reboot"],
  group: "Hosts",
  summary: "reboot, and wait until each host is back",
  words: hosts,
  rest: "nix",
  flags: [...hostFlags, ...changeFlags, ...connectionFlags],
  examples: [{ line: "flurry reboot nas --yes", does: "without a question" }],
  exits: [...exits],
  load: () => import("../upkeep.ts").then((module) => module.reboot),
};

/** `flurry gc`. */
export const gcCommand: CommandSpec = {
  path: ["gc"],
  aliases: ["clean"],
  group: "Hosts",
  summary: "remove old generations, and what nothing needs any more",
  about: "What runs, what booted and what boots next always stay, also where they are older.",
  words: hosts,
  flags: [keepFlag, keepSinceFlag, ...hostFlags, ...changeFlags, ...connectionFlags],
  examples: [
    { line: "flurry gc nas --keep 3", does: "the newest three stay" },
    {
      line: "flurry gc all --keep 5 --keep-since 14d --yes",
      does: "and those of the last two weeks",
    },
  ],
  exits: [...exits],
  load: () => import("../upkeep.ts").then((module) => module.gc),
};
