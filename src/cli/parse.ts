import { nearest } from "../lib/nearest.ts";
import { Problem } from "../lib/problem.ts";
import type { Call, CommandSpec, Flag } from "./command.ts";
import type { Context } from "./context.ts";
import { globalFlags, jsonFlag, versionFlag } from "./flags.ts";
import { hintForFlag, inOurWords, withoutOs } from "./habits.ts";
import { type Normal, normalise, type Vocabulary } from "./normalise.ts";

/** What is wanted: a command, or a text about one. */
export type Parsed =
  /** Nothing was named. */
  | { readonly kind: "nothing"; readonly values: Values }
  | { readonly kind: "version" }
  /** Help on a command, on the commands below a word, or on all (`path` is empty). */
  | { readonly kind: "help"; readonly path: readonly string[] }
  | ({ readonly kind: "call" } & Understood);

/** A call without its context. */
export interface Understood {
  readonly spec: CommandSpec;
  /** All words, as they were typed. */
  readonly typed: readonly string[];
  readonly words: readonly string[];
  readonly rest: readonly string[];
  readonly values: Values;
  readonly notes: readonly string[];
}

/** What was given for each flag by its name, and how that was written. */
export type Values = ReadonlyMap<
  string,
  { readonly given: readonly string[]; readonly as: string }
>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Understands what was typed. Throws a Problem (64) that says what is wrong, and what is near. */
export function parse(
  argv: readonly string[],
  commands: readonly CommandSpec[],
  env: Environment,
): Parsed {
  if (asksForHelp(argv)) {
    const said = argv.filter((word) => !isDashed(word));
    return { kind: "help", path: commandOf(said, commands)?.path ?? said };
  }
  const begun = commandOf(withoutOs(argv.filter((word) => !isDashed(word))), commands);
  const normal = normalise(argv, vocabularyOf(commands, begun));
  const words = inOurWords(normal.argv.filter((word) => !isDashed(word)));
  const flags = normal.argv.filter(isDashed);
  const spec = commandOf(words, commands);
  if (flags.some((word) => word === `--${versionFlag.name}`)) return { kind: "version" };
  if (spec === undefined) {
    if (words.length > 0) throw unknownCommand(words, commands);
    return { kind: "nothing", values: valuesOf(flags, globalFlags, env, "flurry", commands) };
  }
  const values = valuesOf(flags, [...spec.flags, ...globalFlags], env, nameOf(spec), commands);
  return {
    kind: "call",
    spec,
    typed: argv,
    values,
    words: wordsOf(words.slice(spec.path.length), spec),
    rest: restOf(normal, spec),
    notes: normal.notes,
  };
}

/** Before anything is checked: who asks for help has something wrong. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const ours = argv.slice(0, end < 0 ? undefined : end);
  return ours.some((word) => word === "--help" || word === "-h");
}

/** The call that a handler gets. */
export function callOf(understood: Understood, context: Context): Call {
  const { spec, typed, words, rest, values } = understood;
  return {
    spec,
    typed,
    words,
    rest,
    context,
    flag: (flag) => readFlag(flag, values, spec),
    origin: (flag) => values.get(flag.name)?.as ?? null,
  };
}

/** The value of a flag. */
export function readFlag<Value>(flag: Flag<Value>, values: Values, spec?: CommandSpec): Value {
  if (spec && !spec.flags.includes(flag) && !globalFlags.includes(flag)) {
    throw new Problem("bug", `${nameOf(spec)} reads --${flag.name}, which it does not declare`);
  }
  const value = values.get(flag.name);
  return flag.read(value?.given ?? [], value?.as ?? `--${flag.name}`);
}

/** Do the words ask for JSON? For problems that come before anything is understood. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const ours = argv.slice(0, end < 0 ? undefined : end);
  return ours.some(
    (word, at) =>
      word === `--${jsonFlag.name}` ||
      word === "--format=json" ||
      (word === "json" && (ours[at - 1] === "--format" || ours[at - 1] === "-f")),
  );
}

/** A command by its words: `host list`. */
export function nameOf(spec: CommandSpec): string {
  return spec.path.join(" ");
}

function isDashed(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

/** Letters are those of the command, where it stands first: `-u` takes a value for one alone. */
function vocabularyOf(
  commands: readonly CommandSpec[],
  begun: CommandSpec | undefined,
): Vocabulary {
  const flags = new Map<string, Flag<unknown>>();
  for (const flag of [...globalFlags, ...commands.flatMap((spec) => spec.flags)]) {
    const isOurs = begun === undefined || globalFlags.includes(flag) || begun.flags.includes(flag);
    for (const name of [flag.name, isOurs ? flag.short : undefined, ...(flag.aliases ?? [])]) {
      if (name !== undefined) flags.set(name, flag);
    }
  }
  const verbs = new Set(
    commands.flatMap(({ path, aliases }) => [
      path[0] ?? "",
      ...(path.length === 1 ? (aliases ?? []) : []),
    ]),
  );
  return { flags, verbs };
}

function commandOf(
  words: readonly string[],
  commands: readonly CommandSpec[],
): CommandSpec | undefined {
  return commands
    .filter(({ path, aliases }) =>
      path.every((word, at) => {
        const said = words[at];
        return (
          said === word || (at === path.length - 1 && said !== undefined && aliases?.includes(said))
        );
      }),
    )
    .toSorted((a, b) => b.path.length - a.path.length)[0];
}

function unknownCommand(words: readonly string[], commands: readonly CommandSpec[]): Problem {
  const [first = "", second] = words;
  const below = commands.filter(({ path }) => path.length > 1 && path[0] === first);
  if (below.length > 0) {
    const names = below.map(nameOf);
    if (second === undefined) {
      const message = `flurry ${first} needs one more word: ${below.map(({ path }) => path[1]).join(", ")}`;
      return new Problem("usage", message, { hint: `flurry ${first} --help` });
    }
    return new Problem("usage", `flurry ${first} has no command “${second}”`, {
      hint: didYouMean(`${first} ${second}`, names) ?? `flurry ${first} --help`,
    });
  }
  const names = commands.flatMap((spec) => [nameOf(spec), ...(spec.aliases ?? [])]);
  return new Problem("usage", `flurry has no command “${first}”`, {
    hint: didYouMean(first, names) ?? "flurry --help",
  });
}

function didYouMean(word: string, names: readonly string[]): string | undefined {
  const near = nearest(word, names);
  if (near.length === 0) return undefined;
  return `did you mean ${near.map((name) => `flurry ${name}`).join(" or ")}`;
}

/** What the flags got, checked one by one, and what the environment has for the others. */
function valuesOf(
  words: readonly string[],
  flags: readonly Flag<unknown>[],
  env: Environment,
  command: string,
  commands: readonly CommandSpec[],
): Values {
  const values = new Map<string, { given: string[]; as: string }>();
  for (const word of words) {
    const [, written = "", value] = /^--?([^=]*)(?:=(.*))?$/su.exec(word) ?? [];
    const { flag, given } =
      flagOf(word, written, value, flags) ?? unknownFlag(word, command, flags, commands);
    const before = values.get(flag.name)?.given ?? [];
    values.set(flag.name, { given: [...before, given], as: word.replace(/=.*/su, "") });
  }
  for (const flag of flags) {
    const set = flag.env === undefined ? undefined : env[flag.env];
    if (flag.env !== undefined && set !== undefined && set !== "" && !values.has(flag.name)) {
      values.set(flag.name, { given: [set], as: flag.env });
    }
    readFlag(flag, values);
  }
  return values;
}

function flagOf(
  word: string,
  written: string,
  value: string | undefined,
  flags: readonly Flag<unknown>[],
): { flag: Flag<unknown>; given: string } | undefined {
  const named = (name: string): Flag<unknown> | undefined =>
    flags.find((flag) => flag.name === name || flag.aliases?.includes(name) || flag.short === name);
  const flag = named(written);
  if (flag !== undefined) {
    if (flag.takes === "value" || flag.takes === "maybe") return { flag, given: value ?? "" };
    return { flag, given: value ?? "true" };
  }
  const negated = written.startsWith("no-") ? named(written.slice(3)) : undefined;
  if (negated?.takes !== "either") return undefined;
  if (value !== undefined) throw new Problem("usage", `--${written} takes no value`);
  return { flag: negated, given: "false" };
}

function unknownFlag(
  word: string,
  command: string,
  flags: readonly Flag<unknown>[],
  commands: readonly CommandSpec[],
): never {
  const written = word.replace(/=.*/su, "");
  const message = `${command === "flurry" ? "flurry" : `flurry ${command}`} has no flag ${written}`;
  const name = written.replace(/^--?(no-)?/u, "");
  const elsewhere = commands.filter((spec) =>
    spec.flags.some((flag) => flag.name === name || flag.short === name),
  );
  const near = nearest(
    written,
    flags.flatMap((flag) => [
      `--${flag.name}`,
      ...(flag.takes === "either" ? [`--no-${flag.name}`] : []),
    ]),
  );
  const hint =
    hintForFlag(written, command) ??
    (elsewhere.length > 0 && `it belongs to ${elsewhere.map(nameOf).join(", ")}`) ??
    undefined;
  throw new Problem("unknown-flag", message, {
    hint: hint || (near.length > 0 ? `did you mean ${near.join(" or ")}` : helpOf(command)),
  });
}

function helpOf(command: string): string {
  return command === "flurry" ? "flurry --help" : `flurry ${command} --help`;
}

function wordsOf(words: readonly string[], spec: CommandSpec): readonly string[] {
  const { min, max, usage } = spec.words ?? { min: 0, max: 0, usage: "" };
  if (words.length >= min && words.length <= max) return words;
  const extra = words[max];
  const message =
    words.length < min
      ? `flurry ${nameOf(spec)} needs ${usage}`
      : `flurry ${nameOf(spec)} does not know what to do with “${extra ?? ""}”`;
  throw new Problem("usage", message, { hint: spec.examples[0]?.line ?? helpOf(nameOf(spec)) });
}

function restOf({ rest, nix }: Normal, spec: CommandSpec): readonly string[] {
  if (spec.rest === "nix") return [...nix, ...(rest ?? [])];
  const [flag] = nix;
  if (flag !== undefined) {
    throw new Problem("unknown-flag", `flurry ${nameOf(spec)} hands nothing on to Nix: ${flag}`, {
      hint: hintForFlag(flag, nameOf(spec)) ?? helpOf(nameOf(spec)),
    });
  }
  if (rest !== null && spec.rest === undefined) {
    throw new Problem("usage", `flurry ${nameOf(spec)} takes nothing after --`, {
      hint: helpOf(nameOf(spec)),
    });
  }
  return rest ?? [];
}
