import { Problem } from "../lib/problem.ts";
import { withoutEscapes } from "./log-line.ts";
import type { NixError, NixLog } from "./parse-log.ts";

/** A place that an error shows, with the lines of source that Nix printed of it. */
export interface Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly source: readonly string[];
}

/** The places an error went through, outermost first. */
export function framesOf(text: string): readonly Frame[] {
  const frames: { file: string; line: number; column: number; source: string[] }[] = [];
  let open = false;
  for (const line of text.split("\n")) {
    const at = /^ +at (.+?):(\d+):(\d+):$/.exec(line);
    if (at) {
      const [, file = "", row = "", column = ""] = at;
      frames.push({ file, line: Number(row), column: Number(column), source: [] });
      open = true;
    } else if (open && /^ +\d* *\|/.test(line)) frames.at(-1)?.source.push(line.trimEnd());
    else if (line.trim() !== "") open = false;
  }
  return frames;
}

/**
 * A path as it is in the repository: `/nix/store/HASH-source/systems/nas/default.nix` and
 * `«git+file:///…»/systems/…` (from 2.20 on) become `systems/nas/default.nix`. Inputs look the
 * same, so whoever asks must see whether there is such a file. Null for Nix's own files.
 */
export function pathInTree(file: string, folder: string | null): string | null {
  if (folder !== null && file.startsWith(`${folder}/`)) return file.slice(folder.length + 1);
  const tree = /^(?:«[^»]*»|.*\/[0-9a-z]{32}-[^/]*)\/(.+)$/.exec(file);
  return tree?.[1] ?? null;
}

/** Where the person has to look, found by whoever can read their files. */
export interface Place {
  /** `systems/nas/default.nix:12:5`. */
  readonly position: string;
  readonly source: readonly string[];
}

/** The error that ended an evaluation: the last one, as earlier ones are mostly told again by it. */
export function decisiveError(log: NixLog): NixError | undefined {
  return log.errors.at(-1);
}

const longestMessage = 300;
const evidenceLines = 20;

/** Why a host does not evaluate, for a person: the innermost message, the place, and what to do. */
export function evaluationProblem(host: string, log: NixLog, place: Place | null): Problem {
  const error = decisiveError(log);
  const failed = [...log.builds.values()].filter(({ status }) => status === "failed");
  const why = error?.innermost ?? failed[0]?.reason ?? log.plain.at(-1) ?? "Nix said nothing";
  const [first = "", ...more] = why.split("\n").filter((line) => line.trim() !== "");
  const at = place ? ` (${place.position})` : "";
  const message = `${host} does not evaluate: ${clip(oneLine(first))}${at}`;
  const evidence = [
    ...more.slice(0, evidenceLines),
    ...(place?.source ?? []),
    ...failed.flatMap(({ name, reason, tail }) => [
      `${name} ${reason ?? "failed"}`,
      ...tail.slice(-10).map(withoutEscapes),
    ]),
    ...(error ? [] : log.plain.slice(-evidenceLines)),
  ];
  return new Problem("evaluation-failed", message, { hint: hintFor(host, why), evidence });
}

/** What commonly helps, by words that all versions use. */
function hintFor(host: string, why: string): string {
  if (/ does not exist$|No such file or directory/.test(why)) {
    return (
      "A file that git does not know is not there for Nix: git add it. Or see where it is asked for: " +
      trace(host)
    );
  }
  if (/possible typos|is not accepted in|unable to download|cannot find flake/.test(why)) {
    return trace(host);
  }
  if (/access to absolute path|is forbidden in pure|is not allowed in pure/.test(why)) {
    return `Only files of the repository may be read. To allow others: flurry plan ${host} -- --impure`;
  }
  return trace(host);
}

function trace(host: string): string {
  return `flurry plan ${host} -- --show-trace`;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}

function clip(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage - 1)}…` : text;
}

const ignoredSetting =
  /^ignoring (?:the client-specified|untrusted flake configuration) setting '([^']+)'/;
const noise = [
  // We say ourselves that the tree is dirty, and which lock is used.
  /^Git tree '.*' (?:is dirty|has uncommitted changes)/,
  /^not writing modified lock file/,
  // Several evaluations want Nix's cache at once; the answer is right all the same.
  /^error \(ignored\): .*SQLite database/,
  /SQLite database '.*' is busy/,
];

/**
 * What of an evaluation's warnings is worth telling. Settings of the flake's own (`nixConfig`) that
 * nobody allowed become one warning, instead of a question that nobody hears.
 */
export function warningsWorthTelling(warnings: readonly string[]): readonly string[] {
  const settings = warnings.flatMap((warning) => ignoredSetting.exec(warning)?.[1] ?? []);
  const others = warnings
    .filter((warning) => !ignoredSetting.test(warning))
    .filter((warning) => !noise.some((known) => known.test(warning)))
    // `lib.warn` of old libraries is a trace that says it is a warning.
    .map((warning) => warning.replace(/^(?:evaluation )?warning: */, ""));
  if (settings.length === 0) return others;
  const names = [...new Set(settings)].join(", ");
  const flake = `the flake's own settings (${names}) are not used; to allow them: -- --accept-flake-config`;
  return [flake, ...others];
}
