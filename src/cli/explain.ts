import { problemPages } from "problem-pages";
import { exitMeanings } from "../lib/exit.ts";
import { nearest } from "../lib/nearest.ts";
import { Problem, problemExits } from "../lib/problem.ts";
import type { Call } from "./command.ts";

/** `flurry explain [CODE]`. */
export async function explain({ words, context }: Call): Promise<number> {
  const { format } = context.output;
  context.stdout(format === "table" ? explanationOf(words[0]) : documentOf(words[0]));
  return 0;
}

/** The page of a code, the list of exit codes, or without a word the list of problem codes. */
export function explanationOf(code: string | undefined): string {
  if (code === undefined) return codesText();
  if (code === "exit") return exitText();
  return pageOf(code);
}

function pageOf(code: string): string {
  const page = Object.hasOwn(problemPages, code) ? problemPages[code] : undefined;
  if (page !== undefined) return page;
  const near = nearest(code, Object.keys(problemPages));
  throw new Problem("usage", `no problem has the code “${code}”`, {
    hint: near.length > 0 ? `flurry explain ${near[0]}` : "flurry explain",
  });
}

function codesText(): string {
  const lines = Object.entries(problemExits).map(
    ([code, exit]) => `  ${code.padEnd(24)}exit ${exit}`,
  );
  return `Codes of problems\n${lines.join("\n")}\n\nMore: flurry explain CODE, flurry explain exit\n`;
}

function exitText(): string {
  const lines = Object.entries(exitMeanings).map(
    ([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`,
  );
  return [
    "Exit codes",
    ...lines,
    "",
    "Several hosts: any 13 gives 13; else 20 where some have it and some have not; else the first",
    "failing phase, in this order. Hosts that have it already count as having it.",
    "",
  ].join("\n");
}

function documentOf(code: string | undefined): string {
  const document =
    code === undefined || code === "exit"
      ? { schema: "flurry.explain/1", exits: exitMeanings, codes: problemExits }
      : { schema: "flurry.explain/1", code, page: pageOf(code) };
  return `${JSON.stringify(document, null, 2)}\n`;
}
