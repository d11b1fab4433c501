import type { CommandSpec, Flag } from "../command.ts";
import { connectionFlags, hostFlags } from "../flags.ts";
import { duration, list, text, toggle, whole } from "../make-flag.ts";

/** Whose lines. */
export const unitFlag: Flag<readonly string[]> = list({
  name: "unit",
  short: "u",
  usage: "UNIT",
  group: "Which",
  about: "only lines of this unit; may be given several times",
});

/** As they come. */
export const followFlag: Flag<boolean> = toggle({
  name: "follow",
  group: "Output",
  about: "print lines as they come, until interrupted",
});

/** How far back. */
export const sinceFlag: Flag<number | undefined> = duration({
  name: "since",
  usage: "TIME",
  group: "Which",
  about: "only lines younger than this: 90s, 36h, 14d",
});

/** Those of one run. */
export const runFlag: Flag<string | undefined> = text({
  name: "run",
  usage: "RUN",
  group: "Which",
  about: "only lines from while this run was under way, as its journal here tells",
});

/** How many. */
export const linesFlag: Flag<number | undefined> = whole(
  { name: "lines", usage: "N", group: "Output", about: "only the newest N lines (100)" },
  1,
);

/** `flurry logs`: what hosts wrote down. */
export const logsCommand: CommandSpec = {
  path: ["logs"],
  group: "Everyday",
  summary: "print what units of a host have written to its journal",
  about:
    "Asks systemd's journal of the host, as root where that needs no password.\n" +
    "What a run did is in `flurry history log RUN`.",
  words: { usage: "HOSTS…", about: "whose journal", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags, unitFlag, sinceFlag, runFlag, linesFlag, followFlag],
  examples: [
    { line: "flurry logs nas -u postgresql.service", does: "its last 100 lines" },
    { line: "flurry logs nas -u sshd --run 7f3kq2", does: "what it wrote during that run" },
    { line: "flurry logs @web --since 10m --follow", does: "of several hosts, as they come" },
  ],
  exits: [12, 20, 69, 77, 129, 130, 143],
  load: () => import("../logs.ts").then((module) => module.logs),
};
