import { exitOf, type LaneEnd } from "../event/exit.ts";
import { decodeLines } from "../event/journal-line.ts";
import { nothingYet, reduce } from "../event/state.ts";
import type { Host } from "../fleet/host.ts";
import { type ProblemReport, problemOf } from "../lib/problem.ts";
import { clean } from "../lib/width.ts";
import { inWidth } from "../run/in-width.ts";
import { readRun, runsFolder } from "../world/journal.ts";
import type { Call } from "./command.ts";
import { followFlag, linesFlag, runFlag, sinceFlag, unitFlag } from "./commands/logs.ts";
import { askedToEnd, inFrontOf, problemLine } from "./host-lines.ts";
import { openFleet } from "./open-fleet.ts";

const usualLines = 100;
const readingSeconds = 120;
/** Following lines ends with an interrupt, or after a day. */
const followingSeconds = 86_400;

interface Told {
  readonly host: string;
  readonly lines: readonly string[];
  readonly problem: ProblemReport | null;
}

/** `flurry logs`: lines of the hosts' own journals, with the host in front where there are several. */
export async function logs(call: Call): Promise<number> {
  const { output, stdout, stderr } = call.context;
  const { hosts } = await openFleet(call, { verb: "asks", reaches: true, evaluates: false });
  const words = await journalctlWords(call);
  const inFront = inFrontOf(hosts);
  const asked = askedToEnd(call.context);
  const told: Told[] = [];
  await inWidth(hosts.length || 1, hosts, async (host) => {
    const print = (line: string): void => {
      if (output.format === "table") stdout(`${inFront(host)}${clean(line)}\n`);
    };
    const one = await linesOf(call, host, words, print, asked.signal);
    if (one.problem && asked.first() === null) {
      stderr(`${problemLine(inFront(host), host, one.problem)}\n`);
    }
    told.push(one);
  });
  asked.ignore();
  if (output.format !== "table") stdout(`${JSON.stringify(documentOf(hosts, told))}\n`);
  // To interrupt is how one ends following; nothing was left undone by it.
  return call.flag(followFlag) && asked.first() !== null
    ? 0
    : exitOf(told.map(endOf), asked.first());
}

/** Values go in one word with their flag, so that none of them can be taken for another flag. */
async function journalctlWords(call: Call): Promise<readonly string[]> {
  const since = call.flag(sinceFlag);
  const run = call.flag(runFlag);
  const during = run === undefined ? [] : await timesOf(call, run);
  const limit = call.flag(linesFlag) ?? (during.length > 0 ? "all" : usualLines);
  return [
    "--no-pager",
    "--output=short-iso",
    `--lines=${limit}`,
    ...call.flag(unitFlag).map((unit) => `--unit=${unit}`),
    ...(since === undefined ? [] : [`--since=-${since}s`]),
    ...during,
    ...(call.flag(followFlag) ? ["--follow"] : []),
  ];
}

/** From the start of a run to a little after its end: by our clock, which the host's should be. */
async function timesOf(call: Call, prefix: string): Promise<readonly string[]> {
  const { text, at } = await readRun(runsFolder(call.context.env), prefix);
  const { endedAt } = decodeLines(text).reduce(reduce, nothingYet);
  const until = endedAt === null ? [] : [`--until=@${Math.ceil(endedAt / 1000) + 5}`];
  return [`--since=@${Math.floor(at / 1000)}`, ...until];
}

async function linesOf(
  call: Call,
  host: Host,
  args: readonly string[],
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<Told> {
  const command = {
    host,
    script: 'exec journalctl "$@"',
    args,
    asRoot: "if-possible" as const,
    follow: true as const,
    timeoutSeconds: call.flag(followFlag) ? followingSeconds : readingSeconds,
    signal,
  };
  return call.context.world.onHost(command, print).then(
    ({ stdout }) => ({ host: host.name, lines: stdout.trimEnd().split("\n"), problem: null }),
    (thrown: unknown) => ({ host: host.name, lines: [], problem: problemOf(thrown).report }),
  );
}

function endOf({ problem }: Told): LaneEnd {
  if (problem === null) return { outcome: "done" };
  return { outcome: problem.code === "host-unreachable" ? "unreachable" : "failed", problem };
}

/** `flurry.logs/1`, in the order of the inventory. */
function documentOf(hosts: readonly Host[], told: readonly Told[]): object {
  const entries = hosts.flatMap(({ name }) => {
    const one = told.find(({ host }) => host === name);
    return one ? [[name, { lines: one.lines, problem: one.problem }]] : [];
  });
  return { schema: "flurry.logs/1", hosts: Object.fromEntries(entries) };
}
