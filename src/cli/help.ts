import { exitMeanings } from "../lib/exit.ts";
import type { CommandGroup, CommandSpec, Flag, FlagGroup } from "./command.ts";
import { globalFlags } from "./flags.ts";

const groups: readonly CommandGroup[] = ["Everyday", "Runs", "Hosts", "Repository", "Self"];
const flagGroups: readonly FlagGroup[] = ["Which", "How", "Care", "Output"];

/** Codes that every command can give. */
const everyExit = [0, 64, 65, 70];

/** `flurry --help`: all commands in their groups. Ends with a line end. */
export function fullHelp(commands: readonly CommandSpec[]): string {
  const left = Math.max(...commands.map((spec) => titleOf(spec).length));
  const sections = groups.flatMap((group) => {
    const those = commands.filter((spec) => spec.group === group);
    return those.length === 0
      ? []
      : [[group, ...those.map((spec) => rowOf(titleOf(spec), spec.summary, left))].join("\n")];
  });
  return `${[
    "flurry deploys a fleet of NixOS machines from one flake repository.",
    "flurry COMMAND [HOSTS…] [FLAGS] [-- NIX FLAGS]",
    ...sections,
    sectionOf("Naming hosts", [
      { left: "nas, edge-*", right: "a name, or a glob over names" },
      { left: "@web", right: "a tag" },
      { left: "%x86_64-linux", right: "a system" },
      { left: "all, !nas", right: "all that can be deployed; all but one" },
    ]),
    "More: flurry COMMAND --help, flurry explain CODE, flurry explain exit",
  ].join("\n\n")}\n`;
}

/** `flurry host --help`: the commands below a word. */
export function groupHelp(word: string, commands: readonly CommandSpec[]): string {
  const those = commands.filter(({ path }) => path.length > 1 && path[0] === word);
  const left = Math.max(...those.map((spec) => titleOf(spec).length));
  const rows = those.map((spec) => rowOf(titleOf(spec), spec.summary, left));
  return `flurry ${word} COMMAND\n\n${rows.join("\n")}\n`;
}

/** `flurry VERB --help`. */
export function commandHelp(spec: CommandSpec): string {
  const { words, rest, aliases, about } = spec;
  const after = rest === "nix" ? "NIX FLAGS" : rest?.usage;
  const usage = [
    `flurry ${titleOf(spec)}`,
    words?.usage,
    spec.flags.length > 0 && "[FLAGS]",
    after !== undefined && `[-- ${after}]`,
  ];
  const terms = [
    ...(words ? [{ left: words.usage, right: words.about }] : []),
    ...(rest && rest !== "nix" ? [{ left: rest.usage, right: rest.about }] : []),
  ];
  return `${[
    usage.filter(Boolean).join(" "),
    `${capital(spec.summary)}.${about === undefined ? "" : `\n${about}`}`,
    aliases
      ? `Also: ${aliases.map((each) => `flurry ${[...spec.path.slice(0, -1), each].join(" ")}`).join(", ")}`
      : "",
    sectionOf("", terms),
    sectionOf(
      "Examples",
      spec.examples.map(({ line, does }) => ({ left: line, right: does })),
    ),
    ...flagGroups.map((group) => sectionOf(group, flagRows(group, spec))),
    rest === "nix" ? nixText : "",
    sectionOf("Exit codes", exitRows(spec)),
  ]
    .filter((section) => section !== "")
    .join("\n\n")}\n`;
}

const nixText = `Nix
  -L, --show-trace, -K, -j N, --option A B, --override-input A B, --impure and
  their kin go to Nix; so does everything after --.`;

interface Row {
  readonly left: string;
  readonly right: string;
}

function flagRows(group: FlagGroup, spec: CommandSpec): readonly Row[] {
  return [...spec.flags, ...globalFlags]
    .filter((flag) => flag.group === group)
    .map((flag) => ({
      left: flagTitle(flag),
      right: `${flag.about}${flag.env === undefined ? "" : ` [${flag.env}]`}`,
    }));
}

/** A flag as help shows it: `-p, --parallel N`. */
export function flagTitle(flag: Flag<unknown>): string {
  const name = flag.takes === "either" ? `[no-]${flag.name}` : flag.name;
  const value = flag.takes === "maybe" ? `[=${flag.usage ?? "N"}]` : "";
  const word = flag.takes === "value" ? ` ${flag.usage ?? "TEXT"}` : "";
  return `${flag.short === undefined ? "    " : `-${flag.short}, `}--${name}${value}${word}`;
}

function exitRows(spec: CommandSpec): readonly Row[] {
  return [...everyExit, ...spec.exits]
    .toSorted((a, b) => a - b)
    .map((code) => ({ left: String(code), right: exitMeanings[code] ?? "" }));
}

/** A heading with two columns below; empty where there are no rows. */
function sectionOf(heading: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const left = Math.min(34, Math.max(...rows.map((row) => row.left.length)));
  const lines = rows.map((row) => rowOf(row.left, row.right, left));
  return [...(heading === "" ? [] : [heading]), ...lines].join("\n");
}

/** `  left   right`, right on a line of its own where left is too long, wrapped at 100 columns. */
function rowOf(left: string, right: string, width: number): string {
  const indent = " ".repeat(width + 4);
  const lines = wrap(right, 100 - indent.length);
  const first = left.length > width ? `  ${left}\n${indent}` : `  ${left.padEnd(width)}  `;
  return first + lines.join(`\n${indent}`);
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

function titleOf(spec: CommandSpec): string {
  return spec.path.join(" ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
