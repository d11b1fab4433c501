import { exitOfAnswers } from "../event/exit.ts";
import { timeOf } from "../event/run-document.ts";
import { type ProblemReport, problemOf } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { type HostRun, parseRuns } from "../nix/parse-chores.ts";
import { hostHistoryPlain, hostHistoryText } from "../view/history-text.ts";
import type { Call } from "./command.ts";
import { openFleet } from "./open-fleet.ts";

/** What one host remembers, or why it does not say. */
interface Remembered {
  readonly host: string;
  readonly runs: readonly HostRun[] | null;
  readonly problem: ProblemReport | null;
}

/** `flurry history --on HOSTS`: runs as the hosts remember them, from wherever they came. */
export async function historyOnHosts(call: Call): Promise<number> {
  const { world, output, stdout, stderr, style } = call.context;
  const { hosts } = await openFleet(call, { verb: "reads", reaches: true, evaluates: false });
  const all = await Promise.all(
    hosts.map(async (host): Promise<Remembered> =>
      world.onHost(guard.runs(host)).then(
        (told) => ({ host: host.name, runs: parseRuns(told.stdout), problem: null }),
        (thrown: unknown) => ({ host: host.name, runs: null, problem: problemOf(thrown).report }),
      ),
    ),
  );
  if (output.format === "table" && output.plain) {
    for (const { problem } of all) if (problem) stderr(`${problem.message}\n`);
    stdout(
      all
        .flatMap(hostHistoryPlain)
        .map((line) => `${line}\n`)
        .join(""),
    );
  } else if (output.format === "table") {
    const texts = all.flatMap((one) => hostHistoryText(one, style()));
    stdout(texts.map((line) => `${line}\n`).join(""));
  } else stdout(`${JSON.stringify(documentOf(all), null, 2)}\n`);
  return exitOfAnswers(all.map(({ problem }) => ({ answers: problem === null, problem })));
}

/** `flurry.host-history/1`: a host that does not answer has `runs: null` and its problem. */
function documentOf(all: readonly Remembered[]): object {
  const hosts = all.map(({ host, runs, problem }) => {
    const told = runs?.map(({ at, ...run }) => ({ ...run, at: timeOf(at) })) ?? null;
    return [host, { runs: told, problem }];
  });
  return { schema: "flurry.host-history/1", hosts: Object.fromEntries(hosts) };
}
