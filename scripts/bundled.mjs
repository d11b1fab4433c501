// Parts of the project in TypeScript, for scripts: Node 20 cannot import them as they are.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Imports a TypeScript file of the project, bundled into build/. */
export async function bundled(entry) {
  const made = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    loader: { ".sh": "text" },
    logLevel: "warning",
    write: false,
  });
  const path = join(root, "build", `${basename(entry, ".ts")}.mjs`);
  mkdirSync(join(root, "build"), { recursive: true });
  // Two commands at once: each finds a whole file.
  writeFileSync(`${path}.${process.pid}`, made.outputFiles[0].contents);
  renameSync(`${path}.${process.pid}`, path);
  return import(pathToFileURL(path).href);
}

/** Makes dist/flurry.js, unless it is newer than all it is made from. */
export function buildFlurry() {
  const made = statSync(join(root, "dist/flurry.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ["src", "docs/problems", "scripts", "package.json"];
  if (Math.max(...sources.map((source) => newest(join(root, source)))) < made) return;
  const script = join(root, "scripts/build.mjs");
  const done = spawnSync(process.execPath, [script], { cwd: root, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`flurry does not build\n${done.stderr}`);
}

function newest(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
