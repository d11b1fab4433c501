import type { Problem, ProblemReport } from "../lib/problem.ts";
import { problemText } from "../view/failure.ts";
import { styleOf } from "../view/style.ts";
import type { Outside } from "./outside.ts";
import { version } from "./version.ts";

/** A problem as a person reads it. A bug comes with its stack, an apology, and what to report. */
export function problemLines(problem: Problem, outside: Outside): readonly string[] {
  const { env, terminal } = outside;
  // Terminals wrap long lines by themselves; clipped, a command to paste would be of no use.
  const columns = 10_000;
  const style = styleOf({ env, isTerminal: terminal.stderrIsTerminal, columns });
  if (problem.code !== "bug") return problemText(problem.report, style);
  const hint = `report it with these lines; flurry ${version}, Node ${process.versions.node}`;
  const report: ProblemReport = { ...problem.report, hint };
  return [
    ...problemText(report, style),
    "",
    "This is a mistake of flurry, and we are sorry.",
    ...stackOf(problem),
  ];
}

/** Where it was thrown: of what we did not foresee, that is the cause. */
function stackOf({ cause, stack }: Problem): readonly string[] {
  const text = cause instanceof Error ? cause.stack : stack;
  return (text ?? "").split("\n");
}
