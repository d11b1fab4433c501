import type { CommandSpec } from "../command.ts";
import { connectionFlags, hostFlags } from "../flags.ts";

/** `flurry lock show`. */
export const lockShowCommand: CommandSpec = {
  path: ["lock", "show"],
  group: "Runs",
  summary: "show who has which host, and for how long",
  words: { usage: "[HOSTS…]", about: "all hosts, unless named", min: 0, max: Infinity },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags],
  examples: [{ line: "flurry lock show", does: "of every host" }],
  exits: [69],
  load: () => import("../lock.ts").then((module) => module.lockShow),
};

/** `flurry lock release`. */
export const lockReleaseCommand: CommandSpec = {
  path: ["lock", "release"],
  group: "Runs",
  summary: "end the lease of someone who is gone; an open run is aborted instead",
  words: { usage: "HOST", about: "the host", min: 1, max: 1 },
  rest: "nix",
  flags: [...hostFlags, ...connectionFlags],
  examples: [{ line: "flurry lock release nas", does: "shows whose it is, and asks" }],
  exits: [12, 75, 77],
  load: () => import("../lock.ts").then((module) => module.lockRelease),
};
