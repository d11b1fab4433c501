// Makes dist/flurry.js: all of flurry in one file that needs nothing but Node.
// What it costs to start is counted: modules run when they are first needed, also those of Node.
import { chmodSync, readFileSync, rmSync, statSync } from "node:fs";
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

/** Writes the bundle to a file. */
export async function bundle(outfile) {
  await build({
    entryPoints: [`${root}src/main.ts`],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    // Names stay, for the stack of a bug is only of use with them.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    loader: { ".sh": "text" },
    banner: { js: "#!/usr/bin/env node" },
    define: { FLURRY_VERSION: JSON.stringify(version) },
    plugins: [problemPages, lateBuiltins],
    logLevel: "warning",
  });
  chmodSync(outfile, 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outfile = `${root}dist/flurry.js`;
  rmSync(`${root}dist`, { recursive: true, force: true });
  await bundle(outfile);
  const kilobytes = Math.round(statSync(outfile).size / 1024);
  process.stdout.write(`dist/flurry.js: flurry ${version}, ${kilobytes} kB\n`);
}
