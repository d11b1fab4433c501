import type { Host } from "../fleet/host.ts";
import type { ProblemCode } from "../lib/problem.ts";
import type { Keeping } from "../plan/collectable.ts";
import type { Order } from "../plan/plan.ts";
import type { HostCommand } from "../world/world.ts";
import { guardPath, installText, lookScript } from "./guard-script.ts";

/** The guard's answer "not yet": the same command is to be asked again. */
export const stillGoing = 30;

/** What the guard's exit codes mean; those that a verb takes for an answer are in its `accepts`. */
const exits: Readonly<Record<number, ProblemCode>> = {
  16: "system-refused",
  64: "bug",
  65: "state-broken",
  74: "closure-incomplete",
  75: "host-busy",
  76: "host-changed",
  77: "host-reverted",
  78: "host-stuck",
  79: "bug",
};

const leaseSeconds = 90;
const shortly = 30;
/** For verbs that hold on for a few seconds before they say "not yet". */
const longPoll = 45;

/** Asks the host what it is, and writes nothing there. Reply: `parseLook`. */
export function look(host: Host, as: { readonly root: boolean }): HostCommand {
  return {
    host,
    script: lookScript,
    timeoutSeconds: shortly,
    ...(as.root && { asRoot: "if-possible" }),
  };
}

/** Puts this version of the guard on the host, for those who come to a run that others began. */
export function install(host: Host): HostCommand {
  return { host, script: installText(), asRoot: true, timeoutSeconds: 60, exits };
}

/** Who wants to have a host to himself, and why. */
export interface Taker {
  /** `user@machine`. */
  readonly owner: string;
  readonly reason: string;
  readonly seconds?: number;
}

/** Takes the lease, and installs the guard. The same run may take it again. */
export function take(host: Host, run: string, taker: Taker): HostCommand {
  const { owner, reason, seconds = leaseSeconds } = taker;
  const who = [owner, reason].filter((word) => word !== "").join(" ");
  return withInstall(verb(host, "take", [run, who, String(seconds)], 60));
}

/** Prolongs the lease from now on. Throws `host-busy` if it is another's by now. */
export function renew(host: Host, run: string, seconds: number = leaseSeconds): HostCommand {
  return verb(host, "renew", [run, String(seconds)]);
}

/** Gives the lease back, and the run's roots. Harmless where there is none. */
export function release(host: Host, run: string): HostCommand {
  return withInstall(verb(host, "release", [run], 60));
}

/** Keeps the system from being collected. Goes before the copy: a root may point to what comes. */
export function root(host: Host, run: string, system: string): HostCommand {
  return verb(host, "root", [run, system]);
}

/** Reads `nix-store --export` on its stdin; for `World.sendTo`. Signatures are lost on this way. */
export function importer(host: Host, run: string): HostCommand {
  return verb(host, "import", [run], 3600);
}

/** Compares the contents of paths with what they were built as. Reply: `parseVerification`. */
export function verify(host: Host, run: string, paths: readonly string[]): HostCommand {
  const asked = verb(host, "verify", [run], longPoll, [stillGoing]);
  return withPayload(asked, paths.map((path) => `${oneLine(path)}\n`).join(""));
}

/**
 * Takes paths out of the host's store, with all that needs them, so that they can be sent again. Wants
 * the lease. Throws `copy-failed` where one of them is part of a system that must stay.
 */
export function discard(host: Host, run: string, paths: readonly string[]): HostCommand {
  const asked = verb(host, "discard", [run], 300);
  const meanings = { ...exits, 77: "copy-failed" } as const;
  return withPayload(
    { ...asked, exits: meanings },
    paths.map((path) => `${oneLine(path)}\n`).join(""),
  );
}

/** Asks a new system whether it may be switched to, and what that would do. Reply: `parseRehearsal`. */
export function rehearse(host: Host, run: string, system: string): HostCommand {
  const asked = verb(host, "rehearse", [run, system], longPoll, [stillGoing]);
  return { ...asked, exits: { ...exits, 65: "not-a-system" } };
}

/** Sets the dead man's switch. From here on the host ends the run by itself. */
export function arm(host: Host, run: string, order: Order, clocks: Clocks = {}): HostCommand {
  return withPayload(verb(host, "arm", [run], 60), planText(order, clocks));
}

/** Starts the activation on the host, and returns at once. */
export function activate(host: Host, run: string): HostCommand {
  return verb(host, "activate", [run]);
}

/** What is new since that phase and that offset of the log; holds on for two seconds. Reply: `parseFollow`. */
export function follow(
  host: Host,
  run: string,
  at: { readonly phase: string; readonly offset: number },
): HostCommand {
  return verb(host, "follow", [run, at.phase, String(at.offset)], longPoll);
}

/** The word with which to confirm, over a connection opened now. Reply: `parseWord`. */
export function challenge(host: Host, run: string): HostCommand {
  return { ...verb(host, "challenge", [run], shortly, [stillGoing]), fresh: true };
}

/** Tells the host to keep what it runs. The word is of `challenge`; goal `boot` has none. */
export function confirm(host: Host, run: string, word: string | null): HostCommand {
  return withPayload(verb(host, "confirm", [run]), `${oneLine(word ?? "")}\n`);
}

/** Sends a host back that is armed, activating or waiting. Harmless if it is on its way already. */
export function abort(host: Host, run: string, because: string): HostCommand {
  return withInstall(verb(host, "abort", [run, because], 60));
}

/** How the run ended; holds on for five seconds. Reply: `parseOutcome`. */
export function outcome(host: Host, run: string): HostCommand {
  return verb(host, "outcome", [run], longPoll, [stillGoing, 14, 15, 16, 75, 77, 78]);
}

/** Wakes the guard of an open run; a stuck one tries again. Then ask for its `outcome`. */
export function recover(host: Host): HostCommand {
  return withInstall(verb(host, "recover", [], 60));
}

/** Where a system came from. */
export interface Origin {
  readonly system: string;
  readonly revision: string | null;
  readonly dirty: boolean;
  readonly by: string;
  readonly run: string;
}

/** Notes on the host where its system came from, for a deploy that changes nothing else. */
export function record(host: Host, { system, revision, dirty, by, run }: Origin): HostCommand {
  const words = [run, system, revision ?? "", dirty ? "yes" : "no", by];
  return withInstall(verb(host, "record", words, 60));
}

/** What runs of flurry the host knows of. Reply: `parseRuns`. */
export function runs(host: Host): HostCommand {
  return withInstall(verb(host, "runs", ["none"], 60));
}

/** Drops old generations, then what nothing needs. Wants the lease. Reply: `parseCollected`. */
export function collect(host: Host, run: string, keeping: Keeping): HostCommand {
  const words = [run, String(keeping.keep), String(keeping.keepSinceSeconds ?? 0)];
  return verb(host, "collect", words, longPoll, [stillGoing]);
}

/** Reboots the host in a second. Refused with `host-busy` while a run is open. */
export function reboot(host: Host): HostCommand {
  return withInstall(verb(host, "reboot", ["none"], 60));
}

/** Times of the guard that only tests set: how long it stays armed, and when it reboots at the latest. */
export interface Clocks {
  readonly armedSeconds?: number;
  readonly lastSeconds?: number;
}

/** The plan as the guard reads it: lines `key value`, each key once. */
export function planText(order: Order, clocks: Clocks = {}): string {
  const facts: readonly (readonly [string, string | number | null | undefined])[] = [
    ["to", order.to],
    ["as", order.as],
    ["from", order.from],
    ["link", order.link],
    ["default", order.default],
    ["goal", order.goal],
    ["generation", order.generation],
    ["silent", order.silentSeconds],
    ["hard", order.hardSeconds],
    ["confirm", order.confirmSeconds],
    ["word", order.confirm ? "yes" : "no"],
    ["fallback", order.fallback ? "yes" : "no"],
    ["units", unitRules(order.units)],
    ["revision", order.revision],
    ["dirty", order.dirty ? "yes" : "no"],
    ["reason", order.reason],
    ["armed", clocks.armedSeconds],
    ["last", clocks.lastSeconds],
  ];
  return facts
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([key, value]) => `${key} ${oneLine(String(value))}\n`)
    .join("");
}

/** The guard takes the first rule that fits: so plain names go first, then the longest patterns. */
function unitRules(units: Order["units"]): string {
  return Object.entries(units)
    .toSorted(([one], [other]) => weight(other) - weight(one) || (one < other ? -1 : 1))
    .map(([pattern, policy]) => `${policy}:${pattern.replaceAll("\\", "\\\\")}`)
    .join(" ");
}

function weight(pattern: string): number {
  return pattern.includes("*") ? pattern.length : 1000 + pattern.length;
}

function verb(
  host: Host,
  name: string,
  words: readonly string[],
  timeoutSeconds: number = shortly,
  accepts: readonly number[] = [],
): HostCommand {
  const script = `sh ${guardPath()} ${name} "$@"\n`;
  return { host, script, args: words, asRoot: true, timeoutSeconds, accepts, exits };
}

function withInstall(command: HostCommand): HostCommand {
  return { ...command, script: `${installText()}${command.script}` };
}

const endOfPayload = "END_OF_THE_PAYLOAD";

/** What others on the host should not see in the list of processes goes in a here-document. */
function withPayload(command: HostCommand, lines: string): HostCommand {
  if (lines.split("\n").includes(endOfPayload)) throw new Error("a payload holds its own end");
  const call = command.script.trimEnd();
  return { ...command, script: `${call} <<'${endOfPayload}'\n${lines}${endOfPayload}\n` };
}

/** Control characters, newlines among them, become blanks: a value cannot become two lines. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f]+/g, " ");
}
