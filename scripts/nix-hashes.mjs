// The hashes of node_modules that nix/package.nix needs, after package-lock.json has changed.
//
//   node scripts/nix-hashes.mjs            writes nix/node-modules-hashes.nix, all platforms
//   node scripts/nix-hashes.mjs SYSTEM     prints the hash of one: x86_64-linux
//
// Needs Nix, and npm's registry or cache. Runs before `npm ci`: plain Node.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const hashesFile = join(root, "nix/node-modules-hashes.nix");

/** The words of nix/package.nix for each platform: one place says them. */
function npmWords(system) {
  const text = readFileSync(join(root, "nix/package.nix"), "utf8");
  const words = new RegExp(`${system} = "(--os=[^"]*)";`).exec(text)?.[1];
  if (words === undefined) throw new Error(`nix/package.nix knows no platform ${system}`);
  return words.split(" ");
}

function run(argv, options) {
  const [program, ...words] = argv;
  const done = spawnSync(program, words, { encoding: "utf8", ...options });
  if (done.status !== 0) {
    throw new Error(`${argv.join(" ")} ended with ${done.status}\n${done.stderr ?? done.error}`);
  }
  return done.stdout;
}

/** As the fixed-output step does it, in a folder of its own. */
function hashOf(system) {
  const folder = mkdtempSync(join(tmpdir(), "flurry-nix-hashes-"));
  try {
    for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
      cpSync(join(root, name), join(folder, name));
    }
    run(["npm", "ci", "--ignore-scripts", "--prefer-offline", ...npmWords(system)], {
      cwd: folder,
    });
    rmSync(join(folder, "node_modules/.package-lock.json"));
    const words = ["--extra-experimental-features", "nix-command", "hash", "path", "node_modules"];
    return run(["nix", ...words], { cwd: folder }).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const wanted = process.argv[2];
if (wanted !== undefined) {
  process.stdout.write(`${hashOf(wanted)}\n`);
} else {
  const text = readFileSync(hashesFile, "utf8").replace(
    /^( *)(\S+) = "sha256-[^"]*";$/gm,
    (_, indent, system) => `${indent}${system} = "${hashOf(system)}";`,
  );
  writeFileSync(hashesFile, text);
}
