import { Problem, type ProblemCode } from "../lib/problem.ts";
import type { Output, World } from "../world/world.ts";

/** What Nix complained of, in one sentence: `what` and its innermost error. */
export function nixProblem(what: string, { stderr }: Output, code: ProblemCode): Problem {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const last = lines.findLast((line) => /^\s*error: \S/.test(line));
  const reason = last?.replace(/^\s*error: /, "") ?? lines.at(-1) ?? "Nix says nothing about it";
  return new Problem(code, `${what}: ${reason}`, { evidence: lines.slice(-20) });
}

/** Is there such a program on PATH? Asked where its absence is an answer and no failure. */
export async function isInstalled(world: World, program: string): Promise<boolean> {
  const folders = (world.env["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/"));
  const found = await Promise.all(
    folders.map((folder) => world.files.real(`${folder}/${program}`)),
  );
  return found.some((path) => path !== undefined);
}
