import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "../src/cli/parse.ts";
import { commands } from "../src/cli/registry.ts";
import { settingNotes } from "../src/fleet/settings-schema.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const ownDocuments = [
  "README.md",
  "AGENTS.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "examples/homelab/README.md",
  ...documentsIn("docs"),
  ...documentsIn("docs/decisions"),
];

interface Piece {
  readonly document: string;
  readonly text: string;
}

function documentsIn(folder: string): readonly string[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));
  return names.map((name) => `${folder}/${name}`);
}

function textOf(document: string): string {
  return readFileSync(join(root, document), "utf8");
}

/** Everything that is set as code: lines of blocks, and words between backquotes. */
function codeOf(document: string): readonly Piece[] {
  const text = textOf(document);
  const blocks = [...text.matchAll(/^ *```[a-z]*\n(.*?)^ *```$/gms)].flatMap(([, block = ""]) =>
    block.split("\n"),
  );
  const inline = text.replaceAll(/^ *```.*?^ *```$/gms, "").matchAll(/`([^`\n]+)`/g);
  return [...blocks, ...[...inline].map(([, words = ""]) => words)].map((words) => ({
    document,
    text: words.replace(/ +#.*$/, "").trim(),
  }));
}

const code = ownDocuments.flatMap(codeOf);

/** The single commands of a line such as `npm ci && npm run build`. */
function commandsOf(program: string): readonly Piece[] {
  return code.flatMap(({ document, text }) =>
    text
      .split(" && ")
      .filter((line) => line.startsWith(`${program} `))
      .map((line) => ({ document, text: line })),
  );
}

test("every flurry command in the documents can be typed", () => {
  const lines = commandsOf("flurry");
  expect(lines.length).toBeGreaterThan(10);
  const refused = lines.flatMap(({ document, text }) => {
    try {
      const parsed = parse(text.split(/ +/).slice(1), commands, {});
      return parsed.kind === "nothing" ? [`${document}: ${text}: is no command`] : [];
    } catch (problem) {
      return [`${document}: ${text}: ${String(problem)}`];
    }
  });
  expect(refused).toEqual([]);
});

test("every npm script in the documents exists", () => {
  const { scripts } = JSON.parse(textOf("package.json"));
  const named = commandsOf("npm").flatMap(({ text }) => {
    const name = /^npm (?:run (?:-s )?)?([a-z]+)/.exec(text)?.[1];
    return name === undefined || name === "ci" ? [] : [name];
  });
  expect(named).toContain("demo");
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test("every path in the documents leads somewhere", () => {
  const folders = "src|test|nix|docs|demo|scripts|examples|bench";
  const isPath = new RegExp(`^(?:${folders})/[\\w./@-]*$`);
  // Words in capitals stand for others: `docs/problems/CODE.md`.
  const set = code.filter(({ text }) => isPath.test(text) && !/[/][A-Z]+\.(?!md$)|CODE/.test(text));
  const links = ownDocuments.flatMap((document) =>
    [...textOf(document).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = ""]) => ({
      document,
      text: join(dirname(document), link),
    })),
  );
  const lost = [...set, ...links].filter(({ text }) => !existsSync(join(root, text)));
  expect(lost.map(({ document, text }) => `${document}: ${text}`)).toEqual([]);
});

test("every setting in the documents is one, with the value it has when nothing is said", () => {
  const known = new Map([...settingNotes()].map(([key, { fallback }]) => [key, fallback]));
  const named = code.filter(({ text }) => /^(?:policy|build)\.\w+$/.test(text));
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter(({ text }) => !known.has(text))).toEqual([]);
  const valued = ownDocuments.flatMap((document) => [
    ...textOf(document).matchAll(/(\d+) s[^`(]*\(`(policy\.\w+)`\)/g),
    ...textOf(document).matchAll(/`(policy\.\w+)` \((\d+)\)/g),
  ]);
  expect(valued.length).toBeGreaterThan(3);
  for (const [, one = "", other = ""] of valued) {
    const [key, value] = one.startsWith("policy") ? [one, other] : [other, one];
    expect(`${key} ${known.get(key)}`).toBe(`${key} ${value}`);
  }
});

test("the documents do not stray from the words of docs/words.md", () => {
  // Those that can only be a slip; others have meanings of their own.
  const slips = /\b(?:hive|health ?check|magic rollback|successfully|please)\b/i;
  const texts = ownDocuments.filter((document) => !/words|style/.test(document));
  expect(texts.filter((document) => slips.test(textOf(document)))).toEqual([]);
});
