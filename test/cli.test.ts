import { expect, test } from "vitest";
import type { CommandSpec } from "../src/cli/command.ts";
import { flakeFlag, globalFlags } from "../src/cli/flags.ts";
import { parse } from "../src/cli/parse.ts";
import { commands } from "../src/cli/registry.ts";
import { typed } from "./command-line.ts";

test("a command that does not exist is told with its neighbours", async () => {
  const { exit, stdout, stderr } = await typed("vresion");
  expect({ exit, stdout }).toEqual({ exit: 64, stdout: "" });
  expect(stderr).toMatchInlineSnapshot(`
    "✖ flurry has no command “vresion”
      Next   did you mean flurry version
      code usage (flurry explain usage)    exit 64
    "
  `);
});

test("a flag that does not exist is told with its neighbours", async () => {
  const { exit, stderr } = await typed("exec nas --paralel 3 -- true");
  expect(exit).toBe(64);
  expect(stderr).toContain("flurry exec has no flag --paralel");
  expect(stderr).toContain("did you mean --parallel");
});

test("a flag of another command is told with that command", async () => {
  const { exit, stderr } = await typed("version --on nas");
  expect(exit).toBe(64);
  expect(stderr).toContain("it belongs to");
  expect(stderr).toContain("exec");
});

test.each(["-s", "-c", "-S", "-r", "-d"])("the letter %s is never guessed", async (letter) => {
  const { exit, stderr } = await typed(`exec nas ${letter} -- true`);
  expect(exit).toBe(64);
  expect(stderr).toMatch(/Next +--/);
});

test.each([
  ["exec nas -p x -- true", "--parallel takes a whole number of at least 0, not “x”"],
  ["exec nas --color blue -- true", "--color is one of auto, always, never, not “blue”"],
  ["version nas", "flurry version does not know what to do with “nas”"],
  ["version -- nas", "flurry version takes nothing after --"],
  ["ssh", "flurry ssh needs HOST"],
  ["version --no-json", "flurry version has no flag --no-json"],
  ["version --json=maybe", "--json is true or false, not “maybe”"],
  ["exec nas -L -- true", "flurry exec hands nothing on to Nix: -L"],
])("%s is a usage problem", async (line, message) => {
  const { exit, stdout, stderr } = await typed(line);
  expect({ exit, stdout }).toEqual({ exit: 64, stdout: "" });
  expect(stderr).toContain(message);
});

test("a variable stands in for a flag, and is named where it is wrong", async () => {
  expect(await typed("version", { env: { FLURRY_FORMAT: "json" } })).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('"flurry.version/1"'),
  });
  const wrong = await typed("version", { env: { FLURRY_FORMAT: "xml" } });
  expect(wrong.exit).toBe(65);
  expect(wrong.stderr).toContain("FLURRY_FORMAT is one of");
});

test("with --json a problem is a document on stdout, too", async () => {
  const { exit, stdout, stderr } = await typed("explain nothing-such --json");
  expect(exit).toBe(64);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: "flurry.problem/1",
    problem: { code: "usage" },
    exit: 64,
  });
  expect(stderr).toContain("nothing-such");
});

test("what nobody foresaw is a bug, with an apology and the place", async () => {
  const broken = async (): Promise<never> => {
    throw new TypeError("undefined is no function");
  };
  const { exit, stderr } = await typed("version", { world: { close: broken } });
  expect(exit).toBe(70);
  expect(stderr).toContain("undefined is no function");
  expect(stderr).toContain("cli.test.ts");
  expect(stderr).toContain("report it");
});

test("every example is understood", () => {
  for (const spec of commands) {
    for (const { line } of spec.examples) {
      const [flurry, ...argv] = wordsOf(line);
      expect(flurry, line).toBe("flurry");
      expect(parse(argv, commands, {}), line).toMatchObject({ kind: "call", spec });
    }
  }
});

test("the version is one, whichever way it is asked for", async () => {
  const asked = await Promise.all([typed("version"), typed("--version"), typed("plan --version")]);
  expect(new Set(asked.map(({ stdout }) => stdout))).toEqual(new Set(["flurry source\n"]));
});

test("a flag means the same everywhere, and a letter is given once", () => {
  const all = [...globalFlags, ...commands.flatMap(({ flags }) => flags)];
  const meanings = new Map<string, unknown>();
  for (const flag of all) {
    for (const name of [flag.name, flag.short, ...(flag.aliases ?? [])]) {
      if (name === undefined) continue;
      expect(meanings.get(name) ?? flag, `--${name} is declared twice`).toBe(flag);
      meanings.set(name, flag);
    }
  }
});

test("no two commands have one name", () => {
  const names = commands.flatMap(namesOf);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

function namesOf({ path, aliases }: CommandSpec): readonly string[] {
  const before = path.slice(0, -1);
  return [path.at(-1) ?? "", ...(aliases ?? [])].map((last) => [...before, last].join(" "));
}

/** Words of an example: split at blanks, with single quotes. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

test("Nix names the hosts, so its flags are known wherever the repository is read", () => {
  // What stands after -- is a command of theirs; -K of gc would be how much nh keeps.
  const others = ["exec", "ssh", "gc"];
  const deaf = commands.filter(({ flags, rest }) => flags.includes(flakeFlag) && rest !== "nix");
  expect(deaf.map(({ path }) => path.join(" "))).toEqual(others);
  for (const line of ["host list -L --show-trace -K -j 4", "status --impure", "switch nas -L"]) {
    const parsed = parse(line.split(" "), commands, {});
    expect(parsed.kind === "call" && parsed.rest.length).toBeGreaterThan(0);
  }
});

test("a command that reads no repository says that Nix has no part in it", async () => {
  const { exit, stderr } = await typed("explain -L");
  expect(exit).toBe(64);
  expect(stderr).toContain("flurry explain hands nothing on to Nix: -L");
});
