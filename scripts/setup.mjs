// What must be here before anything else: npm's packages, and programs of the machine. Plain Node 20.19,
// imported by the scripts that people start in a fresh clone. Tells what it does on stderr.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Debian's packages for Nix's own half, each with a program that shows it is here. */
export const nixPackages = { "nix-bin": "nix", git: "git", "openssh-client": "ssh" };

/** Debian's packages for test hosts as well. */
export const hostPackages = {
  ...nixPackages,
  "systemd-container": "systemd-nspawn",
  mmdebstrap: "mmdebstrap",
  "netcat-openbsd": "nc",
  iproute2: "ip",
  nftables: "nft",
  age: "age",
};

/**
 * Installs what is missing: npm's packages always, the machine's when we are root on a Debian. Throws
 * with a list for people where something is missing and we may not install it. `optional` leaves the
 * machine's packages alone and gives the names of the missing ones.
 */
export async function setUp({ packages, optional = false }) {
  installNodeModules();
  return installPackages(packages, optional);
}

function installNodeModules() {
  const reason = staleness();
  if (reason === undefined) return;
  say(`npm ci (${reason})`);
  const done = run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root });
  if (done.status !== 0) throw new Error(`npm ci ended with ${done.status}\n${tail(done)}`);
}

/** Why node_modules is not what the lock file says; undefined when it is. */
function staleness() {
  const installed = packagesIn(join(root, "node_modules/.package-lock.json"));
  if (installed === undefined) return "no node_modules here";
  const locked = packagesIn(join(root, "package-lock.json")) ?? {};
  for (const [path, { version, optional }] of Object.entries(locked)) {
    if (path === "" || (optional && installed[path] === undefined)) continue;
    if (installed[path]?.version !== version) return `${path} is not ${version}`;
  }
  return undefined;
}

function packagesIn(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, "utf8")).packages : undefined;
}

function installPackages(packages, optional) {
  const missing = Object.keys(packages).filter((name) => !hasProgram(packages[name]));
  if (missing.length === 0 || optional) return missing;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !hasProgram("apt-get")) throw new Error(whatToInstall(missing, isRoot));
  say(`apt-get install ${missing.join(" ")}`);
  apt(["update"]);
  apt(["install", "-y", "--no-install-recommends", ...missing]);
  return [];
}

function hasProgram(program) {
  // Debian keeps programs of root where other users' PATH does not lead.
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(join(folder, program)));
}

function whatToInstall(missing, isRoot) {
  return `these are missing: ${missing.join(", ")}
On Debian or Ubuntu:  ${isRoot ? "" : "sudo "}apt-get install ${missing.join(" ")}
Elsewhere, with Nix:  see https://nixos.org/download, then: nix develop`;
}

function apt(words) {
  const argv = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", ...words];
  const done = run(argv, { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  if (done.status !== 0)
    throw new Error(`apt-get ${words[0]} ended with ${done.status}\n${tail(done)}`);
}

function run([program, ...words], options) {
  return spawnSync(program, words, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
}

function tail({ stdout, stderr, error }) {
  return `${stdout ?? ""}${stderr ?? ""}${error ?? ""}`.trim().split("\n").slice(-15).join("\n");
}

function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}
