import { all, fact, firstWord, linesOf, whole } from "./host-lines.ts";

/** Where an open run stands, and what its activation said since the last time. */
export interface Followed {
  /** armed, activating, waiting, confirmed, undoing; settled: kept, undone, refused, left, stuck. */
  readonly phase: string;
  readonly because: string | null;
  /** Of the running clock: until it acts, goes on talking, or is confirmed. */
  readonly secondsLeft: number | null;
  /** Of an activation as a whole. */
  readonly limitSecondsLeft: number | null;
  /** Whole lines of the activation's own words. */
  readonly log: string;
  /** Where to go on reading. */
  readonly offset: number;
}

/** Reads the reply of `follow`: facts, then `log OFFSET`, then the words themselves. */
export function parseFollow(text: string): Followed {
  const [head, log] = splitAt(text, /^log \d+\n/m);
  const offset = Number(/^log (\d+)$/m.exec(text)?.[1] ?? 0);
  const facts = linesOf(head);
  return {
    phase: fact(facts, "phase") ?? "unknown",
    because: fact(facts, "because"),
    secondsLeft: whole(fact(facts, "remaining")),
    limitSecondsLeft: whole(fact(facts, "limit")),
    log,
    offset,
  };
}

/** The word that confirms; null where the host has none to give. */
export function parseWord(text: string): string | null {
  const word = fact(linesOf(text), "word");
  return word !== null && /^[a-z0-9-]{8,64}$/.test(word) ? word : null;
}

/** How a run ended on its host, and all that it says about why. */
export interface Ended {
  readonly kind: "going" | "kept" | "undone" | "refused" | "busy" | "left" | "stuck";
  /** A word that machines can go by. */
  readonly cause: Cause | null;
  readonly because: string | null;
  readonly phase: string;
  /** What the activation ended with. */
  readonly code: number | null;
  /** Of the profile now. */
  readonly generation: number | null;
  readonly failedUnits: readonly FailedUnit[];
  /** Units of logged-in users: the system itself is well. */
  readonly userUnits: readonly UserUnits[];
  /** Why the new system refuses, in its own words. */
  readonly reason: readonly string[];
}

const causes = [
  "unarmed",
  "unconfirmed",
  "changed",
  "units",
  "code",
  "killed",
  "silent",
  "limit",
  "rebooted",
  "commit",
  "aborted",
  "failed",
  "refused",
  "needs-boot",
  "busy",
] as const;

/** Why a run went back, or was refused: the guard's own words. */
export type Cause = (typeof causes)[number];

/** A unit that fails now and did not before. */
export interface FailedUnit {
  readonly unit: string;
  readonly policy: "undo" | "warn";
  /** Its own last lines, oldest first, systemd's left out. */
  readonly lines: readonly string[];
}

export interface UserUnits {
  readonly user: string | null;
  readonly units: readonly string[];
}

const kinds: Readonly<Record<string, Ended["kind"]>> = {
  kept: "kept",
  undone: "undone",
  refused: "refused",
  left: "left",
  stuck: "stuck",
};

/** Reads the reply of `outcome`. */
export function parseOutcome(text: string): Ended {
  const facts = linesOf(text);
  const phase = fact(facts, "phase") ?? "unknown";
  const cause = causes.find((word) => word === fact(facts, "cause")) ?? null;
  const settled = fact(facts, "settled") === "yes" ? kinds[phase] : undefined;
  const said = all(facts, "said").map(firstWord);
  return {
    kind: settled === "refused" && cause === "busy" ? "busy" : (settled ?? "going"),
    cause,
    because: fact(facts, "because"),
    phase,
    code: whole(fact(facts, "code")),
    generation: whole(/^system-(\d+)-link$/.exec(fact(facts, "profile") ?? "")?.[1] ?? null),
    failedUnits: all(facts, "failed").map((line) => {
      const [policy, unit] = firstWord(line);
      const lines = said.filter(([of]) => of === unit).map(([, words]) => words);
      return { unit, policy: policy === "warn" ? "warn" : "undo", lines: tellingLines(lines) };
    }),
    userUnits: userUnitsOf(all(facts, "user-failed")),
    reason: all(facts, "refusal"),
  };
}

/**
 * The reason is often far above a unit's last line, under advice: lines that sound like one go
 * first, in their order; systemd's own, which say only that it failed, go last.
 */
export function tellingLines(lines: readonly string[]): readonly string[] {
  const own = lines.filter((line) => !ofSystemd.test(line) && line.trim() !== "");
  const reasons = own.filter((line) => soundsLikeReason.test(line));
  const chosen = new Set([...reasons.slice(-5), ...own.slice(-3)]);
  const told = own.filter((line) => chosen.has(line));
  return told.length > 0
    ? [...reasons.slice(-5), ...told.filter((line) => !reasons.includes(line))]
    : lines.slice(-3);
}

const ofSystemd =
  /^(?:Starting |Started |Stopping |Stopped |Failed to start |Finished |.*: (?:Main process exited|Control process exited|Failed with result|Consumed |Scheduled restart job|Start request repeated|Deactivated successfully))/;
const soundsLikeReason =
  /\b(?:error|fail(?:ed|ure)?|fatal|panic|denied|refused|cannot|can't|could not|couldn't|unable|missing|not found|no such|invalid|exist(?:s|ing)|in the way|already|timed out)\b/i;

/** `warning: the following user units failed: a, b`, then `warning: user activation for alice failed`. */
function userUnitsOf(lines: readonly string[]): readonly UserUnits[] {
  const found: UserUnits[] = [];
  const units: string[] = [];
  for (const line of lines) {
    const named = /user units failed: (.+)$/.exec(line)?.[1];
    if (named !== undefined) units.push(...named.split(/,\s*/));
    const user = /user activation for (\S+) failed/.exec(line)?.[1];
    if (user !== undefined) found.push({ user, units: units.splice(0) });
  }
  return units.length > 0 ? [...found, { user: null, units }] : found;
}

function splitAt(text: string, mark: RegExp): readonly [string, string] {
  const found = mark.exec(text);
  return found
    ? [text.slice(0, found.index), text.slice(found.index + found[0].length)]
    : [text, ""];
}
