// `npm run check`: everything that can be said of flurry without Nix, ssh and hosts, in under a minute.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

const started = performance.now();
const folders = ["src", "test", "bench", "demo", "scripts"].filter((each) => existsSync(each));

/** Each is quick alone: they go side by side, and the tests after them. */
const looks = [
  ["types", "tsc"],
  ["lint", "oxlint", "--deny-warnings", "--type-aware", ...folders],
  ["format", "oxfmt", "--check", "."],
  ["unused", "knip"],
];
const tests = [
  "tests",
  "vitest",
  "run",
  "--exclude=**/*.contract.test.ts",
  "--exclude=**/*.hosts.test.ts",
  "--exclude=**/node_modules/**",
  ...process.argv.slice(2),
];

const ends = await Promise.all(looks.map(look));
ends.push(await look(tests));

const failed = ends.filter(({ code }) => code !== 0);
for (const { name, text } of failed) process.stdout.write(`\n── ${name}\n${text.trimEnd()}\n`);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
const count = /^\s*Tests\s.*?(\d+) passed/m.exec(ends.at(-1)?.text ?? "")?.[1] ?? "no";
const passed = `types, lint, format and unused code are well, ${count} tests passed`;
const broken = `${failed.map(({ name }) => name).join(", ")} failed`;
process.stdout.write(`check: ${failed.length === 0 ? passed : broken} in ${seconds} s\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Runs a tool of node_modules to its end, and keeps what it says for the case that it fails. */
function look([name, tool, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${tool}`, args, {
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    child.stderr.on("data", (chunk) => (text += chunk));
    child.on("error", (error) => resolve({ name, code: 1, text: error.message }));
    child.on("close", (code) => resolve({ name, code: code ?? 1, text }));
  });
}
