import type { CommandSpec, Flag } from "../command.ts";
import { connectionFlags, hostFlags, policyFlags, yesFlag } from "../flags.ts";
import { toggle } from "../make-flag.ts";

/** `--origin`. */
export const originFlag: Flag<boolean> = toggle({
  name: "origin",
  group: "Output",
  about: "show where each value came from",
});

/** `flurry host list`: the hosts of the repository. */
export const hostListCommand: CommandSpec = {
  path: ["host", "list"],
  group: "Hosts",
  summary: "list the hosts of the repository, and what is wrong in it",
  about:
    "No host is asked. Folders (systems/, hosts/) are read without Nix;\n" +
    "where Nix is installed, it says which of them are hosts.",
  words: { usage: "[HOSTS…]", about: "all hosts, unless named", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags],
  examples: [
    { line: "flurry host list", does: "all hosts, and problems with their descriptions" },
    { line: "flurry host list @web --json", does: "hosts with the tag web, as a document" },
  ],
  exits: [10],
  load: () => import("../host-list.ts").then((module) => module.hostList),
};

/** `flurry host show`: one host. */
export const hostShowCommand: CommandSpec = {
  path: ["host", "show"],
  group: "Hosts",
  summary: "show what the repository says about a host",
  words: { usage: "HOSTS…", about: "the hosts to show", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags],
  examples: [{ line: "flurry host show nas", does: "its address, tags, homes, and its problems" }],
  exits: [10],
  load: () => import("../host-show.ts").then((module) => module.hostShow),
};

/** `flurry host scan`: pins a host's key. */
export const hostScanCommand: CommandSpec = {
  path: ["host", "scan"],
  group: "Hosts",
  summary: "show the ssh key of a host, and pin it in the repository",
  about:
    "A host that was never seen is refused until its key is known. This asks it for its key,\n" +
    "shows it, and writes it as sshHostKey into the file that describes the host.",
  words: { usage: "HOSTS…", about: "the hosts to ask", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags, yesFlag],
  examples: [{ line: "flurry host scan nas", does: "show its key and ask whether to pin it" }],
  exits: [10, 12, 77],
  load: () => import("../host-scan.ts").then((module) => module.hostScan),
};

/** `flurry config show`: settings. */
export const configShowCommand: CommandSpec = {
  path: ["config", "show"],
  group: "Self",
  summary: "show the settings of hosts, and where each came from",
  about:
    "Later wins: defaults, fleet.json (defaults, then tags), the file of the host,\n" +
    "variables (FLURRY_CONFIRM_SECONDS), flags.",
  words: { usage: "[HOSTS…]", about: "all hosts, unless named", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags, ...policyFlags, originFlag],
  examples: [{ line: "flurry config show nas --origin", does: "each value of nas and its source" }],
  exits: [10],
  load: () => import("../config-show.ts").then((module) => module.configShow),
};
