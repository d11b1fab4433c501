import type { CommandSpec } from "../command.ts";
import { hostFlags, sshOptsFlag, sshUserFlag, targetHostFlag } from "../flags.ts";

/** `flurry ssh`: a shell on a host. */
export const sshCommand: CommandSpec = {
  path: ["ssh"],
  group: "Hosts",
  summary: "open a shell on a host, with the settings of the fleet",
  words: { usage: "HOST", about: "one host", min: 1, max: 1 },
  rest: { usage: "COMMAND [WORDS…]", about: "runs this in place of a shell" },
  flags: [...hostFlags, targetHostFlag, sshUserFlag, sshOptsFlag],
  examples: [
    { line: "flurry ssh nas", does: "log in" },
    { line: "flurry ssh nas -- journalctl -f", does: "follow its journal" },
  ],
  exits: [12],
  load: () => import("../ssh.ts").then((module) => module.ssh),
};
