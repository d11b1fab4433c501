import { bytesDifference, bytesText } from "../lib/bytes.ts";
import { widthOf } from "../lib/width.ts";
import type { ClosureDiff, NameChange } from "../plan/closure-diff.ts";
import type { Effects } from "../plan/effects.ts";
import { drawAll, type Line, type Span, type Style } from "./style.ts";
import { type Cell, type Column, tableLines } from "./table.ts";

/** What is compared, as a person calls it. */
export interface DiffHeading {
  /** Null where two store paths are compared. */
  readonly host: string | null;
  /** A generation, a revision, a path; null: nothing there yet, or no name for it. */
  readonly from: number | string | null;
  readonly to: number | string | null;
}

/** What else is shown, and how much of it. */
export interface DiffWish {
  /** Units by what would become of them; null: not known. */
  readonly effects: Effects | null;
  /** All names, not only the first of each kind. */
  readonly all: boolean;
  /** Also those whose versions stayed. */
  readonly rebuilt: boolean;
}

/** As many of one kind are shown unless all are asked for. */
const shownOfKind = 12;

const kinds = ["upgraded", "downgraded", "changed", "added", "removed"] as const;

const columns: readonly Column[] = [
  { heading: "" },
  { heading: "NAME", most: 40 },
  { heading: "VERSIONS", most: 60 },
  { heading: "SIZE", align: "right", rank: 1 },
  { heading: "NOTE" },
];

/** What becomes of a closure: names and versions by kind, units, and what it all takes. */
export function diffText(
  heading: DiffHeading,
  diff: ClosureDiff,
  wish: DiffWish,
  style: Style,
): string[] {
  const title: Line[] = [[{ text: titleOf(heading, diff), tone: "strong" }]];
  if (diff.paths.added + diff.paths.removed === 0) {
    return drawAll([...title, ["  the same system"]], style);
  }
  const packages = diff.changes.filter((change) => change.class !== "configuration");
  const sections = kinds.flatMap((kind) => sectionOf(kind, packages, wish, style));
  const hasMarks = packages.some(({ chosen }) => chosen);
  return drawAll(
    [
      ...title,
      ...sections,
      ...rebuiltLines(diff, wish, style),
      ...configurationLines(diff, wish, style),
      closureLine(diff),
      ...(hasMarks && sections.length > 0
        ? [
            [
              { text: "* chosen in environment.systemPackages    . comes along", tone: "faint" },
            ] as const,
          ]
        : []),
    ],
    style,
  );
}

function titleOf({ host, from, to }: DiffHeading, diff: ClosureDiff): string {
  const before = from ?? (diff.from === null ? "nothing" : nameOf(diff.from));
  const after = to ?? nameOf(diff.to);
  return `${host === null ? "" : `${host}  `}${before} → ${after}`;
}

/** A store path without its folder, and with a hash that is long enough to tell it from others. */
function nameOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.replace(/^([0-9a-z]{7})[0-9a-z]{25}-/, "$1…-");
}

/** One kind of change: a line a name, those that were chosen first. */
function sectionOf(
  kind: NameChange["kind"],
  packages: readonly NameChange[],
  { all }: DiffWish,
  style: Style,
): Line[] {
  const changes = packages.filter((change) => change.kind === kind).toSorted(byWeight);
  if (changes.length === 0) return [];
  const shown = all ? changes : changes.slice(0, shownOfKind);
  const more = changes.length - shown.length;
  return [
    [{ text: `${capital(kind)} (${changes.length})`, tone: toneOf(kind) }],
    ...tableLines(columns, shown.map(rowOf), style, { headings: false, indent: "  " }),
    ...(more > 0 ? [[`  … ${more} more: --all`]] : []),
  ];
}

/** What needs a reboot, then what was chosen, then by name. */
function byWeight(a: NameChange, b: NameChange): number {
  return weightOf(b) - weightOf(a) || (a.name < b.name ? -1 : 1);
}

function weightOf(change: NameChange): number {
  return (change.class === "reboot" ? 2 : 0) + (change.chosen ? 1 : 0);
}

function toneOf(kind: NameChange["kind"]): "good" | "warn" | "busy" {
  if (kind === "downgraded" || kind === "removed") return "warn";
  return kind === "added" ? "good" : "busy";
}

function rowOf(change: NameChange): Cell[] {
  const { name, bytes, chosen } = change;
  const size = bytes === 0 ? "" : bytesDifference(bytes);
  return [chosen ? "*" : ".", name, versionsText(change), size, noteOf(change)];
}

/**
 * `3.4.0 → 3.4.1`. Where there are several versions, they are set against each other by their place:
 * lowest with lowest.
 */
export function versionsText({ kind, from, to, kept }: NameChange): string {
  if (kind === "rebuilt") return kept.join(", ");
  const pairs = Array.from({ length: Math.max(from.length, to.length) }, (_, at) => {
    const before = from[at];
    const after = to[at];
    if (before === undefined) return kind === "added" ? (after ?? "") : `+ ${after}`;
    if (after === undefined) return kind === "removed" ? before : `− ${before}`;
    return `${before} → ${after}`;
  });
  return pairs.join(", ");
}

function noteOf(change: NameChange): Span | string {
  if (change.class === "reboot") return { text: "reboot", tone: "warn" };
  if (change.with !== null) return `with ${change.with}`;
  const { kept, kind } = change;
  if (kept.length === 0 || kind === "rebuilt") return "";
  return `(${kept.join(", ")} ${kept.length === 1 ? "stays" : "stay"})`;
}

function rebuiltLines(
  { changes, rebuilt }: ClosureDiff,
  wish: DiffWish,
  style: Style,
): readonly Line[] {
  const grown = changes.filter(
    (change) => change.kind === "rebuilt" && change.class !== "configuration",
  );
  const count = grown.length + rebuilt.names.length;
  if (count === 0) return [];
  const head = `Rebuilt          ${counted(count, "name")} with the same ${count === 1 ? "version" : "versions"}`;
  if (!wish.rebuilt) return [[`${head}: --rebuilt`]];
  return [
    [head],
    ...tableLines(columns, grown.map(rowOf), style, { headings: false, indent: "  " }),
    ...rebuilt.names.map((name): Line => [`  . ${name}`]),
  ];
}

function configurationLines(
  { changes }: ClosureDiff,
  { effects, all }: DiffWish,
  { width }: Style,
): readonly Line[] {
  const parts = effects ? effectParts(effects) : [];
  const files = changes.filter((change) => change.class === "configuration");
  const named = parts.length > 0 || effects === null ? parts : ["no unit is touched"];
  const count = files.length > 0 ? [counted(files.length, "generated file")] : [];
  const words = [...named, ...count];
  if (words.length === 0) return [];
  const line = `Configuration    ${words.join(" · ")}`;
  return [
    // What does not fit on one line gets a line each.
    ...(widthOf(line) <= width
      ? [[line]]
      : [["Configuration"], ...words.map((word): Line => [`  ${word}`])]),
    ...(all ? files.map(({ name, kind }): Line => [`  ${signOf(kind)} ${name}`]) : []),
  ];
}

function signOf(kind: NameChange["kind"]): string {
  return kind === "added" ? "+" : kind === "removed" ? "−" : "~";
}

function effectParts({ stop, start, restart, reload, kept }: Effects): readonly string[] {
  const words: readonly (readonly [string, readonly string[]])[] = [
    ["stop", stop],
    ["restart", restart],
    ["reload", reload],
    ["start", start],
    ["leave alone", kept],
  ];
  return words.flatMap(([word, units]) =>
    units.length === 0
      ? []
      : [`${word} ${units.map((unit) => unit.replace(/\.service$/, "")).join(", ")}`],
  );
}

function closureLine({ paths, bytes }: ClosureDiff): Line {
  const count = `${grouped(paths.before)} → ${grouped(paths.after)} paths (+${grouped(paths.added)} −${grouped(paths.removed)})`;
  const change = bytesDifference(bytes.after - bytes.before);
  const size = `${bytesText(bytes.before)} → ${bytesText(bytes.after)} (${change})`;
  return [`Closure          ${count}    ${size}`];
}

/** `2,114`. */
function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
