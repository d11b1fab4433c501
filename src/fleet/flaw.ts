import type { ProblemReport } from "../lib/problem.ts";
import { visible } from "../lib/visible.ts";
import type { FleetProblem } from "./fleet.ts";

/** All errors of one host's description, as one problem `host-described-badly`; null: it has none. */
export function flawOf(problems: readonly FleetProblem[], name: string): ProblemReport | null {
  // What is wrong with fleet.json as a whole may be wrong about every host.
  const errors = problems.filter((problem) => {
    const isOfAll = problem.host === undefined && problem.path === "fleet.json";
    return problem.severity === "error" && (problem.host === name || isOfAll);
  });
  const [first] = errors;
  if (first === undefined) return null;
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
  return {
    code: "host-described-badly",
    message: `${visible(name)}: ${first.message}${more}`,
    hint: `flurry host show ${name}`,
    evidence: errors.map(({ message }) => message),
  };
}
