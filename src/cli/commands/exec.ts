import type { CommandSpec } from "../command.ts";
import { connectionFlags, hostFlags, parallelFlag } from "../flags.ts";

/** `flurry exec`: a command on hosts. */
export const execCommand: CommandSpec = {
  path: ["exec"],
  group: "Hosts",
  summary: "run a command on hosts, as the login user",
  about:
    "Lines come back with the host's name in front; with one host they come as they are, and the\n" +
    "exit code is the command's own.",
  words: { usage: "HOSTS…", about: "where it runs", min: 0, max: Infinity },
  rest: { usage: "COMMAND [WORDS…]", about: "each word reaches the command as it stands here" },
  flags: [...hostFlags, ...connectionFlags, parallelFlag],
  examples: [
    { line: "flurry exec @web -- uptime", does: "on all hosts with the tag web" },
    { line: "flurry exec nas -- sh -c 'df -h | head -3'", does: "through a shell of the host" },
  ],
  exits: [12, 20, 69, 77],
  load: () => import("../exec.ts").then((module) => module.exec),
};
