import type { RunState } from "../event/state.ts";
import { shLine } from "../lib/quote.ts";

/** Whether the run can be asked for by its id. One that only reads leaves nothing behind. */
export function isKeptRun({ started }: RunState): boolean {
  return started?.kept ?? true;
}

/** What a run is called where its line begins: `run 7f3kq2`; `plan 2 hosts` where nothing is kept of it. */
export function nameOfRun(state: RunState): string {
  return isKeptRun(state) ? `run ${state.run}` : (state.started?.title ?? "");
}

/** The same without blanks, for lines that are cut at them: `plan`, `run follow`. */
export function wordOfRun(state: RunState): string {
  return isKeptRun(state) ? `run ${state.run}` : (state.started?.goal ?? "");
}

/** Where all of it can be read later; null where nothing is kept. */
export function logCommand(state: RunState, host: string): string | null {
  return isKeptRun(state) ? `flurry history log ${state.run} ${host}` : null;
}

/** The command of the run as it was typed; null in journals that do not tell it. */
export function typedCommand({ started }: RunState): string | null {
  return started?.command ? shLine(["flurry", ...started.command]) : null;
}
