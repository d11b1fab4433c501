import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../src/cli/registry.ts";
import { exitMeanings } from "../src/lib/exit.ts";
import { problemExits } from "../src/lib/problem.ts";

/** House rules, as a test. These tables are the architecture: to change it, change them. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  fleet: ["lib"],
  plan: ["fleet", "lib"],
  event: ["plan", "fleet", "lib"],
  world: ["fleet", "lib"],
  nix: ["plan", "fleet", "lib", "event", "world"],
  inventory: ["nix", "event", "plan", "fleet", "lib", "world"],
  run: ["nix", "event", "plan", "fleet", "lib", "world"],
  view: ["event", "plan", "fleet", "lib"],
  cli: ["inventory", "run", "nix", "view", "event", "plan", "fleet", "lib", "world"],
  "main.ts": [],
  "program.ts": ["cli", "lib"],
  testing: ["inventory", "run", "nix", "view", "event", "plan", "fleet", "lib", "world"],
};

/** What may stand in a few places only, and what to do in all others. `testing/` is free. */
const onlyIn: readonly { what: RegExp; where: RegExp; instead: string }[] = [
  {
    what: /from "node:/,
    where: /^world\//,
    instead: "effects come in through the world",
  },
  {
    what: /from "node:child_process"/,
    // flock wants a descriptor of ours, which shell.ts hands to nobody.
    where: /^world\/(shell|file-lock)\.ts$/,
    instead: "start programs with world.here, on hosts with world.onHost",
  },
  {
    what: /\bDate\.now\b|\bnew Date\(\)|\bset(Timeout|Interval)\(|\bMath\.random\b|\bfetch\(/,
    where: /^world\//,
    instead: "ask world.now, world.sleep, world.random",
  },
  {
    what: /\bcatch\b/,
    // patiently.ts asks again where a host did not answer.
    where: /^(world\/|run\/(run|patiently)\.ts$|cli\/command-line\.ts$|lib\/json\.ts$)/,
    instead: "let it fly: a step, or the command line, tells it",
  },
  {
    what: /\bprocess\.(exit|argv|env|std\w+)\b/,
    where: /^(cli\/|main\.ts$|program\.ts$)/,
    instead: "it comes in by argument",
  },
  { what: /\bconsole\./, where: /^$/, instead: "stdout and stderr of the context" },
  { what: /^export default/m, where: /^[\w-]+\.d\.ts$/, instead: "name it" },
  { what: /^(export )?(const )?enum /m, where: /^$/, instead: "a union of texts" },
];

/** Words with which a slip is certain, in names. (docs/words.md has the right ones.) */
const wrongInNames = /hive|toplevel|outpath|deployment|reporter|healthcheck|\bjobs?\b|\btasks?\b/i;

/** And in sentences. Another tool's own words may be quoted. */
const wrongInSentences =
  /\b(hives?|toplevel|out ?path|deployments?|jobs?|tasks?|exceptions?|controllers?|please|successfully|nodes?|health ?checks?)\b|\w!(\s|$)/i;

const longestFunction = 150;
const longestFile = 600;

interface File {
  readonly path: string;
  readonly text: string;
  /** Without comments, and with empty strings. */
  readonly code: string;
  /** String literals and templates. */
  readonly strings: readonly string[];
}

/** Strings, templates, comments, and patterns, which stand where a value may begin. */
const literals =
  /"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*|(?<=[(,=:![&|?]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/g;

const sources: readonly File[] = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => fileOf(path, readFileSync(join("src", path), "utf8")));

const product = sources.filter(({ path }) => !path.startsWith("testing/"));

function fileOf(path: string, text: string): File {
  const strings = [...text.matchAll(literals)].map(([found]) => found);
  return {
    path,
    text,
    code: text.replaceAll(literals, (found) => {
      // Import paths are part of the code.
      if (/^"(\.|node:)/.test(found)) return found;
      return found.startsWith('"') || found.startsWith("`") ? '""' : "";
    }),
    strings: strings.filter((found) => !found.startsWith("/")),
  };
}

test.each(sources)("$path imports what it may", ({ path, code }) => {
  const [folder = ""] = path.split("/");
  const allowed = [folder, ...(mayImport[folder] ?? [])];
  for (const [, up, name = ""] of code.matchAll(/(?:from |import\()"(\.\.?)\/([\w-]+)\//g)) {
    // A path that goes up from a folder below the first names that first folder's neighbours.
    if (up === "." && path.includes("/")) continue;
    if (path.split("/").length > 2 && !Object.hasOwn(mayImport, name)) continue;
    expect(allowed, `${folder}/ may not import from ${name}/`).toContain(name);
  }
});

test.each(product)("$path leaves effects to their places", ({ path, code }) => {
  for (const { what, where, instead } of onlyIn) {
    if (!where.test(path)) expect(code, instead).not.toMatch(what);
  }
  if (!/^(world|cli)\//.test(path)) {
    const valueOfWorld = /^import (?!type )[^;]*"\.\.\/world\//m;
    expect(code, "what is outside comes in by argument").not.toMatch(valueOfWorld);
  }
});

test.each(sources)("$path is short enough to be read", ({ text }) => {
  const lines = text.split("\n");
  expect(lines.length).toBeLessThanOrEqual(longestFile);
  const starts = lines.flatMap((line, at) =>
    /^(export )?(default )?(async )?function\b/.test(line) ? [at] : [],
  );
  for (const start of starts) {
    const end = lines.indexOf("}", start);
    expect(end - start + 1, lines[start]).toBeLessThanOrEqual(longestFunction);
  }
});

test.each(product)("$path says things in our words", ({ code, strings }) => {
  const names = code.match(/\b[A-Za-z_]\w{2,}\b/g) ?? [];
  const apart = names.map((name) => name.replaceAll(/([a-z])([A-Z])/g, "$1 $2"));
  expect(apart.filter((name) => wrongInNames.test(name))).toEqual([]);
  // A sentence has at least three words, and is no piece of a script or of Nix.
  const sentences = strings.filter(
    (text) => /\w \w+ \w/.test(text) && !/[;|]|\bbuiltins\b/.test(text),
  );
  expect(sentences.filter((text) => wrongInSentences.test(text))).toEqual([]);
});

test("every folder says in a README what it holds", () => {
  const folders = readdirSync("src", { withFileTypes: true }).filter((each) => each.isDirectory());
  const without = folders.filter(({ name }) => !existsSync(`src/${name}/README.md`));
  expect(without.map(({ name }) => name)).toEqual([]);
  expect(folders.map(({ name }) => name).filter((name) => !mayImport[name])).toEqual([]);
});

const pages = readdirSync("docs/problems").filter((name) => name !== "README.md");

test("every problem has its page, and no page is left over", () => {
  const expected = Object.keys(problemExits).map((code) => `${code}.md`);
  expect(pages.toSorted()).toEqual(expected.toSorted());
});

test("the documents list the exit codes as they are", () => {
  const rows = [
    ...readFileSync("docs/exit-codes.md", "utf8").matchAll(/^\| +(\d+) \| (.*?) +\|$/gm),
  ];
  expect(Object.fromEntries(rows.map(([, code, meaning]) => [code, meaning]))).toEqual(
    Object.fromEntries(Object.entries(exitMeanings)),
  );
});

test("what is said to be typed next exists", () => {
  const known = new Set(commands.flatMap(({ path, aliases }) => [path[0], ...(aliases ?? [])]));
  const inPages = pages.flatMap((name) =>
    [...readFileSync(`docs/problems/${name}`, "utf8").matchAll(/`flurry ([a-z][\w-]+)/g)].map(
      ([, verb]) => ({ where: name, verb }),
    ),
  );
  const inHints = product.flatMap(({ path, text }) =>
    [...text.matchAll(/\bhint: ["`](?:\w+: )?flurry ([a-z][\w-]+)/g)].map(([, verb]) => ({
      where: path,
      verb,
    })),
  );
  const said = [...inPages, ...inHints];
  expect(said.length).toBeGreaterThan(40);
  expect(said.filter(({ verb }) => !known.has(verb))).toEqual([]);
});

test("nothing is marked as unfinished, and no test is switched off", () => {
  // Spelt so that this file does not find itself.
  const marks =
    /\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b|not (yet )?implemen[t]ed|\b(it|test|describe)\.(s[k]ip|o[n]ly|t[o]do|f[i]xme)\b/i;
  const found = textFiles().flatMap(({ path, text }) =>
    text
      .split("\n")
      .flatMap((line, at) => (marks.test(line) ? [`${path}:${at + 1}: ${line}`] : [])),
  );
  expect(found).toEqual([]);
});

/** All that people write by hand, by its path. */
function textFiles(): readonly { readonly path: string; readonly text: string }[] {
  const roots = ["src", "test", "scripts", "docs", "nix", "examples", "bench", "demo"];
  const paths = roots
    .filter((root) => existsSync(root))
    .flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: "utf8" }).map((path) => join(root, path)),
    );
  const top = readdirSync(".").filter((path) => path.endsWith(".md"));
  return [...paths, ...top]
    .filter((path) => /\.(ts|mts|mjs|sh|nix|md)$/.test(path) && !path.includes("node_modules"))
    .map((path) => ({ path, text: readFileSync(path, "utf8") }));
}
