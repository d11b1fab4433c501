import { exitOf, type LaneEnd } from "../event/exit.ts";
import type { Host } from "../fleet/host.ts";
import { Problem, type ProblemReport, problemOf } from "../lib/problem.ts";
import { inWidth } from "../run/in-width.ts";
import type { Call } from "./command.ts";
import { parallelFlag } from "./flags.ts";
import { askedToEnd, inFrontOf, problemLine } from "./host-lines.ts";
import { openFleet } from "./open-fleet.ts";

/** A command of a person may take a day, and then something is wrong. */
const longestSeconds = 86_400;

/** Every exit code is an answer here. */
const everyCode = Array.from({ length: 256 }, (_, code) => code);

/** What became of the command on one host. */
interface Executed {
  readonly host: string;
  /** Null: it was not run, or did not end. */
  readonly code: number | null;
  readonly output: string;
  readonly problem: ProblemReport | null;
}

/** `flurry exec HOSTS -- COMMAND`: side by side, lines with the host in front. */
export async function exec(call: Call): Promise<number> {
  const { output, stdout, stderr } = call.context;
  if (call.rest.length === 0) {
    throw new Problem("usage", "flurry exec needs a command after --", {
      hint: `flurry exec ${call.words.join(" ") || "all"} -- uptime`,
    });
  }
  const { hosts } = await openFleet(
    { ...call, rest: [] },
    { verb: "asks", reaches: true, evaluates: false },
  );
  const inFront = inFrontOf(hosts);
  const asked = askedToEnd(call.context);
  const done: Executed[] = [];
  await inWidth(call.flag(parallelFlag) || 10, hosts, async (host) => {
    const print = (line: string): void => {
      if (output.format === "table") stdout(`${inFront(host)}${line}\n`);
    };
    const one = await executed(call, host, print, asked.signal);
    if (one.problem !== null) stderr(`${problemLine(inFront(host), host, one.problem)}\n`);
    done.push(one);
  });
  asked.ignore();
  if (output.format !== "table") stdout(`${JSON.stringify(documentOf(hosts, done))}\n`);
  const [only, ...others] = done;
  // As ssh does: with one host the command's own exit code is the answer.
  if (only?.code && others.length === 0 && asked.first() === null) return only.code;
  return exitOf(done.map(endOf), asked.first());
}

/** The words go as they are: the host's sh gets them as arguments, and no shell reads them. */
async function executed(
  call: Call,
  host: Host,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<Executed> {
  const running = call.context.world.onHost(
    {
      host,
      script: 'exec "$@"',
      args: call.rest,
      follow: true,
      timeoutSeconds: longestSeconds,
      accepts: everyCode,
      signal,
    },
    print,
  );
  const [result] = await Promise.allSettled([running]);
  if (result.status === "rejected") {
    const problem = problemOf(result.reason).report;
    return { host: host.name, code: null, output: "", problem };
  }
  const { code, stdout } = result.value;
  if (code === 0) return { host: host.name, code, output: stdout, problem: null };
  const message = `${call.rest[0] ?? ""} ended with exit code ${code} on ${host.name}`;
  const problem: ProblemReport = { code: "command-failed", message };
  return { host: host.name, code, output: stdout, problem };
}

function endOf({ problem }: Executed): LaneEnd {
  if (problem === null) return { outcome: "done" };
  return { outcome: problem.code === "host-unreachable" ? "unreachable" : "failed", problem };
}

/** `flurry.exec/1`, in the order of the inventory. */
function documentOf(hosts: readonly Host[], done: readonly Executed[]): object {
  const entries = hosts.flatMap(({ name }) => {
    const one = done.find(({ host }) => host === name);
    return one ? [[name, { code: one.code, output: one.output, problem: one.problem }]] : [];
  });
  return { schema: "flurry.exec/1", hosts: Object.fromEntries(entries) };
}
