import type { LaneEnd } from "../event/exit.ts";
import type { Host } from "../fleet/host.ts";
import { Problem, problemOf } from "../lib/problem.ts";
import type { Ended } from "../nix/parse-outcome.ts";
import { verdictOf } from "../nix/verdict.ts";
import type { Errand } from "../run/errand.ts";
import { lookAtAll } from "../run/look-at.ts";
import { abort, confirm, follow, type OpenOn, recover } from "../run/reattach.ts";
import type { SummaryWish } from "../view/summary.ts";
import { listRuns, runsFolder } from "../world/journal.ts";
import { answer } from "./answer.ts";
import type { Call } from "./command.ts";
import { reasonFlag } from "./flags.ts";
import { openFleet } from "./open-fleet.ts";
import { openSession } from "./session.ts";

/** What may be done about a run that someone began, from any machine that reaches its hosts. */
const verbs: Readonly<Record<string, (on: OpenOn, errand: Errand) => Promise<Ended>>> = {
  follow,
  abort,
  confirm,
  recover,
};

/** `flurry run follow|abort|confirm|recover RUN|HOST`. */
export async function runOfOthers(call: Call): Promise<number> {
  const verb = call.spec.path[1] ?? "follow";
  const act = verbs[verb] ?? follow;
  const [wanted = ""] = call.words;
  const opened = await openFleet(
    { ...call, words: ["all"] },
    { verb: "reads", reaches: true, evaluates: false },
  );
  const found = await openRuns(call, wanted, opened.hosts);
  if (verb === "abort" && call.context.output.mayAsk) {
    const reply = await call.context.ask(`${found.map(told).join("\n")}\nSend back? [y/N] `);
    if (!/^y(es)?$/i.test(reply)) return 0;
  }
  const session = await openSession(call, {
    goal: `run ${verb}`,
    title: `${verb} ${wanted}`,
    hosts: found.map(({ host }) => host.name),
    source: null,
    reason: call.flag(reasonFlag) ?? "",
    kept: false,
  });
  try {
    const { emit } = session.errand;
    const ends = await Promise.all(
      found.map(async (on): Promise<[string, LaneEnd]> => {
        const end = await act(on, session.errand).then(
          (ended) => verdictOf(on.host, on.run, ended),
          (thrown: unknown) => failed(problemOf(thrown)),
        );
        emit({
          kind: "lane.finished",
          host: on.host.name,
          outcome: end.outcome,
          from: null,
          to: null,
          generation: null,
          because: end.because ?? end.problem?.message ?? null,
          ...(end.problem && { problem: end.problem }),
        });
        return [on.host.name, end];
      }),
    );
    return answer(call, session, session.finish(new Map(ends)), await aboutOf(call, found));
  } finally {
    session.close();
  }
}

/** All that was found is of one run. */
async function aboutOf(
  { context }: Call,
  [first]: readonly Found[],
): Promise<SummaryWish["about"]> {
  if (!first) return undefined;
  const here = await listRuns(runsFolder(context.env));
  return { run: first.run, isHere: here.some(({ id }) => id === first.run) };
}

type Verdict = ReturnType<typeof verdictOf>;

function failed(problem: Problem): Verdict {
  const outcome = problem.code === "interrupted" ? "detached" : "failed";
  return { outcome, problem: problem.report, because: problem.message };
}

interface Found extends OpenOn {
  readonly owner: string | null;
  readonly phase: string;
}

function told({ host, run, owner, phase }: Found): string {
  return `${host.name}: run ${run} of ${owner ?? "someone"}, ${phase}`;
}

/** A host's name means its open run; anything else is the id of a run, and all hosts are asked who has it. */
async function openRuns(call: Call, wanted: string, hosts: readonly Host[]): Promise<Found[]> {
  const named = hosts.filter(({ name }) => name === wanted);
  const asked = named.length > 0 ? named : hosts;
  const seen = await lookAtAll(asked, call.context.world);
  const found = asked.flatMap((host): Found[] => {
    const now = seen.get(host.name);
    if (!now?.answers || !now.open) return [];
    const { run, owner, phase } = now.open;
    return named.length > 0 || run === wanted ? [{ host, run, owner, phase }] : [];
  });
  if (found.length > 0) return found;
  const silent = asked.filter(({ name }) => !seen.get(name)?.answers).map(({ name }) => name);
  if (silent.length > 0) {
    const which =
      silent.length === asked.length
        ? "none of the hosts answers"
        : `${silent.join(", ")} did not answer`;
    throw new Problem("no-host-answers", `no open run ${wanted} was found: ${which}`, {
      hint: "flurry status",
    });
  }
  throw new Problem(
    "usage",
    `nothing is open: ${named.length > 0 ? `${wanted} has no open run` : `no host has a run ${wanted}`}`,
    {
      hint: named.length > 0 ? `flurry history` : `flurry history show ${wanted}`,
    },
  );
}
