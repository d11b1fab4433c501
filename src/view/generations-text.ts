import { timeOf } from "../event/run-document.ts";
import type { Generation, Seen, SeenHost } from "../fleet/seen.ts";
import { roughDuration } from "../lib/duration.ts";
import { dayAndTime, offsetHere } from "./clock.ts";
import { revisionText } from "./frame.ts";
import { withoutHost } from "./lane-words.ts";
import { plainRevision, plainRows } from "./plain-rows.ts";
import { drawAll, type Span, type Style } from "./style.ts";
import { type Cell, type Column, tableLines } from "./table.ts";

const columns: readonly Column[] = [
  { heading: "GEN", align: "right" },
  { heading: "MADE", rank: 2 },
  { heading: "AGE", align: "right" },
  { heading: "NIXOS", rank: 4, most: 28 },
  { heading: "KERNEL", rank: 3 },
  { heading: "REVISION", rank: 1 },
  { heading: "" },
];

/** What one host has to go back to, newest first. */
export function generationsText(
  name: string,
  seen: Seen,
  style: Style,
  now: number,
  offsetMinutes: number = offsetHere(now),
): string[] {
  const title: Span = { text: name, tone: "strong" };
  if (!seen.answers) {
    return drawAll(
      [[title], ["  ", { text: "✖", tone: "bad" }, ` ${withoutHost(name, seen.problem.message)}`]],
      style,
    );
  }
  if (seen.generations.length === 0) return drawAll([[title], ["  no generations"]], style);
  const newestFirst = seen.generations.toSorted((a, b) => b.number - a.number);
  const rows = newestFirst.map((each) => cellsOf(each, seen, now, offsetMinutes));
  return drawAll(
    [[title], ...tableLines(columns, rows, style, { headings: true, indent: "  " })],
    style,
  );
}

function cellsOf(each: Generation, seen: SeenHost, now: number, offsetMinutes: number): Cell[] {
  const { number, at, nixosVersion, kernel, revision, revisionDirty } = each;
  return [
    String(number),
    at === null ? "–" : dayAndTime(at, offsetMinutes),
    at === null ? "–" : roughDuration((now - at) / 1000),
    nixosVersion ?? "–",
    kernel ?? "–",
    revision === null ? "–" : revisionText(revision, revisionDirty),
    marksOf(each, seen),
  ];
}

function marksOf(each: Generation, seen: SeenHost): Span {
  if (each.system === null) return { text: "collected", tone: "faint" };
  const marks = namesOf(each, seen);
  return marks.length === 0 ? { text: "" } : { text: `✔ ${marks.join(", ")}`, tone: "good" };
}

function namesOf({ number, system }: Generation, seen: SeenHost): string[] {
  if (system === null) return ["collected"];
  return [
    ...(system === seen.running ? ["running"] : []),
    ...(system === seen.bootDefault ? ["boots"] : []),
    ...(number === seen.generation ? ["profile"] : []),
  ];
}

/** `flurry generations --plain`: as the table, with the host in front. Nothing of a host that is silent. */
export function generationsPlain(name: string, seen: Seen): string[] {
  if (!seen.answers) return [];
  const newestFirst = seen.generations.toSorted((a, b) => b.number - a.number);
  return plainRows(
    newestFirst.map((each) => {
      const { number, at, nixosVersion, kernel, revision, revisionDirty } = each;
      const built = plainRevision(revision, revisionDirty);
      return [name, number, timeOf(at), nixosVersion, kernel, built, namesOf(each, seen).join(",")];
    }),
  );
}

/** `flurry generations --json`. A host that does not answer is null. */
export interface GenerationsDocument {
  readonly schema: "flurry.generations/1";
  readonly hosts: Readonly<Record<string, readonly GenerationEntry[] | null>>;
}

export interface GenerationEntry {
  readonly number: number;
  readonly system: string | null;
  /** When it was made, RFC 3339 in UTC. */
  readonly time: string | null;
  readonly nixosVersion: string | null;
  readonly kernel: string | null;
  readonly revision: string | null;
  /** As in a status: edits on top of the commit. */
  readonly revisionDirty: boolean;
  readonly running: boolean | null;
  readonly bootDefault: boolean | null;
  readonly profile: boolean;
}

/** What hosts have to go back to, as a document. */
export function generationsDocument(seen: Readonly<Record<string, Seen>>): GenerationsDocument {
  const hosts = Object.entries(seen).map(([name, one]) => {
    return [name, one.answers ? one.generations.map((each) => entryOf(each, one)) : null] as const;
  });
  return { schema: "flurry.generations/1", hosts: Object.fromEntries(hosts) };
}

function entryOf(each: Generation, seen: SeenHost): GenerationEntry {
  const { number, system, at, nixosVersion, kernel, revision, revisionDirty } = each;
  const is = (other: string | null): boolean | null => (other === null ? null : system === other);
  return {
    number,
    system,
    time: timeOf(at),
    nixosVersion,
    kernel,
    revision,
    revisionDirty,
    running: is(seen.running),
    bootDefault: is(seen.bootDefault),
    profile: number === seen.generation,
  };
}
