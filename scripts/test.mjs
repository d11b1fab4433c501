// npm test: sets up what is missing, then everything: `npm run check`, tests with the installed Nix, ssh
// and git, and tests on real hosts where there can be any (as root). Closes with one line of counts.
// Leaves nothing behind, also when it is killed: janitor.sh has a pipe from here, and sees it close.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostPackages, setUp } from "./setup.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const isRoot = process.getuid?.() === 0;
const wantsHosts = isRoot || process.env.FLURRY_FLEET === "hosts";

process.exitCode = await main().catch((error) => {
  say(`test: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});

async function main() {
  const missing = await setUp({ packages: hostPackages, optional: !wantsHosts });
  if (missing.length > 0)
    say(`test: without ${missing.join(", ")}, tests that need them are skipped`);
  const { buildFlurry } = await import("./bundled.mjs");
  buildFlurry();
  const folder = mkdtempSync(join(tmpdir(), "flurry-test-"));
  const janitor = startJanitor(folder);
  try {
    if (wantsHosts) await makeImages(folder, janitor);
    const counts = [];
    for (const run of runsIn(folder)) counts.push(await testRun(run, folder, janitor));
    const left = await janitor.leftBehind();
    for (const line of left) say(`left behind by the tests: ${line}`);
    return tell(counts, left.length);
  } finally {
    await janitor.end();
  }
}

/** What is run, in this order. Each leaves a report beside the others. */
function runsIn(folder) {
  const report = (name) => [
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${folder}/${name}.json`,
  ];
  const check = [process.execPath, join(root, "scripts/check.mjs")];
  const vitest = [join(root, "node_modules/.bin/vitest"), "run"];
  // Hosts wait more than they work, so two files go side by side; more would only wait longer.
  const hosts = ["hosts.test", "--maxWorkers=2"];
  return [
    { name: "check", argv: [...check, ...report("check")], env: {} },
    { name: "contract", argv: [...vitest, "contract.test", ...report("contract")], env: ownNix() },
    { name: "hosts", argv: [...vitest, ...hosts, ...report("hosts")], env: ownNix() },
  ];
}

/** Debian's Nix asks root for a group of build users that it does not make. */
function ownNix() {
  if (!isRoot) return {};
  return { NIX_CONFIG: `${process.env.NIX_CONFIG ?? ""}\nbuild-users-group =\nsandbox = false\n` };
}

/** The hosts' images beforehand, so that no test's limit has to allow for the making of them. */
async function makeImages(folder, janitor) {
  for (const loader of ["systemd-boot", "grub"]) {
    const argv = [join(root, "src/testing/fleet/image.sh"), loader];
    const code = await finished(argv, { folder, janitor, print: () => {} });
    if (code !== 0)
      throw new Error(`the image of the test hosts cannot be made (${argv.join(" ")})`);
  }
}

async function testRun({ name, argv, env }, folder, janitor) {
  const started = performance.now();
  const code = await finished(argv, { folder, janitor, env, print: printLine });
  const counts = countsOf(`${folder}/${name}.json`);
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  say(`test: ${name} took ${Math.round((performance.now() - started) / 1000)} s`);
  return { name, ...counts };
}

/** Vitest's own sums are of one run each; the line at the end is the one to read. */
function printLine(line) {
  if (!/^\s*(Test Files|Tests)\s/.test(line)) process.stdout.write(`${line}\n`);
}

function countsOf(report) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    return {
      passed: numPassedTests,
      failed: numFailedTests,
      skipped: numPendingTests + numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }; // It ended before it could report.
  }
}

/** Runs a program in a process group of its own, which the janitor ends if we cannot; its exit code. */
function finished(argv, { folder, janitor, env = {}, print }) {
  const [program, ...words] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: root,
      detached: true,
      env: { ...process.env, ...env, ...marksOf(folder) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    janitor.watches(child.pid);
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) print(line);
    });
    child.once("error", (error) => (say(`test: ${error.message}`), resolve(1)));
    child.once("close", (code, signal) => {
      janitor.watches(0);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** All that the tests start has these, so what is left of them can be found. */
function marksOf(folder) {
  const tier = wantsHosts ? { FLURRY_FLEET: "hosts" } : {};
  return {
    ...tier,
    TMPDIR: folder,
    FLURRY_TEST_RUN: folder,
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
  };
}

function startJanitor(folder) {
  const script = join(root, "scripts/janitor.sh");
  const child = spawn("sh", [script, "wait", folder], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ]) {
    process.once(signal, () => {
      child.stdin.end();
      void ended.then(() => process.exit(code));
    });
  }
  return {
    watches: (group) => child.stdin.write(`${group}\n`),
    leftBehind: async () => {
      const { stdout } = spawnSync("sh", [script, "left", folder], { encoding: "utf8" });
      return stdout.split("\n").filter(Boolean);
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

function tell(counts, leftBehind) {
  const sum = (key) => counts.reduce((total, one) => total + one[key], 0);
  const skippedOnHosts = counts.find(({ name }) => name === "hosts")?.skipped ?? 0;
  if (!wantsHosts) say(`${skippedOnHosts} tests need systemd hosts: run as root`);
  const failed = sum("failed") + leftBehind;
  process.stdout.write(`${sum("passed")} passed, ${failed} failed, ${sum("skipped")} skipped\n`);
  return failed === 0 && sum("passed") > 0 ? 0 : 1;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
