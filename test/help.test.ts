import { expect, test } from "vitest";
import { commandHelp, fullHelp } from "../src/cli/help.ts";
import { commands } from "../src/cli/registry.ts";
import { exitMeanings } from "../src/lib/exit.ts";
import { typed } from "./command-line.ts";

test("help names every command once, in its group", () => {
  const text = fullHelp(commands);
  for (const { path, summary } of commands) {
    const name = path.join(" ");
    expect(text.split("\n").filter((line) => line.startsWith(`  ${name}  `))).toHaveLength(1);
    expect(text.replaceAll(/\s+/g, " ")).toContain(summary);
  }
});

test("the help of a command", async () => {
  const { exit, stdout, stderr } = await typed("explain --help");
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  expect(stdout).toMatchInlineSnapshot(`
    "flurry explain [CODE]

    Explain a problem by its code, or the exit codes.

      [CODE]  a code as problems show it; exit; none: all codes

    Examples
      flurry explain host-busy  what it means and what to do
      flurry explain exit       the exit codes

    Output
          --json                     one JSON document on stdout, at the end
      -f, --format table|json|jsonl  table for people; json: one document; jsonl: the events, one a line
                                     [FLURRY_FORMAT]
          --plain                    tab-separated values without headings
      -q, --quiet                    only the answer and errors
      -v, --verbose                  say more: -v decisions, -vv commands, -vvv what Nix says
          --[no-]progress            redraw progress in place, where stderr is a terminal
                                     [FLURRY_PROGRESS]
          --color auto|always|never  colours; NO_COLOR and CLICOLOR_FORCE are obeyed
          --ascii                    no letters outside ASCII [FLURRY_ASCII]
          --show-commands            show what is run, as -vv
          --[no-]input               ask where something needs an answer; --no-input makes it a failure
      -h, --help                     this text
          --version                  the version of flurry

    Exit codes
      0   done, or nothing to do; also when a reboot is still needed for a new kernel
      64  usage
      65  repository, settings, or a missing or too old tool here
      70  a command failed, or a bug of flurry
    "
  `);
});

test.each([["-h"], ["help"], ["--help"], ["help --plain"]])(
  "flurry %s shows all of it",
  async (line) => {
    expect(await typed(line)).toEqual({ exit: 0, stdout: fullHelp(commands), stderr: "" });
  },
);

test("help comes first, whatever else is wrong with the line", async () => {
  const { exit, stdout } = await typed("ssh -p --help");
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining("flurry ssh HOST") });
});

test("no help is wider than 100 columns", () => {
  for (const text of [fullHelp(commands), ...commands.map(commandHelp)]) {
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
  }
});

test("commands have an example, and only exit codes that exist", () => {
  for (const { path, examples, exits } of commands) {
    expect(examples.length, path.join(" ")).toBeGreaterThan(0);
    for (const code of exits) expect(exitMeanings, path.join(" ")).toHaveProperty(String(code));
  }
});

test("summaries begin with a verb in small letters and have no full stop", () => {
  for (const { summary } of commands) expect(summary).toMatch(/^[a-z].*[^.!]$/);
});
