import { type Column, tableLines } from "../src/view/table.ts";
import { draw, type Style } from "../src/view/style.ts";
import { overBudget, type Processes } from "./processes.ts";
import { median, pairedRatio, type Sample } from "./statistics.ts";

/** All that one contender did in one case. */
export interface Measured {
  readonly name: string;
  readonly samples: readonly Sample[];
  readonly processes: Processes;
}

/** One question: so many hosts, all changed or none. */
export interface Case {
  readonly hosts: number;
  readonly changed: boolean;
  readonly measured: readonly Measured[];
}

/** Where, with what, and what came out: the document of `--json`. Times are seconds. */
export interface Report {
  readonly schema: "flurry.bench/1";
  readonly tier: "hosts";
  readonly nix: string;
  readonly node: string;
  readonly cores: number;
  /** Of the last minute, before and after: how busy this machine was with all it did. */
  readonly load: readonly [number, number];
  readonly rounds: number;
  readonly cases: readonly Case[];
  /** Other tools that were not measured, and why. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
}

const columns: readonly Column[] = [
  { heading: "" },
  { heading: "median", align: "right" },
  { heading: "min", align: "right" },
  { heading: "max", align: "right" },
  { heading: "× loop", align: "right" },
  { heading: "× limit", align: "right" },
  { heading: "cpu", align: "right" },
  { heading: "hosts' cpu", align: "right" },
  { heading: "nix", align: "right" },
  { heading: "ssh", align: "right" },
  { heading: "ssh by nix", align: "right" },
];

/** The limit made by hand that a case is held against. */
export function limitOf({ changed }: Pick<Case, "changed">): "ideal" | "look" {
  return changed ? "ideal" : "look";
}

/** How often flurry may take the time of the limit. */
const aim = 1.3;

/** The report as people read it. */
export function reportText(report: Report, style: Style): string {
  const { nix, node, cores, load, rounds, tier } = report;
  const [before, after] = load.map((one) => one.toFixed(1));
  return [
    `${nix}, Node ${node}, ${cores} cores, load ${before} to ${after}, test ${tier}, ${rounds} rounds`,
    ...report.cases.flatMap((each) => ["", ...caseLines(each, style)]),
    "",
    "Seconds. × is the median of the ratios of each round; the limit is ideal or look, made by hand.",
    "cpu: of the deploying side, and of all hosts. Processes were counted in a round apart.",
    ...report.leftOut.map(({ name, why }) => `Left out: ${name}: ${why}`),
    "",
  ].join("\n");
}

function caseLines(each: Case, style: Style): readonly string[] {
  const { hosts, changed, measured } = each;
  const rows = measured.map((one) => rowOf(one, each));
  const flurry = measured.find(({ name }) => name === "flurry");
  const ratio = flurry && ratioTo(flurry, limitOf(each), each);
  const broken = flurry ? overBudget(flurry.processes, hosts, changed ? hosts : 0) : [];
  return [
    `${hosts} ${hosts === 1 ? "host" : "hosts"}, ${changed ? "all changed" : "none changed"}`,
    ...tableLines(columns, rows, style, { headings: true, indent: "  " }).map((line) =>
      draw(line, style),
    ),
    ...(ratio === undefined || ratio <= aim
      ? []
      : [`  aim missed: × ${ratio.toFixed(2)} of ${limitOf(each)}, and ${aim} is the aim`]),
    ...(flurry ? [`  nix of flurry: ${kindsText(flurry.processes)}`] : []),
    ...broken.map((sentence) => `  over budget: ${sentence}`),
  ];
}

function kindsText({ kinds }: Processes): string {
  return Object.entries(kinds)
    .map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`))
    .join(", ");
}

function rowOf(one: Measured, all: Case): readonly string[] {
  const seconds = one.samples.map((sample) => sample.seconds);
  const { nix, ssh, sshByNix } = one.processes;
  const figures = [median(seconds), Math.min(...seconds), Math.max(...seconds)];
  const ratios = [ratioTo(one, "loop", all), ratioTo(one, limitOf(all), all)];
  return [
    one.name,
    ...figures.map((figure) => figure.toFixed(2)),
    ...ratios.map((ratio) => ratio?.toFixed(2) ?? "-"),
    median(one.samples.map((sample) => sample.cpuSeconds)).toFixed(2),
    median(one.samples.map((sample) => sample.hostCpuSeconds)).toFixed(2),
    ...[nix, ssh, sshByNix].map(String),
  ];
}

function ratioTo(one: Measured, name: string, { measured }: Case): number | undefined {
  const other = measured.find((each) => each.name === name);
  return other && pairedRatio(one.samples, other.samples);
}
