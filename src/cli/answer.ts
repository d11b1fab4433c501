import { runDocument } from "../event/run-document.ts";
import { type SummaryWish, summaryText } from "../view/summary.ts";
import type { Call } from "./command.ts";
import type { Session } from "./session.ts";

/**
 * The end of a run, as it was asked for: a summary, or one document; after the events nothing.
 * `about`: the run that this one is about.
 */
export function answer(
  call: Call,
  session: Session,
  exit: number,
  about?: SummaryWish["about"],
): number {
  const { output, stdout, style } = call.context;
  session.close();
  if (output.format === "json") {
    stdout(`${JSON.stringify(runDocument(session.state()), null, 2)}\n`);
  } else if (output.format === "table") {
    const lines = summaryText(session.state(), style(), { ...(about && { about }) });
    stdout(`${lines.join("\n")}\n`);
  }
  return exit;
}
