import { type Problem, problemExits, problemOf } from "../lib/problem.ts";
import { version } from "./version.ts";
import { helpOn } from "./help-command.ts";
import type { Outside } from "./outside.ts";
import { callOf, parse, type Understood, wantsJson } from "./parse.ts";
import { commands } from "./registry.ts";

/**
 * One command line, from its words to its exit code. Whatever goes wrong is told here, on stderr
 * and with `--json` as a document, and ends in a code of the list.
 */
export async function runCommandLine(argv: readonly string[], outside: Outside): Promise<number> {
  try {
    const parsed = parse(argv, commands, outside.env);
    switch (parsed.kind) {
      case "help":
        outside.terminal.answer(helpOn(parsed.path));
        return 0;
      case "version":
        outside.terminal.answer(`flurry ${version}\n`);
        return 0;
      case "nothing":
        return await withoutCommand(argv, outside);
      case "call":
        return await carryOut(parsed, outside);
    }
  } catch (thrown) {
    return await tell(problemOf(thrown), argv, outside);
  }
}

async function carryOut(understood: Understood, outside: Outside): Promise<number> {
  for (const note of understood.notes) outside.terminal.write(`note: ${note}\n`);
  const [{ makeContext }, { watchSignals }, handler] = await Promise.all([
    import("./make-context.ts"),
    import("./interruption.ts"),
    understood.spec.load(),
  ]);
  const interruption = watchSignals(outside);
  const context = await makeContext(understood, outside, interruption);
  try {
    const exit = await handler(callOf(understood, context));
    return interruption.exit() ?? exit;
  } catch (thrown) {
    const exit = interruption.exit();
    if (exit === null) throw thrown;
    return exit;
  } finally {
    await context.world.close();
    interruption.end();
  }
}

/** `flurry` alone: the hosts of this repository; where there is none, what flurry can do. */
async function withoutCommand(argv: readonly string[], outside: Outside): Promise<number> {
  try {
    const parsed = parse(["host", "list", ...argv], commands, outside.env);
    if (parsed.kind === "call") return await carryOut(parsed, outside);
  } catch (thrown) {
    const problem = problemOf(thrown);
    if (argv.length > 0 || problem.code !== "not-a-flake") throw problem;
  }
  outside.terminal.answer(helpOn([]));
  return 0;
}

/** Tells what went wrong, and gives its exit code. */
export async function tell(
  problem: Problem,
  argv: readonly string[],
  outside: Outside,
): Promise<number> {
  const { problemLines } = await import("./problem-lines.ts");
  const exit = problemExits[problem.code];
  outside.terminal.write(`${problemLines(problem, outside).join("\n")}\n`);
  if (wantsJson(argv)) {
    const document = { schema: "flurry.problem/1", problem: problem.report, exit };
    outside.terminal.answer(`${JSON.stringify(document, null, 2)}\n`);
  }
  return exit;
}
