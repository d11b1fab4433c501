import type { LaneEnd } from "../event/exit.ts";
import type { Host } from "../fleet/host.ts";
import type { Problem, ProblemCode } from "../lib/problem.ts";
import { verdictOf } from "../nix/verdict.ts";
import type { Change } from "../plan/change.ts";
import { giveUp, type HostChange } from "./change-host.ts";
import type { Errand } from "./errand.ts";
import type { Prepared } from "./prepare-host.ts";
import type { Ending } from "./run.ts";

/** How each host's part ended, in the order of the hosts. */
export type Ends = ReadonlyMap<string, LaneEnd>;

/** Tells the end of each host's part as `lane.finished`: the first one told counts. */
export interface EndsTold {
  readonly all: () => Ends;
  /** It could not be prepared. */
  readonly failed: (host: string, problem: Problem, prepared: Prepared | undefined) => void;
  readonly unchanged: (change: Change) => void;
  /** What was asked for is done, and nothing was to be armed for it. */
  readonly prepared: (prepared: Prepared) => void;
  readonly skipped: (host: string, because: string) => void;
  /** Its part of a rollout is over; a host that is armed still is sent back first. */
  readonly changed: (change: Change, host: HostChange, ending: Ending) => Promise<void>;
}

interface Facts {
  readonly from?: string | null;
  readonly to?: string | null;
  readonly generation?: number | null;
  readonly because?: string | null;
}

/** Nobody can be asked, or nobody waits: the host settles by itself. */
const leftAlone: ReadonlySet<ProblemCode> = new Set(["host-silent", "interrupted"] as const);

/** The ends of these hosts; each is told once. */
export function endsOf(hosts: readonly Host[], errand: Errand): EndsTold {
  const { emit, run } = errand;
  const ends = new Map<string, LaneEnd>();

  function tell(host: string, outcome: LaneEnd["outcome"], problem: Told, facts: Facts): void {
    if (ends.has(host)) return;
    ends.set(host, { outcome, problem });
    emit({
      kind: "lane.finished",
      host,
      outcome,
      from: facts.from ?? null,
      to: facts.to ?? null,
      generation: facts.generation ?? null,
      because: facts.because ?? problem?.message ?? null,
      ...(problem && { problem }),
    });
  }

  return {
    all: () =>
      new Map(
        hosts.flatMap(({ name }): [string, LaneEnd][] => {
          const end = ends.get(name);
          return end ? [[name, end]] : [];
        }),
      ),
    failed: (host, problem, prepared) => {
      const facts = { from: prepared?.seen?.running ?? null, to: prepared?.system ?? null };
      tell(host, outcomeBefore(problem, prepared), problem.report, facts);
    },
    unchanged: ({ host, seen, to }) =>
      tell(host.name, "unchanged", null, { from: seen.running, to, generation: seen.generation }),
    prepared: ({ host, seen, system }) =>
      tell(host.name, "done", null, { from: seen?.running ?? null, to: system }),
    skipped: (host, because) => tell(host, "skipped", null, { because }),
    changed: async ({ host, seen, to }, changing, { problem, stopped }) => {
      if (stopped !== null) return tell(host.name, "skipped", null, { because: stopped });
      if (problem && !leftAlone.has(problem.code)) await giveUp(changing, problem.message, errand);
      const { ended, generation } = changing;
      const verdict = ended && verdictOf(host, run, ended);
      const facts = { from: seen.running, to, generation };
      if (!problem) {
        const because = verdict?.because ?? null;
        return tell(host.name, verdict?.outcome ?? "done", verdict?.problem ?? null, {
          ...facts,
          because,
        });
      }
      // What failed first says more than that the host went back for it.
      const kept = verdict === null || verdict.outcome === "done";
      const outcome = kept ? outcomeAfter(problem) : verdict.outcome;
      tell(host.name, outcome, problem.report, { ...facts, because: verdict?.because ?? null });
    },
  };
}

type Told = Problem["report"] | null;

function outcomeBefore({ code }: Problem, prepared: Prepared | undefined): LaneEnd["outcome"] {
  if (code === "interrupted") return "skipped";
  return code === "host-unreachable" && !prepared?.seen ? "unreachable" : "failed";
}

function outcomeAfter({ code }: Problem): LaneEnd["outcome"] {
  if (code === "interrupted") return "detached";
  return code === "host-silent" ? "unreachable" : "failed";
}
