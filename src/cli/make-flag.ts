import { Problem } from "../lib/problem.ts";
import { parseDuration } from "../lib/parse-duration.ts";
import type { Flag } from "./command.ts";

/** What every kind of flag is declared with. */
export type FlagWords = Omit<Flag<unknown>, "takes" | "read">;

/** `--x`: false unless given. */
export function toggle(words: FlagWords): Flag<boolean> {
  return { ...words, takes: "nothing", read: (given, as) => truthOf(as, given) ?? false };
}

/** `--x` or `--no-x`: undefined where neither is given. The last one counts. */
export function either(words: FlagWords): Flag<boolean | undefined> {
  return { ...words, takes: "either", read: (given, as) => truthOf(as, given) };
}

/** `-v`, `-vv`: how often it is given. */
export function count(words: FlagWords): Flag<number> {
  return { ...words, takes: "nothing", read: (given) => given.length };
}

/** `--x TEXT`. The last one counts. */
export function text(words: FlagWords): Flag<string | undefined> {
  return { ...words, takes: "value", read: (given) => given.at(-1) };
}

/** `--x TEXT`, as often as one likes. */
export function list(words: FlagWords): Flag<readonly string[]> {
  return { ...words, takes: "value", read: (given) => given };
}

/** `--x N`: a whole number of at least `least`. */
export function whole(words: FlagWords, least = 0): Flag<number | undefined> {
  return { ...words, takes: "value", read: (given, as) => wholeOf(as, given.at(-1), least) };
}

/** `--x` alone means `alone`; `--x=N` a whole number. */
export function wholeOrBare(words: FlagWords, alone: number): Flag<number | undefined> {
  return {
    ...words,
    takes: "maybe",
    read: (given, as) => (given.at(-1) === "" ? alone : wholeOf(as, given.at(-1), 0)),
  };
}

/** `--x TIME`, such as `36h` or `14d`: in seconds. */
export function duration(words: FlagWords): Flag<number | undefined> {
  return { ...words, takes: "value", read: (given, as) => secondsOf(as, given.at(-1)) };
}

/** `--x WORD`, one of a list. */
export function choice<Choice extends string>(
  words: FlagWords,
  choices: readonly Choice[],
): Flag<Choice | undefined> {
  return {
    usage: choices.join("|"),
    ...words,
    takes: "value",
    read: (given, as) => {
      const last = given.at(-1);
      const found = choices.find((each) => each === last);
      if (last !== undefined && found === undefined) {
        throw wrong(as, `is one of ${choices.join(", ")}, not “${last}”`);
      }
      return found;
    },
  };
}

const truths: Readonly<Record<string, boolean>> = {
  "1": true,
  true: true,
  yes: true,
  on: true,
  "0": false,
  false: false,
  no: false,
  off: false,
};

function truthOf(as: string, given: readonly string[]): boolean | undefined {
  const last = given.at(-1);
  if (last === undefined) return undefined;
  const truth = Object.hasOwn(truths, last) ? truths[last] : undefined;
  if (truth === undefined) {
    throw wrong(as, `is true or false, not “${last}”`);
  }
  return truth;
}

function wholeOf(as: string, given: string | undefined, least: number): number | undefined {
  if (given === undefined) return undefined;
  const number = Number(given);
  if (!/^\d{1,9}$/.test(given) || number < least) {
    throw wrong(as, `takes a whole number of at least ${least}, not “${given}”`);
  }
  return number;
}

function secondsOf(as: string, given: string | undefined): number | undefined {
  const seconds = given === undefined ? undefined : parseDuration(given);
  if (seconds !== null) return seconds;
  throw wrong(as, `is a time such as 36h, 14d or 2w, not “${given ?? ""}”`);
}

/** What was typed is usage; what stands in a variable is a setting, as those without a flag are. */
function wrong(as: string, what: string): Problem {
  return new Problem(as.startsWith("-") ? "usage" : "setting-broken", `${as} ${what}`);
}
