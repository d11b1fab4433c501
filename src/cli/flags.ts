import type { Goal } from "../fleet/host.ts";
import type { Flag } from "./command.ts";
import type { Format } from "./context.ts";
import { choice, count, either, list, text, toggle, whole, wholeOrBare } from "./make-flag.ts";

// Flags that more than one command has. Every flag means the same everywhere, so they stand once.

/** `--flake REF`: where the fleet is described; `#host` may follow. */
export const flakeFlag: Flag<string | undefined> = text({
  name: "flake",
  short: "F",
  usage: "REF",
  about: "the repository: a folder, github:o/r/ref, git+ssh://…, each also with #host",
  group: "Which",
  env: "FLURRY_FLAKE",
});

/** `--on SEL`: the same as hosts behind the command. */
export const onFlag: Flag<readonly string[]> = list({
  name: "on",
  usage: "SEL",
  about: "hosts: names, globs, @tag, %system, !not, all, - (from stdin); as behind the command",
  group: "Which",
});

/** `--json`: the same as `--format json`. */
export const jsonFlag: Flag<boolean> = toggle({
  name: "json",
  about: "one JSON document on stdout, at the end",
  group: "Output",
});

/** `--format F`. */
export const formatFlag: Flag<Format | undefined> = choice(
  {
    name: "format",
    short: "f",
    about: "table for people; json: one document; jsonl: the events, one a line",
    group: "Output",
    env: "FLURRY_FORMAT",
  },
  ["table", "json", "jsonl"],
);

/** `-q`. */
export const quietFlag: Flag<boolean> = toggle({
  name: "quiet",
  short: "q",
  about: "only the answer and errors",
  group: "Output",
});

/** `-v`, `-vv`, `-vvv`. */
export const verboseFlag: Flag<number> = count({
  name: "verbose",
  short: "v",
  about: "say more: -v decisions, -vv commands, -vvv what Nix says",
  group: "Output",
});

/** `--no-progress`. */
export const progressFlag: Flag<boolean | undefined> = either({
  name: "progress",
  about: "redraw progress in place, where stderr is a terminal",
  group: "Output",
  env: "FLURRY_PROGRESS",
});

/** `--color WHEN`. */
export const colorFlag: Flag<"auto" | "always" | "never" | undefined> = choice(
  { name: "color", about: "colours; NO_COLOR and CLICOLOR_FORCE are obeyed", group: "Output" },
  ["auto", "always", "never"],
);

/** `--ascii`. */
export const asciiFlag: Flag<boolean> = toggle({
  name: "ascii",
  about: "no letters outside ASCII",
  group: "Output",
  env: "FLURRY_ASCII",
});

/** `--plain`. */
export const plainFlag: Flag<boolean> = toggle({
  name: "plain",
  about: "tab-separated values without headings",
  group: "Output",
});

/** `--show-commands`. */
export const showCommandsFlag: Flag<boolean> = toggle({
  name: "show-commands",
  about: "show what is run, as -vv",
  group: "Output",
});

/** `--no-input`. */
export const inputFlag: Flag<boolean | undefined> = either({
  name: "input",
  about: "ask where something needs an answer; --no-input makes it a failure",
  group: "Output",
});

/** `-y`: questions count as answered. */
export const yesFlag: Flag<boolean> = toggle({
  name: "yes",
  short: "y",
  about: "answer questions with yes",
  group: "Care",
});

/** `-a`: ask before anything changes, also where it would go without. */
export const askFlag: Flag<boolean> = toggle({
  name: "ask",
  short: "a",
  about: "ask before anything changes",
  group: "Care",
  env: "NH_ASK",
});

/** `-h`. */
export const helpFlag: Flag<boolean> = toggle({
  name: "help",
  short: "h",
  about: "this text",
  group: "Output",
});

/** `--version`. */
export const versionFlag: Flag<boolean> = toggle({
  name: "version",
  about: "the version of flurry",
  group: "Output",
});

/** Every command has these. */
export const globalFlags: readonly Flag<unknown>[] = [
  jsonFlag,
  formatFlag,
  plainFlag,
  quietFlag,
  verboseFlag,
  progressFlag,
  colorFlag,
  asciiFlag,
  showCommandsFlag,
  inputFlag,
  helpFlag,
  versionFlag,
];

/** `--set nas.policy.confirmSeconds=60`: any setting, for one host, or `*` for all. */
export const setFlag: Flag<readonly string[]> = list({
  name: "set",
  usage: "HOST.KEY=VALUE",
  about: "any setting of a host, or of all (*): --set nas.policy.soakSeconds=60",
  group: "Which",
});

/** Of commands that read the repository and name hosts in it. */
export const hostFlags: readonly Flag<unknown>[] = [flakeFlag, onFlag, setFlag];

/** `--accept-drift`: deploy also over what others changed. */
export const acceptDriftFlag: Flag<boolean> = toggle({
  name: "accept-drift",
  about: "also change hosts that others changed since the last run",
  group: "Care",
});

/** `--reason TEXT`: kept in the journal and on the host. */
export const reasonFlag: Flag<string | undefined> = text({
  name: "reason",
  usage: "TEXT",
  about: "why, for the history and for whoever finds the host busy",
  group: "Care",
  env: "FLURRY_REASON",
});

/** `--lock-wait[=S]`: seconds to wait for a host that is busy. */
export const lockWaitFlag: Flag<number | undefined> = wholeOrBare(
  {
    name: "lock-wait",
    usage: "S",
    about: "wait for a host that is busy, 900 s unless said",
    group: "Care",
    env: "FLURRY_LOCK_WAIT",
  },
  900,
);

/** `-p N`: how many hosts at once. */
export const parallelFlag: Flag<number | undefined> = whole({
  name: "parallel",
  short: "p",
  usage: "N",
  about: "how many hosts at once; 0: all",
  group: "How",
  env: "FLURRY_PARALLEL",
});

/** `--keep-going`: each host goes on by itself. */
export const keepGoingFlag: Flag<boolean> = toggle({
  name: "keep-going",
  short: "k",
  about: "each host goes on by itself; for Nix, too",
  group: "Care",
  env: "FLURRY_KEEP_GOING",
});

/** `-n`: up to the question, and no further. */
export const dryRunFlag: Flag<boolean> = toggle({
  name: "dry-run",
  short: "n",
  aliases: ["dry"],
  about: "show what would be done, and change nothing",
  group: "Care",
});

/** Every changing command has these. */
export const changeFlags: readonly Flag<unknown>[] = [
  parallelFlag,
  keepGoingFlag,
  dryRunFlag,
  askFlag,
  yesFlag,
  acceptDriftFlag,
  reasonFlag,
  lockWaitFlag,
];

/** `--confirm-seconds N` → `policy.confirmSeconds`. */
export const confirmSecondsFlag: Flag<number | undefined> = whole(
  {
    name: "confirm-seconds",
    aliases: ["confirm-timeout"],
    usage: "N",
    about: "how long the word that confirms may take",
    group: "Care",
    env: "FLURRY_CONFIRM_SECONDS",
  },
  1,
);

/** `--activation-seconds N` → `policy.activationSeconds`. */
export const activationSecondsFlag: Flag<number | undefined> = whole(
  {
    name: "activation-seconds",
    aliases: ["activation-timeout"],
    usage: "N",
    about: "how long an activation may be silent",
    group: "Care",
    env: "FLURRY_ACTIVATION_SECONDS",
  },
  1,
);

/** `--activation-limit-seconds N` → `policy.activationLimitSeconds`. */
export const activationLimitSecondsFlag: Flag<number | undefined> = whole(
  {
    name: "activation-limit-seconds",
    usage: "N",
    about: "how long an activation may take at all",
    group: "Care",
    env: "FLURRY_ACTIVATION_LIMIT_SECONDS",
  },
  1,
);

/** `--evaluate-seconds N` → `policy.evaluateSeconds`. */
export const evaluateSecondsFlag: Flag<number | undefined> = whole(
  {
    name: "evaluate-seconds",
    usage: "N",
    about: "how long an evaluation may take",
    group: "Care",
    env: "FLURRY_EVALUATE_SECONDS",
  },
  1,
);

/** `--[no-]confirm` → `policy.confirm`. */
export const confirmFlag: Flag<boolean | undefined> = either({
  name: "confirm",
  about: "keep a new system only if the host is reached over a fresh connection",
  group: "Care",
  env: "FLURRY_CONFIRM",
});

/** `--[no-]fallback` → `policy.fallback`. */
export const fallbackFlag: Flag<boolean | undefined> = either({
  name: "fallback",
  about: "go back to the old system when the new one fails",
  group: "Care",
  env: "FLURRY_FALLBACK",
});

/** Settings of the policy, as flags. See settings-flags.ts. */
export const policyFlags: readonly Flag<unknown>[] = [
  confirmFlag,
  confirmSecondsFlag,
  activationSecondsFlag,
  activationLimitSecondsFlag,
  evaluateSecondsFlag,
  fallbackFlag,
];

/** `--goal G`. */
export const goalFlag: Flag<Goal | undefined> = choice(
  { name: "goal", about: "what is wanted of the activation", group: "How", env: "FLURRY_GOAL" },
  ["switch", "boot", "test", "dry-activate"],
);

/** `--build-host B` → `build.on`. */
export const buildHostFlag: Flag<string | undefined> = text({
  name: "build-host",
  usage: "HOST",
  about: "build there, and copy from there",
  group: "How",
  env: "FLURRY_BUILD_ON",
});

/** `--build-on-target` → `build.on = "target"`. */
export const buildOnTargetFlag: Flag<boolean | undefined> = either({
  name: "build-on-target",
  aliases: ["remote-build"],
  about: "every host builds its own system",
  group: "How",
});

/** `--[no-]use-substitutes` → `build.substitutes`. */
export const useSubstitutesFlag: Flag<boolean | undefined> = either({
  name: "use-substitutes",
  aliases: ["substitute-on-destination", "substitutes-on-destination"],
  about: "hosts fetch what they can from their own caches",
  group: "How",
  env: "FLURRY_BUILD_SUBSTITUTES",
});

/** `--target-host ADDRESS`: in place of the one host's address. */
export const targetHostFlag: Flag<string | undefined> = text({
  name: "target-host",
  aliases: ["hostname"],
  usage: "ADDRESS",
  about: "another address, where one host is meant: [user@]name[:port]",
  group: "How",
});

/** `--ssh-user NAME` → `user`. */
export const sshUserFlag: Flag<string | undefined> = text({
  name: "ssh-user",
  usage: "NAME",
  about: "who to log in as",
  group: "How",
  env: "FLURRY_USER",
});

/** `--ssh-opts WORDS`: further words for ssh, besides NIX_SSHOPTS. */
export const sshOptsFlag: Flag<string | undefined> = text({
  name: "ssh-opts",
  usage: "WORDS",
  about: "further words for every ssh; NIX_SSHOPTS counts, too",
  group: "How",
  env: "NH_SSHOPTS",
});

/** `--elevate none|sudo|doas|run0|CMD` → `elevate`. */
export const elevateFlag: Flag<string | undefined> = text({
  name: "elevate",
  aliases: ["elevation-strategy"],
  usage: "none|sudo|doas|run0|CMD",
  about: "how the login user becomes root",
  group: "How",
  env: "FLURRY_ELEVATE",
});

/** `--ask-elevate-password`: ask once, before anything starts. */
export const askElevatePasswordFlag: Flag<boolean> = toggle({
  name: "ask-elevate-password",
  aliases: ["ask-sudo-password"],
  about: "ask for the password that sudo wants before anything starts, once for all hosts",
  group: "How",
});

/** Of commands that log in to hosts. */
export const connectionFlags: readonly Flag<unknown>[] = [
  targetHostFlag,
  sshUserFlag,
  sshOptsFlag,
  elevateFlag,
  askElevatePasswordFlag,
];

/** `--check-sigs`: hosts take only what is signed. */
export const checkSigsFlag: Flag<boolean> = toggle({
  name: "check-sigs",
  aliases: ["checksigs"],
  about: "hosts take only what is signed",
  group: "Care",
  env: "FLURRY_CHECK_SIGS",
});

/** `--repair-store`: a damaged store is made whole by the copy. */
export const repairStoreFlag: Flag<boolean> = toggle({
  name: "repair-store",
  about: "check what is new to a host against what was built, and send damaged paths again",
  group: "How",
});

/** `-o PATH`: links to what was built. */
export const outLinkFlag: Flag<string | undefined> = text({
  name: "out-link",
  short: "o",
  aliases: ["result-path"],
  usage: "PATH",
  about: "a link to what was built; PATH-HOST where there are several",
  group: "How",
});

/** `--store-path P`: this system, in place of the one the repository gives. */
export const storePathFlag: Flag<string | undefined> = text({
  name: "store-path",
  usage: "PATH",
  about: "this system, nothing is evaluated; where one host is meant",
  group: "Which",
});

/** Of commands that build. `-L`, `--show-trace`, `-K` and `-j` go to Nix with `call.rest`. */
export const buildFlags: readonly Flag<unknown>[] = [
  buildHostFlag,
  buildOnTargetFlag,
  useSubstitutesFlag,
  checkSigsFlag,
];

/** Of verbs that read the repository, build from it, and look at hosts, but change none. */
export const planFlags: readonly Flag<unknown>[] = [
  ...hostFlags,
  ...policyFlags,
  ...buildFlags,
  ...connectionFlags,
];

/** All that `deploy` and its verbs have, but `--goal`. */
export const deployFlags: readonly Flag<unknown>[] = [
  ...hostFlags,
  ...changeFlags,
  ...policyFlags,
  ...buildFlags,
  storePathFlag,
  repairStoreFlag,
  ...connectionFlags,
];
