import { runCommandLine } from "./cli/command-line.ts";
import { outsideOf } from "./cli/process.ts";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`flurry needs Node 20.19 or newer; this is ${process.versions.node}\n`);
  process.exit(65);
}
const outside = outsideOf(process);
const exit = await runCommandLine(process.argv.slice(2), outside);
await outside.terminal.flush();
process.exit(exit);
