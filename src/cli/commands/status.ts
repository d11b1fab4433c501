import type { CommandSpec, Flag } from "../command.ts";
import { connectionFlags, hostFlags } from "../flags.ts";
import { toggle } from "../make-flag.ts";

/** `--oneline`. */
export const onelineFlag: Flag<boolean> = toggle({
  name: "oneline",
  group: "Output",
  about: "how many are well, want a look, do not answer: ✔4 ⚠1 ✖1",
});

/** `flurry status`: what the hosts are. */
export const statusCommand: CommandSpec = {
  path: ["status"],
  aliases: ["st"],
  group: "Everyday",
  summary: "ask all hosts what they run, and how they are",
  about:
    "The columns of --plain: host, state, generation, commit (+ with edits), since, seconds it is up,\n" +
    "load, per cent of /nix in use, notes.",
  words: { usage: "[HOSTS…]", about: "all hosts, unless named", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags, onelineFlag],
  examples: [
    { line: "flurry status", does: "ask every host of the repository" },
    { line: "flurry status --oneline", does: "for a prompt or a status bar" },
    { line: "flurry status @web --json", does: "those with the tag web, as one document" },
  ],
  exits: [12, 69],
  load: () => import("../status.ts").then((module) => module.status),
};
