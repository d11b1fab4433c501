import type { CommandSpec, Flag } from "../command.ts";
import { planFlags } from "../flags.ts";
import { text, toggle } from "../make-flag.ts";
import { exitCodeFlag } from "./plan.ts";

/** `--all`: every name. */
export const allFlag: Flag<boolean> = toggle({
  name: "all",
  about: "show every name, not only the first of each kind",
  group: "Output",
});

/** `--rebuilt`: also what kept its version. */
export const rebuiltFlag: Flag<boolean> = toggle({
  name: "rebuilt",
  about: "also name what was rebuilt with the same version",
  group: "Output",
});

/** `--against REF`: not with what runs, but with what another commit gives. */
export const againstFlag: Flag<string | undefined> = text({
  name: "against",
  usage: "REF",
  about: "compare with what this branch, commit or flake gives, without asking the hosts",
  group: "Which",
});

/** `flurry diff`: what becomes of systems. */
export const diffCommand: CommandSpec = {
  path: ["diff"],
  group: "Everyday",
  summary: "show what changes between systems: versions, sizes, units",
  about:
    "HOST: what a deploy would change of what it runs.\n" +
    "HOST@41 HOST@42: two of its generations; HOST@41 alone: from there to what it runs.\n" +
    "Two paths: two systems in the store here.",
  words: {
    usage: "[HOSTS… | HOST@N [HOST@N] | PATH PATH]",
    about: "all hosts, unless named",
    min: 0,
    max: Infinity,
  },
  rest: "nix",
  flags: [againstFlag, allFlag, rebuiltFlag, exitCodeFlag, ...planFlags],
  examples: [
    { line: "flurry diff nas", does: "what a deploy of nas would change" },
    { line: "flurry diff nas@41 nas@42", does: "what changed between two generations" },
    { line: "flurry diff nas --against main", does: "what the work tree changes of main" },
    { line: "flurry diff ./result /run/current-system", does: "any two systems" },
  ],
  exits: [2, 10, 11, 12, 20, 69, 129, 130, 143],
  load: () => import("../diff.ts").then((module) => module.diff),
};
