import { runCommandLine, tell } from "./cli/command-line.ts";
import { outsideOf } from "./cli/process.ts";
import { problemOf } from "./lib/problem.ts";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`flurry needs Node 20.19 or newer; this is ${process.versions.node}\n`);
  process.exit(65);
}

const argv = process.argv.slice(2);
const outside = outsideOf(process);
// What escapes from a listener or a promise that nobody awaits ends here, as a bug.
process.on("uncaughtException", (thrown) => {
  void tell(problemOf(thrown), argv, outside).then(outside.exit);
});

const exit = await runCommandLine(argv, outside);
await outside.terminal.flush();
outside.exit(exit);
