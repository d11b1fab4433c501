import { timeOf } from "../event/run-document.ts";
import type { Lease, OpenRun, Seen, SeenHost } from "../fleet/seen.ts";
import { roughDuration } from "../lib/duration.ts";
import type { ProblemReport } from "../lib/problem.ts";
import { drawAll, type Line, type Span, type Style } from "./style.ts";
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
  /** The commit of the repository; null where there is none. */
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
    const note = seen.problem.message;
    const isBad = seen.problem.code === "host-described-badly";
    const text = isBad ? "✖ described badly" : "✖ no answer";
    return [name, { text, tone: "bad" }, "–", "–", "–", "–", "–", "–", note];
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

function stateOf(seen: SeenHost): Span {
  if (seen.open) return { text: "▸ changing", tone: "busy" };
  const isWell = seen.failedUnits.length === 0;
  return isWell ? { text: "✔ running", tone: "good" } : { text: "⚠ degraded", tone: "warn" };
}

function revisionCell(seen: SeenHost, { revision }: StatusMoment): Cell {
  if (seen.revision === null) return "–";
  const text = `${seen.revision.slice(0, 7)}${seen.revisionDirty ? "+" : ""}`;
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
  const { open, lease, failedUnits, running, profile, booted, bootDefault, left } = seen;
  const agreed = left !== null && left.system === running;
  return [
    ...(open ? [`run ${open.run} is ${open.phase}${open.owner ? ` (${open.owner})` : ""}`] : []),
    ...(lease && !open ? [`held by ${lease.owner} for ${lease.secondsLeft} s`] : []),
    ...(failedUnits.length > 0 ? [`failed: ${failedUnits.join(", ")}`] : []),
    ...(seen.needsReboot ? ["⚠ reboot for the kernel"] : []),
    ...(differs(running, profile) && !agreed ? ["does not run its profile"] : []),
    ...(differs(bootDefault, profile) ? ["boots another generation"] : []),
    ...(booted === null && running === null ? ["what it runs is not known"] : []),
    ...seen.otherSwitchers.map((other) => `also switched by ${other}`),
  ];
}

function differs(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}

function sumsOf(rows: readonly StatusRow[], { revision, seconds }: StatusMoment): Line {
  const answering = rows.flatMap(({ seen }) => (seen.answers ? [seen] : []));
  const current = answering.filter((seen) => seen.revision === revision && !seen.revisionDirty);
  const reboots = answering.filter(({ needsReboot }) => needsReboot);
  const text = [
    `${answering.length} of ${rows.length} answer`,
    ...(revision === null ? [] : [`${current.length} up to date`]),
    ...(reboots.length > 0
      ? [`${reboots.length} need${reboots.length > 1 ? "" : "s"} a reboot`]
      : []),
  ].join(", ");
  return [{ text: `${text}      looked for ${seconds.toFixed(1)} s`, tone: "faint" }];
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
