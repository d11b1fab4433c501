import type { CommandSpec } from "../command.ts";
import { connectionFlags, hostFlags, parallelFlag } from "../flags.ts";

/** `flurry probe`: the questions that a deploy asks before it confirms. */
export const probeCommand: CommandSpec = {
  path: ["probe"],
  group: "Hosts",
  summary: "ask the probes of hosts now, as a deploy does before it confirms",
  words: { usage: "[HOSTS…]", about: "all hosts, unless named", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags, parallelFlag],
  examples: [{ line: "flurry probe nas", does: "those in its metadata, under probes" }],
  exits: [14],
  load: () => import("../probe.ts").then((module) => module.probe),
};
