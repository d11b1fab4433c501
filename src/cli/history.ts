import type { Event } from "../event/event.ts";
import { decodeLines, encodeLine } from "../event/journal-line.ts";
import { historyDocument, type RunRecord } from "../event/run-document.ts";
import { hostOfStep, nothingYet, reduce } from "../event/state.ts";
import { Problem } from "../lib/problem.ts";
import { nearest } from "../lib/nearest.ts";
import { historyPlain, historyText, logText, runText, timingText } from "../view/history-text.ts";
import {
  isAlive,
  listRuns,
  readJournal,
  readRun,
  type RunFile,
  runsFolder,
} from "../world/journal.ts";
import type { Call } from "./command.ts";
import { lastFlag, timingFlag } from "./commands/history.ts";
import { onFlag } from "./flags.ts";
import { historyOnHosts } from "./history-on-hosts.ts";

/** As many runs as a screen holds; documents have all. */
const listed = 20;

/** `flurry history`: the runs made from here; with `--on`, what hosts remember themselves. */
export async function history(call: Call): Promise<number> {
  if (call.flag(onFlag).length > 0) return historyOnHosts(call);
  const { output, stdout, style, env } = call.context;
  const isDocument = output.format !== "table";
  const most = call.flag(lastFlag) ?? (isDocument ? Infinity : listed);
  const records: RunRecord[] = [];
  const files = await listRuns(runsFolder(env));
  for (const file of files) {
    if (records.length >= most) break;
    const record = await recordOf(file, decodeLines(await readJournal(file.path)));
    const hosts = record.state.lanes;
    if (call.words.every((word) => hosts.has(word))) records.push(record);
  }
  if (isDocument) stdout(`${JSON.stringify(historyDocument(records), null, 2)}\n`);
  else stdout(lines(output.plain ? historyPlain(records) : historyText(records, style())));
  return 0;
}

/** `flurry history show [RUN]`. */
export async function historyShow(call: Call): Promise<number> {
  const { output, stdout, style } = call.context;
  const file = await wantedRun(call);
  const record = await recordOf(file, decodeLines(file.text));
  if (output.format !== "table") {
    stdout(`${JSON.stringify(historyDocument([record]), null, 2)}\n`);
  } else if (call.flag(timingFlag)) stdout(lines(timingText(record.state, style())));
  else stdout(lines(runText(record, style())));
  return 0;
}

/** `flurry history log RUN [HOST]`. */
export async function historyLog(call: Call): Promise<number> {
  const { output, stdout, style } = call.context;
  const [, host = null] = call.words;
  const file = await wantedRun(call);
  const events = decodeLines(file.text);
  if (host !== null) mustHave(file.id, events, host);
  const chosen = host === null ? events : events.filter((event) => isOf(event, host));
  if (output.format === "jsonl") stdout(chosen.map(encodeLine).join(""));
  else if (output.format === "json") stdout(`${JSON.stringify(chosen, null, 2)}\n`);
  else stdout(lines(logText(events, host, style())));
  return 0;
}

async function wantedRun(call: Call): Promise<RunFile & { readonly text: string }> {
  const folder = runsFolder(call.context.env);
  const [prefix] = call.words;
  if (prefix !== undefined) return readRun(folder, prefix);
  const [newest] = await listRuns(folder);
  if (!newest) throw new Problem("usage", "no run was made from here yet", { hint: "flurry plan" });
  return { ...newest, text: await readJournal(newest.path) };
}

function mustHave(run: string, events: readonly Event[], host: string): void {
  const hosts = [...events.reduce(reduce, nothingYet).lanes.keys()];
  if (hosts.includes(host)) return;
  const [near] = nearest(host, hosts);
  throw new Problem("unknown-host", `run ${run} had no host ${host}`, {
    hint: `flurry history log ${run} ${near ?? hosts[0] ?? ""}`.trim(),
  });
}

function isOf(event: Event, host: string): boolean {
  if ("host" in event) return event.host === host;
  return "step" in event && hostOfStep(event.step) === host;
}

/** A run whose journal tells no end either goes on, or its process is gone. */
async function recordOf(file: RunFile, events: readonly Event[]): Promise<RunRecord> {
  // A journal that was cut before its first line still has a name and a time.
  const state = events.reduce(reduce, { ...nothingYet, run: file.id, at: file.at });
  const alive = state.outcome === null && (await isAlive(file.path));
  return { state, alive };
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
