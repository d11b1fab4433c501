import type { CommandSpec, Flag } from "../command.ts";
import { connectionFlags, hostFlags } from "../flags.ts";
import { toggle, whole } from "../make-flag.ts";

/** How many runs are listed. */
export const lastFlag: Flag<number | undefined> = whole(
  { name: "last", usage: "N", group: "Output", about: "only the newest N runs" },
  1,
);

/** Where the time of a run went. */
export const timingFlag: Flag<boolean> = toggle({
  name: "timing",
  group: "Output",
  about: "show how long each step took on each host",
});

/** `flurry history`: runs that were made from here, or what hosts remember. */
export const historyCommand: CommandSpec = {
  path: ["history"],
  group: "Everyday",
  summary: "list the runs that were made from here",
  about:
    "Every run that may change a host leaves a journal here.\n" +
    "With --on HOSTS the hosts are asked for their own record, also of runs from other machines.\n" +
    "The columns of --plain: run, begun, what, commit (+ with edits), who, seconds, outcome;\n" +
    "with --on: host, run, begun, goal, commit, who, phase, why.",
  words: { usage: "[HOSTS…]", about: "only runs that had these hosts", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags, lastFlag],
  examples: [
    { line: "flurry history", does: "newest first" },
    { line: "flurry history nas --last 3", does: "the last three that had nas" },
    { line: "flurry history --on nas", does: "what nas itself remembers" },
  ],
  exits: [12, 69],
  load: () => import("../history.ts").then((module) => module.history),
};

/** `flurry history show`: one run. */
export const historyShowCommand: CommandSpec = {
  path: ["history", "show"],
  group: "Everyday",
  summary: "show one run: who, why, how each host ended, and each failure",
  words: { usage: "[RUN]", about: "its id, or how that begins; the newest run", min: 0, max: 1 },
  flags: [timingFlag],
  examples: [
    { line: "flurry history show", does: "the newest run" },
    { line: "flurry history show 7f3kq2 --timing", does: "where its time went" },
  ],
  exits: [],
  load: () => import("../history.ts").then((module) => module.historyShow),
};

/** `flurry history log`: all that a run told. */
export const historyLogCommand: CommandSpec = {
  path: ["history", "log"],
  group: "Everyday",
  summary: "print all that happened in a run, line by line",
  words: {
    usage: "RUN [HOST]",
    about: "its id, or how that begins; only this host",
    min: 1,
    max: 2,
  },
  flags: [],
  examples: [
    { line: "flurry history log 7f3kq2 nas", does: "what happened on nas" },
    { line: "flurry history log 7f3kq2 --format jsonl", does: "the events as they are kept" },
  ],
  exits: [],
  load: () => import("../history.ts").then((module) => module.historyLog),
};
