import { timeOf } from "../event/run-document.ts";
import type { Lease, OpenRun, Seen, SeenHost } from "../fleet/seen.ts";
import { roughDuration } from "../lib/duration.ts";
import type { ProblemReport } from "../lib/problem.ts";
import { visible } from "../lib/visible.ts";
import { revisionText } from "./frame.ts";
import { withoutHost } from "./lane-words.ts";
import { plainRevision, plainRows } from "./plain-rows.ts";
import { draw, drawAll, type Line, type Span, type Style } from "./style.ts";
import { blocks, type Cell, type Column, tableLines } from "./table.ts";

/** One host of a status, by the name people call it. */
export interface StatusRow {
  readonly name: string;
  readonly seen: Seen;
}

/** What a status is compared with, and when it was asked. */
export interface StatusMoment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long all hosts were looked at. */
  readonly seconds: number;
  /** The commit that the repository is at; null where there is none, or files were edited since. */
  readonly revision: string | null;
}

const columns: readonly Column[] = [
  { heading: "HOST", most: 32 },
  { heading: "STATE" },
  { heading: "GEN", align: "right", rank: 2 },
  { heading: "REVISION", rank: 1 },
  { heading: "AGE", align: "right", rank: 3 },
  { heading: "UP", align: "right", rank: 5 },
  { heading: "LOAD", align: "right", rank: 6 },
  { heading: "/NIX", align: "right", rank: 4 },
  { heading: "NOTES" },
];

/** `flurry status`: a line a host, or a block a host on narrow screens, and the sums. */
export function statusText(
  rows: readonly StatusRow[],
  style: Style,
  moment: StatusMoment,
): string[] {
  const cells = rows.map((row) => cellsOf(row, moment));
  const table =
    style.width < 60
      ? blocks(columns, cells)
      : tableLines(columns, cells, style, { headings: true, indent: "" });
  return drawAll([...table, sumsOf(rows, moment)], style);
}

function cellsOf({ name, seen }: StatusRow, moment: StatusMoment): Cell[] {
  if (!seen.answers) {
    const note = withoutHost(name, seen.problem.message);
    return [visible(name), stateOf(seen), "–", "–", "–", "–", "–", "–", note];
  }
  const { generation, since, uptimeSeconds, load } = seen;
  return [
    name,
    stateOf(seen),
    generation === null ? "–" : String(generation),
    revisionCell(seen, moment),
    since === null ? "–" : roughDuration((moment.now - since) / 1000),
    uptimeSeconds === null ? "–" : roughDuration(uptimeSeconds),
    load === null ? "–" : load.toFixed(1),
    diskCell(seen),
    notesOf(seen).join("; "),
  ];
}

function stateOf(seen: Seen): Span {
  if (!seen.answers) return { text: `✖ ${whyNot(seen.problem)}`, tone: "bad" };
  if (seen.open) return { text: "▸ changing", tone: "busy" };
  const isWell = seen.failedUnits.length === 0;
  return isWell ? { text: "✔ running", tone: "good" } : { text: "⚠ degraded", tone: "warn" };
}

/** A host that refuses us is there: that is another thing to mend than one that is silent. */
function whyNot({ code }: ProblemReport): string {
  if (code === "host-unreachable") return "no answer";
  return code.replace(/^host-(?=described)/, "").replaceAll("-", " ");
}

function revisionCell(seen: SeenHost, { revision }: StatusMoment): Cell {
  if (seen.revision === null) return "–";
  const text = revisionText(seen.revision, seen.revisionDirty);
  return seen.revision === revision && !seen.revisionDirty ? { text, tone: "good" } : text;
}

function diskCell(seen: SeenHost): Cell {
  const used = usedOf(seen);
  if (used === null) return "–";
  const text = `${Math.floor(used * 100)} %`;
  return used >= 0.9 ? { text, tone: "warn" } : text;
}

function usedOf({ storeBytes, storeFreeBytes }: SeenHost): number | null {
  if (storeBytes === null || storeFreeBytes === null || storeBytes <= 0) return null;
  return Math.min(1, Math.max(0, 1 - storeFreeBytes / storeBytes));
}

function notesOf(seen: SeenHost): string[] {
  const { open, lease, failedUnits, running, booted } = seen;
  return [
    ...(open ? [`run ${open.run} is ${open.phase}${open.owner ? ` (${open.owner})` : ""}`] : []),
    ...(lease && !open ? [`held by ${lease.owner} for ${lease.secondsLeft} s`] : []),
    ...(failedUnits.length > 0 ? [`failed: ${failedUnits.join(", ")}`] : []),
    ...(seen.needsReboot ? ["⚠ reboot for the kernel"] : []),
    ...bootNotes(seen),
    ...(booted === null && running === null ? ["what it runs is not known"] : []),
    ...seen.otherSwitchers.map((other) => `also switched by ${other}`),
  ];
}

/** What boots next, where that is not what runs: on purpose, or because somebody else changed it. */
function bootNotes(seen: SeenHost): string[] {
  const { running, profile, bootDefault, left, revision, revisionDirty } = seen;
  const next = generationThatBoots(seen);
  const which = next === null ? "another generation" : `generation ${next}`;
  if (differs(running, profile)) {
    if (left?.goal === "test") {
      const tested =
        revision === null ? "test" : `test of ${revisionText(revision, revisionDirty)}`;
      return [`${tested}: next boot is ${which}`];
    }
    return [
      left?.goal === "boot"
        ? `boots ${which} next`
        : `does not run its profile: next boot is ${which}`,
    ];
  }
  return differs(bootDefault, profile) ? [`boots ${which} next, not its profile`] : [];
}

function generationThatBoots({
  bootDefault,
  profile,
  generation,
  generations,
}: SeenHost): number | null {
  if (!differs(bootDefault, profile)) return generation;
  return generations.findLast(({ system }) => system === bootDefault)?.number ?? null;
}

function differs(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}

function sumsOf(rows: readonly StatusRow[], { revision, seconds }: StatusMoment): Line {
  const answering = rows.flatMap(({ seen }) => (seen.answers ? [seen] : []));
  const recorded = answering.filter((seen) => seen.revision !== null);
  const current = recorded.filter((seen) => seen.revision === revision && !seen.revisionDirty);
  const reboots = answering.filter(({ needsReboot }) => needsReboot);
  const text = [
    `${answering.length} of ${rows.length} answer`,
    ...(revision === null || recorded.length === 0
      ? []
      : [`${current.length} of ${recorded.length} at ${revisionText(revision, false)}`]),
    ...(reboots.length > 0
      ? [`${reboots.length} need${reboots.length > 1 ? "" : "s"} a reboot`]
      : []),
  ].join(", ");
  return [{ text: `${text}      looked for ${seconds.toFixed(1)} s`, tone: "faint" }];
}

/** `flurry status --plain`: the columns of the table, with times and sizes for programs. */
export function statusPlain(rows: readonly StatusRow[]): string[] {
  return plainRows(
    rows.map(({ name, seen }) => {
      const state = stateOf(seen).text.slice(2);
      if (!seen.answers) {
        return [
          name,
          state,
          null,
          null,
          null,
          null,
          null,
          null,
          withoutHost(name, seen.problem.message),
        ];
      }
      const used = usedOf(seen);
      return [
        name,
        state,
        seen.generation,
        plainRevision(seen.revision, seen.revisionDirty),
        timeOf(seen.since),
        seen.uptimeSeconds,
        seen.load,
        used === null ? null : Math.floor(used * 100),
        notesOf(seen).join("; ").replaceAll("⚠ ", ""),
      ];
    }),
  );
}

/** `flurry status --oneline`: `✔4 ⚠1 ✖1`. How many are well; want a look; do not answer. */
export function statusOneline(rows: readonly StatusRow[], style: Style): string {
  const states = rows.map(({ seen }) => stateOf(seen).tone);
  const count = (...tones: readonly Span["tone"][]): number =>
    states.filter((tone) => tones.includes(tone)).length;
  return draw([`✔${count("good")} ⚠${count("warn", "busy")} ✖${count("bad")}`], style);
}

/** `flurry status --json`. Unknown is null; times are RFC 3339 in UTC, sizes bytes. */
export interface StatusDocument {
  readonly schema: "flurry.status/1";
  readonly hosts: Readonly<Record<string, StatusHost>>;
}

export interface StatusHost {
  readonly answers: boolean;
  readonly running: string | null;
  readonly booted: string | null;
  readonly profile: string | null;
  readonly bootDefault: string | null;
  readonly generation: number | null;
  readonly revision: string | null;
  readonly revisionDirty: boolean | null;
  readonly failedUnits: readonly string[] | null;
  readonly needsReboot: boolean | null;
  readonly uptimeSeconds: number | null;
  readonly since: string | null;
  readonly load: number | null;
  readonly storeBytes: number | null;
  readonly storeFreeBytes: number | null;
  readonly open: OpenRun | null;
  readonly lease: Lease | null;
  /** Why it does not answer. */
  readonly problem: ProblemReport | null;
}

/** What hosts were seen to be, as a document. */
export function statusDocument(seen: Readonly<Record<string, Seen>>): StatusDocument {
  const hosts = Object.entries(seen).map(([name, one]) => [name, statusHostOf(one)] as const);
  return { schema: "flurry.status/1", hosts: Object.fromEntries(hosts) };
}

function statusHostOf(seen: Seen): StatusHost {
  const { answers } = seen;
  const host = seen.answers ? seen : null;
  return {
    answers,
    running: host?.running ?? null,
    booted: host?.booted ?? null,
    profile: host?.profile ?? null,
    bootDefault: host?.bootDefault ?? null,
    generation: host?.generation ?? null,
    revision: host?.revision ?? null,
    revisionDirty: host?.revisionDirty ?? null,
    failedUnits: host?.failedUnits ?? null,
    needsReboot: host?.needsReboot ?? null,
    uptimeSeconds: host?.uptimeSeconds ?? null,
    since: timeOf(host?.since ?? null),
    load: host?.load ?? null,
    storeBytes: host?.storeBytes ?? null,
    storeFreeBytes: host?.storeFreeBytes ?? null,
    open: host?.open ?? null,
    lease: host?.lease ?? null,
    problem: seen.answers ? null : seen.problem,
  };
}
