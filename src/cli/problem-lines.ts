import type { Problem } from "../lib/problem.ts";
import { styleOf } from "../view/style.ts";
import { version } from "./version.ts";
import type { Outside } from "./outside.ts";

/** A problem as a person reads it: what happened, the evidence, what to do, the code. */
export function problemLines(problem: Problem, exit: number, outside: Outside): readonly string[] {
  const { env, terminal } = outside;
  const style = styleOf({
    env,
    isTerminal: terminal.stderrIsTerminal,
    columns: terminal.columns(),
  });
  const [cross, bar] = style.ascii ? ["x", "|"] : ["✖", "│"];
  const evidence = problem.code === "bug" ? stackOf(problem) : problem.evidence;
  return [
    `${style.colour ? `\x1b[31m${cross}\x1b[39m` : cross} ${problem.message}`,
    ...(evidence.length > 0 ? ["", ...evidence.map((line) => `  ${bar} ${line}`), ""] : []),
    ...(problem.hint === undefined ? [] : [`  Next  ${problem.hint}`]),
    ...(problem.code === "bug" ? apology() : []),
    `  code ${problem.code} (flurry explain ${problem.code})    exit ${exit}`,
  ];
}

/** Where it was thrown: of what we did not foresee, that is the cause. */
function stackOf({ cause, stack }: Problem): readonly string[] {
  const text = cause instanceof Error ? cause.stack : stack;
  return (text ?? "").split("\n");
}

function apology(): readonly string[] {
  return [
    "  This is a mistake of flurry, and we are sorry. Report it with the lines above, and with",
    `  flurry ${version}, Node ${process.versions.node}, ${process.platform}`,
  ];
}
