import { flawOf } from "../fleet/flaw.ts";
import type { Fleet, FleetProblem } from "../fleet/fleet.ts";
import type { Host, HostSettings } from "../fleet/host.ts";
import { settingValues } from "../fleet/setting-values.ts";
import { visible } from "../lib/visible.ts";
import { pad, widthOf } from "../lib/width.ts";
import { plainRows } from "./plain-rows.ts";
import { draw, drawAll, type Line, type Span, type Style, wrapped } from "./style.ts";
import { blocks, type Cell, type Column, tableLines } from "./table.ts";

/** `flurry host list --json`: `flurry.inventory/1`. */
export interface InventoryDocument {
  readonly schema: "flurry.inventory/1";
  readonly hosts: Readonly<Record<string, InventoryHost>>;
  readonly standalone: readonly string[];
  readonly droids: Readonly<Record<string, object>>;
  readonly problems: readonly InventoryProblem[];
}

/** One host of the inventory: what the repository says, and nothing that was observed. */
export interface InventoryHost extends Omit<HostSettings, "profileOrder"> {
  readonly path: string | null;
  readonly deployable: boolean;
  /** The first of `addresses`. */
  readonly address: string | null;
  readonly homes: Host["homes"];
}

export interface InventoryProblem extends Omit<FleetProblem, "host"> {
  readonly host: string | null;
}

/** The inventory as one document. Paths are relative to the flake's folder. */
export function inventoryDocument(fleet: Fleet): InventoryDocument {
  return {
    schema: "flurry.inventory/1",
    hosts: Object.fromEntries(fleet.hosts.map((host) => [host.name, inventoryHost(host)])),
    standalone: fleet.standalone,
    droids: Object.fromEntries(fleet.droids.map((name) => [name, {}])),
    problems: fleet.problems.map(({ severity, code, path, message, host }) => {
      return { severity, code, path, message, host: host ?? null };
    }),
  };
}

function inventoryHost({ path, deployable, settings, homes }: Host): InventoryHost {
  const { profileOrder: _, addresses, ...known } = settings;
  return { ...known, path, deployable, address: addresses[0] ?? null, addresses, homes };
}

const columns: readonly Column[] = [
  { heading: "HOST", most: 40 },
  { heading: "SYSTEM", rank: 2 },
  { heading: "ADDRESS", most: 40, rank: 1 },
  { heading: "USER", rank: 4 },
  { heading: "TAGS", most: 40, rank: 3 },
  { heading: "NOTES" },
];

/** `flurry host list`: a line a host, and below it what is wrong in the repository. */
export function inventoryText(fleet: Fleet, style: Style, showAll = false): string[] {
  const cells = fleet.hosts.map((host) => cellsOf(fleet, host));
  // Columns in which nobody has anything to say are not there.
  const used = columns.map((_, at) => cells.some((row) => hasText(row[at])));
  const shown = columns.filter((_, at) => used[at]);
  const rows = cells.map((row) => row.filter((_, at) => used[at]));
  const table =
    style.width < 60
      ? blocks(shown, rows)
      : tableLines(shown, rows, style, { headings: true, indent: "" });
  const problems = fleet.problems.filter(({ severity }) => {
    return showAll || fleet.hosts.length === 0 || severity !== "info";
  });
  const told =
    problems.length === 0 ? [] : [[], ...problems.flatMap((one) => problemLines(one, style))];
  const first =
    fleet.hosts.length === 0
      ? wrapped("", emptyText(fleet), style)
      : [...table, [], countOf(fleet)];
  return drawAll([...first, ...told], style);
}

/** The hosts alone, tab-separated, for scripts: `--plain`. */
export function inventoryPlain(fleet: Fleet): string[] {
  const rows = fleet.hosts.map(({ name, settings }) => {
    const { system, addresses, user, tags } = settings;
    return [visible(name), system, visible(addresses[0] ?? ""), user, tags.join(",")];
  });
  return plainRows(rows);
}

function emptyText({ source }: Fleet): string {
  const place = source.folder ?? source.reference;
  return `No hosts in ${place}. They are nixosConfigurations of the flake; without Nix, folders in systems/ and hosts/.`;
}

function countOf({ hosts, problems }: Fleet): Line {
  const bad = hosts.filter(({ name }) => flawOf(problems, name) !== null).length;
  const count = `${hosts.length} ${hosts.length === 1 ? "host" : "hosts"}`;
  return bad === 0 ? [count] : [count, { text: `, ${bad} of them described badly`, tone: "bad" }];
}

function hasText(cell: Cell | undefined): boolean {
  return (typeof cell === "string" ? cell : (cell?.text ?? "")) !== "";
}

function cellsOf(fleet: Fleet, host: Host): Cell[] {
  const { name, settings } = host;
  return [
    { text: visible(name), tone: "strong" },
    settings.system ?? "–",
    settings.addresses.map(visible).join(", "),
    settings.user ?? "",
    settings.tags.join(", "),
    noteOf(fleet, host),
  ];
}

function noteOf(fleet: Fleet, { name, settings }: Host): Span {
  const own = fleet.problems.filter(({ host }) => host === name);
  const errors = own.filter(({ severity }) => severity === "error").length;
  if (errors > 0) {
    return {
      text: `✖ described badly (${errors} ${errors === 1 ? "error" : "errors"})`,
      tone: "bad",
    };
  }
  if (!settings.enabled) return { text: "not enabled", tone: "warn" };
  if (settings.class !== "nixos") return { text: `${settings.class}: only built`, tone: "warn" };
  return { text: settings.description ?? "" };
}

/** Whole, over several lines if need be: a complaint that is cut names neither key nor remedy. */
function problemLines({ severity, message }: FleetProblem, style: Style): Line[] {
  const mark = marks[severity];
  return wrapped("  ", message, style).map(([front = "", ...rest], line): Line => {
    return line === 0 ? [mark, " ", ...rest] : [front, ...rest];
  });
}

const marks: Readonly<Record<FleetProblem["severity"], Span>> = {
  error: { text: "✖", tone: "bad" },
  warning: { text: "⚠", tone: "warn" },
  info: { text: "·", tone: "faint" },
};

/** `flurry host show`: everything about one host, in groups, with what is wrong with it. */
export function hostText(fleet: Fleet, host: Host, style: Style): string[] {
  const { name, path, settings, deployable, attribute } = host;
  const title: Line = [
    { text: visible(name), tone: "strong" },
    settings.description === null ? "" : `  ${settings.description}`,
  ];
  const isBad = fleet.problems.some((problem) => {
    return problem.host === name && problem.severity === "error";
  });
  const said = settingValues(host).filter(({ origin }) => origin !== "default");
  const facts: readonly (readonly [string, string])[] = [
    ["read from", path ?? fleet.source.reference],
    ["evaluates", attribute.join(".")],
    ["deployed", isBad ? "no, it is described badly" : deployable ? "yes" : whyNot(settings)],
    ["system", settings.system ?? "–"],
    ["address", settings.addresses.join(", ")],
    [
      "login",
      `${settings.user ?? "as ssh decides"}${settings.port === null ? "" : `, port ${settings.port}`}`,
    ],
    ["host key", settings.sshHostKey.length === 0 ? "not pinned" : settings.sshHostKey.join(", ")],
    ["tags", settings.tags.join(", ")],
    [
      "homes",
      Object.entries(host.homes)
        .map(([user, layers]) => `${user} (${layers.join(", ")})`)
        .join("; "),
    ],
  ];
  const width = Math.max(...facts.map(([fact]) => fact.length));
  const problems = fleet.problems.filter((problem) => problem.host === name);
  const lines: Line[] = [
    title,
    ...facts
      .filter(([, value]) => value !== "")
      .map(([fact, value]): Line => [
        "  ",
        { text: fact.padEnd(width), tone: "faint" },
        `  ${value}`,
      ]),
  ];
  if (said.length > 0)
    lines.push([], ["Settings that are not defaults"], ...settingLines(said, true, style));
  if (problems.length > 0) lines.push([], ...problems.flatMap((one) => problemLines(one, style)));
  return lines.map((line) => draw(line, style));
}

function whyNot({ enabled, class: kind }: HostSettings): string {
  return enabled ? `no, hosts of class ${kind} are only built` : "no, it is not enabled";
}

/** `flurry config show`: each setting of these hosts, with where it came from if asked for. */
export function configText(hosts: readonly Host[], style: Style, origin: boolean): string[] {
  const lines = hosts.flatMap((host, index): Line[] => [
    ...(index === 0 ? [] : [[]]),
    [{ text: host.name, tone: "strong" }],
    ...settingLines(settingValues(host), origin, style),
  ]);
  return drawAll(lines, style);
}

type SettingValues = ReturnType<typeof settingValues>;

/** Settings below each other, in columns as wide as they must be where the screen has room for it. */
function settingLines(values: SettingValues, origin: boolean, { width }: Style): Line[] {
  const keys = longest(values.map(({ key }) => key));
  const texts = longest(values.map(textOf));
  const origins = origin ? longest(values.map((each) => each.origin)) : 0;
  if (keys + texts + origins + 6 <= width) {
    return values.map((each) => settingLine(each, origin, keys, texts));
  }
  // Names of units are long, and what is said of them is short: they have columns of their own.
  const own = longest(values.filter(isOfUnit).map(({ key }) => key));
  const others = longest(values.filter((each) => !isOfUnit(each)).map(({ key }) => key));
  return values.map((each) =>
    isOfUnit(each)
      ? settingLine(each, origin, own, 6)
      : settingLine(each, origin, Math.min(32, others), Math.min(28, texts)),
  );
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(widthOf));
}

function isOfUnit({ key }: SettingValues[number]): boolean {
  return key.startsWith("policy.units.");
}

function textOf({ value }: SettingValues[number]): string {
  return value === null ? "–" : JSON.stringify(value);
}

function settingLine(
  value: SettingValues[number],
  origin: boolean,
  keys: number,
  texts: number,
): Line {
  const key: Span = { text: pad(value.key, keys), tone: "faint" };
  const text = textOf(value);
  if (!origin) return ["  ", key, `  ${text}`];
  const from = value.origin;
  const faint = from === "default" && { tone: "faint" as const };
  return ["  ", key, `  ${pad(text, texts)}  `, { text: from, ...faint }];
}

/** `flurry config show --json`: `flurry.config/1`. */
export interface ConfigDocument {
  readonly schema: "flurry.config/1";
  readonly hosts: Readonly<
    Record<string, Readonly<Record<string, { readonly value: unknown; readonly origin: string }>>>
  >;
}

/** The settings of hosts as a document; origins are always in it. */
export function configDocument(hosts: readonly Host[]): ConfigDocument {
  const settings = hosts.map((host) => {
    const values = settingValues(host).map(({ key, value, origin }) => [key, { value, origin }]);
    return [host.name, Object.fromEntries(values)];
  });
  return { schema: "flurry.config/1", hosts: Object.fromEntries(settings) };
}
