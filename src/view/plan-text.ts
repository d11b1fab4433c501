import { clean } from "../lib/width.ts";
import { bytesDifference, bytesText } from "../lib/bytes.ts";
import { durationText } from "../lib/duration.ts";
import type { ProblemReport } from "../lib/problem.ts";
import type { ClosureDiff, NameChange } from "../plan/closure-diff.ts";
import type { Effects } from "../plan/effects.ts";
import type { PlanDocument, PlannedHost } from "../plan/plan-document.ts";
import type { Risk } from "../plan/risk.ts";
import { revisionText } from "./frame.ts";
import { withoutHost } from "./lane-words.ts";
import { nextText } from "./next.ts";
import { plainRows } from "./plain-rows.ts";
import { drawAll, drawWhole, type Line, type Span, type Style, wrapped } from "./style.ts";
import { type Cell, type Column, tableLines } from "./table.ts";

const columns: readonly Column[] = [
  { heading: "" },
  { heading: "HOST", most: 24 },
  { heading: "GENERATION", align: "right", rank: 2 },
  { heading: "CHANGE", most: 60 },
  { heading: "SIZE", align: "right", rank: 1 },
  { heading: "EFFECT" },
];

/**
 * What would become of each host: a line each, their sum, and what to think of beforehand. A plan
 * without a source is about to be carried out: then neither a heading nor a hint is wanted.
 */
export function planText(plan: PlanDocument, style: Style): string[] {
  const hosts = Object.entries(plan.hosts);
  const rows = hosts.map(([name, host]) => rowOf(name, host));
  const table = tableLines(columns, rows, style, { headings: true, indent: "" });
  const risks = hosts.flatMap(([name, host]) => host.risks.map((risk) => [name, risk] as const));
  const next = nextText(commandsFor(plan), style);
  const problems = hosts.flatMap(([name, { problem }]) =>
    problem ? problemLines(name, problem, style) : [],
  );
  const lines: Line[] = [...headingOf(plan), ...table, [], [sumOf(hosts)]];
  return [
    ...drawAll(lines, style),
    ...problems,
    ...drawAll(
      risks.flatMap(([name, risk]) => riskLines(name, risk, style)),
      style,
    ),
    ...(next.length > 0 ? ["", ...next] : []),
  ];
}

/**
 * `--plain`: host, change (`none`, a goal, `failed`), generation, the next one, what changes, bytes, and
 * what it means for the host or why it cannot be planned.
 */
export function planPlain({ hosts }: PlanDocument): string[] {
  return plainRows(
    Object.entries(hosts).map(([name, host]) => {
      const { change, generation, nextGeneration, diff, problem } = host;
      if (problem !== null || change === null) {
        const why = withoutHost(name, problem?.message ?? "not known");
        return [name, "failed", generation, null, null, null, why];
      }
      if (change === "none") return [name, change, generation, null, null, null, null];
      const bytes = diff === null ? null : diff.bytes.after - diff.bytes.before;
      const effect = effectOf(host);
      const meaning = typeof effect === "string" ? effect : effect.text.replace(/^⚠ /, "");
      return [name, change, generation, nextGeneration, changeText(diff), bytes, meaning];
    }),
  );
}

function riskLines(name: string, { message }: Risk, style: Style): Line[] {
  const [first = [], ...more] = wrapped("  ", `${name}  ${message}`, style);
  return [[{ text: "⚠ ", tone: "warn" }, ...first.slice(1)], ...more];
}

/** The table has room for half of it. */
function problemLines(name: string, { message, hint }: ProblemReport, style: Style): string[] {
  const [first = [], ...more] = wrapped("  ", `${name}  ${withoutHost(name, message)}`, style);
  return [
    ...drawAll([[{ text: "✖ ", tone: "bad" }, ...first.slice(1)], ...more], style),
    ...(hint ? [drawWhole([`  ${clean(hint).trim()}`], style)] : []),
  ];
}

function headingOf({ source, revision, dirty, hosts, seconds, work }: PlanDocument): Line[] {
  if (source === null) return [];
  const count = Object.keys(hosts).length;
  const took = seconds === null ? "" : ` looked at in ${durationText(seconds)}`;
  const parts = [`${counted(count, "host")}${took}`, ...workOf(work)];
  const rev = revision === null ? "" : `  ${revisionText(revision, false)}`;
  const edits = dirty ? "  + edits that are not committed" : "";
  return [[`${source}${rev}${edits}`], [parts.join("     ")], []];
}

function workOf(work: PlanDocument["work"]): string[] {
  if (work === null) return [];
  const { builds, fetches, fetchBytes, on } = work;
  const where = on === null || on === "here" ? "" : ` on ${on}`;
  const size = fetchBytes === null ? "" : `, ${bytesText(fetchBytes)}`;
  return [`${builds} to build${where}`, `${fetches} to fetch${fetches > 0 ? size : ""}`];
}

function rowOf(name: string, host: PlannedHost): Cell[] {
  const { change, generation, nextGeneration, diff, problem } = host;
  const now = generation === null ? "" : String(generation);
  if (problem !== null || change === null) {
    const said = withoutHost(name, problem?.message ?? "not known");
    return [{ text: "✖", tone: "bad" }, name, now, { text: said, tone: "bad" }];
  }
  if (change === "none") return [{ text: "=", tone: "faint" }, name, now, "no change"];
  const moves = nextGeneration !== null && nextGeneration !== generation;
  return [
    { text: "~", tone: "busy" },
    name,
    moves ? `${now || "–"} → ${nextGeneration}` : now,
    changeText(diff),
    diff === null ? "" : bytesDifference(diff.bytes.after - diff.bytes.before),
    effectOf(host),
  ];
}

/** `9 upgraded, 1 removed, linux 6.12.8 → 6.12.11`. */
export function changeText(diff: ClosureDiff | null): string {
  if (diff === null) return "not known";
  const kinds = ["upgraded", "downgraded", "changed", "added", "removed"] as const;
  const packages = diff.changes.filter((change) => change.class !== "configuration");
  const counts = kinds.flatMap((kind) => {
    const count = packages.filter((change) => change.kind === kind).length;
    return count > 0 ? [`${count} ${kind}`] : [];
  });
  const kernel = diff.changes.find(isKernel);
  const parts = [...counts, ...(kernel ? [versionsOf(kernel)] : [])];
  if (parts.length > 0) return parts.join(", ");
  const rebuilt = diff.rebuilt.names.length + packages.length;
  return rebuilt > 0 ? `${rebuilt} rebuilt` : "configuration only";
}

function isKernel({ name, from, to }: NameChange): boolean {
  return name === "linux" && from.length > 0 && to.length > 0;
}

function versionsOf({ name, from, to }: NameChange): string {
  return `${name} ${from.join(", ")} → ${to.join(", ")}`;
}

/** The gravest thing in a few words; all of them stand below the table. */
function effectOf({ change, risks, effects }: PlannedHost): Span | string {
  const [first] = risks;
  const more = risks.length > 1 ? ` (+${risks.length - 1})` : "";
  if (first) return { text: `⚠ ${first.message}${more}`, tone: "warn" };
  if (change === "boot") return "at the next boot";
  return effects === null ? "" : effectsText(effects);
}

/** `restarts 6 units, stops 1`. */
export function effectsText({ stop, start, restart, reload }: Effects): string {
  const words: [string, readonly string[]][] = [
    ["restarts", restart],
    ["reloads", reload],
    ["starts", start],
    ["stops", stop],
  ];
  const acts = words.filter(([, units]) => units.length > 0);
  return acts
    .map(([word, units], at) => {
      const [only = ""] = units;
      if (units.length === 1) return `${word} ${only.replace(/\.service$/, "")}`;
      return at === 0 ? `${word} ${units.length} units` : `${word} ${units.length}`;
    })
    .join(", ");
}

function sumOf(hosts: readonly (readonly [string, PlannedHost])[]): string {
  const all = hosts.map(([, host]) => host);
  const broken = all.filter(({ problem, change }) => problem !== null || change === null);
  const well = all.filter((host) => !broken.includes(host));
  const unchanged = well.filter(({ change }) => change === "none").length;
  const changed = well.length - unchanged;
  const parts = [
    `${counted(changed, "host")} would change`,
    ...(unchanged > 0 ? [`${unchanged} ${unchanged === 1 ? "is" : "are"} unchanged`] : []),
    ...(broken.length > 0 ? [`${broken.length} cannot be planned`] : []),
  ];
  return `${parts.join(", ")}.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Only what was asked about is suggested: the plan of all hosts is not a reason to deploy them. */
function commandsFor({ source, goal, hosts }: PlanDocument): [string, string][] {
  if (source === null) return [];
  const changed = Object.entries(hosts).flatMap(([name, { change, problem }]) =>
    problem === null && change !== null && change !== "none" ? [name] : [],
  );
  const [first] = changed;
  if (first === undefined) return [];
  const verb = goal === "switch" ? "deploy" : goal;
  return [
    ["Differences", `flurry diff ${first}`],
    ["Go on", `flurry ${verb} ${changed.join(" ")}`],
  ];
}
