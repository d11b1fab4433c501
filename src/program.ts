import { runCommandLine, tell } from "./cli/command-line.ts";
import { outsideOf } from "./cli/process.ts";
import { problemOf } from "./lib/problem.ts";

/** The whole program: argv in, exit code out. main.ts starts it. */
async function program(): Promise<void> {
  const argv = process.argv.slice(2);
  const outside = outsideOf(process);
  // What escapes from a listener or a promise that nobody awaits ends here, as a bug.
  process.on("uncaughtException", (thrown) => {
    void tell(problemOf(thrown), argv, outside).then(outside.exit);
  });
  const exit = await runCommandLine(argv, outside);
  await outside.terminal.flush();
  outside.exit(exit);
}

void program();
