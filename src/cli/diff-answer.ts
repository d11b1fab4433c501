import type { HostDiff } from "../inventory/closures.ts";
import type { Difference, DiffDocument } from "../plan/diff-document.ts";
import { diffText } from "../view/diff-text.ts";
import type { Call } from "./command.ts";
import { allFlag, rebuiltFlag } from "./commands/diff.ts";
import { exitCodeFlag } from "./commands/plan.ts";

const somethingDiffers = 2;

/** A comparison, with what a person calls the two systems. */
export function differenceOf(
  { diff: closure, effects, risks }: HostDiff,
  from: number | string | null,
  to: number | string | null,
): Difference {
  return { from, to, diff: closure, effects, risks, problem: null };
}

/** The answer, and 2 where it was asked for and something differs. */
export function answerDiff(call: Call, document: DiffDocument, exit = 0): number {
  const { output, stdout } = call.context;
  if (output.format === "json") stdout(`${JSON.stringify(document, null, 2)}\n`);
  else if (output.format === "table") stdout(`${textOf(call, document).join("\n")}\n`);
  const all = [...Object.values(document.hosts), ...(document.systems ? [document.systems] : [])];
  const differs = all.some(({ diff: closure }) => closure && closure.from !== closure.to);
  return exit === 0 && differs && call.flag(exitCodeFlag) ? somethingDiffers : exit;
}

function textOf(call: Call, { hosts, systems }: DiffDocument): readonly string[] {
  const style = call.context.style();
  const wish = { all: call.flag(allFlag), rebuilt: call.flag(rebuiltFlag) };
  const named: readonly (readonly [string | null, Difference])[] = [
    ...Object.entries(hosts),
    ...(systems ? [[null, systems] as const] : []),
  ];
  return named.flatMap(([host, { from, to, diff: closure, effects }], index) => {
    if (!closure) return [];
    const lines = diffText({ host, from, to }, closure, { ...wish, effects }, style);
    return index === 0 ? lines : ["", ...lines];
  });
}
