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
        outside.terminal.answer(`${version}\n`);
        return 0;
      case "nothing":
        return await withoutCommand(argv, outside);
      case "call":
        return await carryOut(parsed, outside);
    }
  } catch (thrown) {
    const problem = problemOf(thrown);
    await tell(problem, argv, outside);
    return problemExits[problem.code];
  }
}

async function carryOut(understood: Understood, outside: Outside): Promise<number> {
  for (const note of understood.notes) outside.terminal.write(`note: ${note}\n`);
  const [{ makeContext }, handler] = await Promise.all([
    import("./make-context.ts"),
    understood.spec.load(),
  ]);
  const context = await makeContext(understood, outside);
  try {
    return await handler(callOf(understood, context));
  } finally {
    await context.world.close();
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

async function tell(problem: Problem, argv: readonly string[], outside: Outside): Promise<void> {
  const { problemLines } = await import("./problem-lines.ts");
  const exit = problemExits[problem.code];
  outside.terminal.write(`${problemLines(problem, outside).join("\n")}\n`);
  if (!wantsJson(argv)) return;
  const document = { schema: "flurry.problem/1", problem: problem.report, exit };
  outside.terminal.answer(`${JSON.stringify(document, null, 2)}\n`);
}
