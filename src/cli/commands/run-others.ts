import type { CommandSpec } from "../command.ts";
import { connectionFlags, flakeFlag, reasonFlag } from "../flags.ts";

const summaries: Readonly<Record<string, string>> = {
  follow: "follow a run that someone began, to its end",
  abort: "send the hosts of an open run back to what ran before",
  confirm: "confirm in place of the one who began, over a fresh connection",
  recover: "try once more to settle a host that is stuck",
};

/** `flurry run follow|abort|confirm|recover`: from any machine that reaches the hosts. */
export const runCommands: readonly CommandSpec[] = Object.entries(summaries).map(
  ([verb, summary]) => ({
    path: ["run", verb],
    group: "Runs",
    summary,
    words: { usage: "RUN|HOST", about: "a run's id, or a host with an open run", min: 1, max: 1 },
    rest: "nix",
    flags: [flakeFlag, reasonFlag, ...connectionFlags],
    examples: [{ line: `flurry run ${verb} nas`, does: "the run that is open on nas" }],
    exits: [12, 13, 14, 15, 16, 20, 69, 75, 77, 129, 130, 143],
    load: () => import("../run-others.ts").then((module) => module.runOfOthers),
  }),
);
