// Makes dist/flurry.js: all of flurry in one file that needs nothing but Node.
// What it costs to start is counted: modules run when they are first needed, also those of Node.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { problemPagesModule } from "./problem-pages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

const problemPages = {
  name: "problem pages",
  setup(building) {
    building.onResolve({ filter: /^problem-pages$/ }, ({ path }) => ({ path, namespace: "pages" }));
    building.onLoad({ filter: /.*/, namespace: "pages" }, () => ({
      contents: problemPagesModule(),
    }));
  },
};

/**
 * An import of `node:net` in a file that is loaded late would stand at the top of the bundle, and
 * be loaded by every `flurry --help`. As a module of its own it is loaded with the file.
 */
const lateBuiltins = {
  name: "late builtins",
  setup(building) {
    const names = new Set(builtinModules);
    building.onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, "");
      if (kind === "entry-point" || !names.has(name)) return undefined;
      return { path: `node:${name}`, namespace: "builtin" };
    });
    building.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

const options = {
  bundle: true,
  write: false,
  platform: "node",
  target: "node20.19",
  // Names stay, for the stack of a bug is only of use with them.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  loader: { ".sh": "text" },
  plugins: [problemPages, lateBuiltins],
  logLevel: "warning",
};

/** Builds one entry, and gives its text. */
async function textOf(entry, format, define) {
  const entryPoints = [`${root}src/${entry}`];
  const made = await build({ ...options, entryPoints, format, define });
  return made.outputFiles[0].text;
}

/** Writes the bundle to a file, whole or not at all: somebody may be running the last one. */
export async function bundle(outfile) {
  const FLURRY_VERSION = JSON.stringify(version);
  const program = await textOf("program.ts", "iife", { FLURRY_VERSION });
  const asked = spawnSync(process.execPath, ["-", "--help"], { input: program, encoding: "utf8" });
  if (asked.status !== 0) throw new Error(`the bundle cannot print its help\n${asked.stderr}`);
  const main = await textOf("main.ts", "esm", {
    FLURRY_HELP: JSON.stringify(asked.stdout),
    FLURRY_PROGRAM: JSON.stringify(program),
  });
  const beside = `${outfile}.${process.pid}`;
  writeFileSync(beside, `#!/usr/bin/env node\n${main}`);
  chmodSync(beside, 0o755);
  renameSync(beside, outfile);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outfile = `${root}dist/flurry.js`;
  mkdirSync(`${root}dist`, { recursive: true });
  await bundle(outfile);
  const kilobytes = Math.round(statSync(outfile).size / 1024);
  process.stdout.write(`dist/flurry.js: flurry ${version}, ${kilobytes} kB\n`);
}
