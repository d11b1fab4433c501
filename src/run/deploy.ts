import type { Host } from "../fleet/host.ts";
import type { Problem } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { type Change, dueOf } from "../plan/change.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { planRollout, type RolloutPolicy } from "../plan/rollout.ts";
import { changeHost, hostChange } from "./change-host.ts";
import { type Ends, endsOf, type EndsTold } from "./ends.ts";
import type { Aim } from "./aim.ts";
import type { Errand } from "./errand.ts";
import { changeOf, type Prepared, prepareHost, unprepared, type Workshop } from "./prepare-host.ts";
import { type Ending, run, type RunRules } from "./run.ts";

/** One deployment: what is prepared, under which rules, and who is asked in between. */
export interface DeployRequest {
  readonly hosts: readonly Host[];
  readonly preparation: Plan;
  readonly aim: Aim;
  readonly policy: RolloutPolicy;
  readonly keepGoing: boolean;
  /** Goal `dry-activate`: hosts have what was asked for once they are prepared. */
  readonly rehearsalOnly: boolean;
  /** What is known of hosts beforehand: a rollback's system, `--store-path`. */
  readonly known?: (host: Host) => Partial<Pick<Prepared, "system" | "generation">>;
  /** Called for each host after its look, where its system is not known before (rollback). */
  readonly choose?: (prepared: Prepared) => void;
  /**
   * Shows what would change, and asks. Gives the hosts to go on with, or why none of them:
   * `dry run`, `the answer was no`.
   */
  readonly decide: (proposal: Proposal) => Promise<Decision>;
  /** A last change of the rollout's plan; tests make mistakes with it, which laws must notice. */
  readonly amend?: (plan: Plan) => Plan;
}

/** All is prepared, nothing has changed. */
export interface Proposal {
  readonly prepared: readonly Prepared[];
  /** Of all hosts that answered and were prepared, also those that are due nothing. */
  readonly changes: readonly Change[];
  /** Hosts that could not be prepared. */
  readonly problems: ReadonlyMap<string, Problem>;
}

export type Decision = { readonly goOn: ReadonlySet<string> } | { readonly because: string };

/**
 * Prepares all hosts side by side; then, if all is well (or with `keepGoing`, with those that are),
 * changes them. Each host's end is told once, as `lane.finished`.
 */
export async function deploy(
  request: DeployRequest,
  workshop: Workshop,
  errand: Errand,
): Promise<Ends> {
  const { hosts, aim } = request;
  const ends = endsOf(hosts, errand);
  const prepared = new Map(
    hosts.map((host) => [host.name, { ...unprepared(host), ...request.known?.(host) }]),
  );
  const endings = await prepare(request, prepared, workshop, errand);
  const problems = new Map<string, Problem>();
  for (const [host, { problem }] of endings) if (problem) problems.set(host, problem);
  for (const [host, problem] of problems) ends.failed(host, problem, prepared.get(host));

  const changes = [...prepared.values()].flatMap((each) => {
    const change = problems.has(each.host.name) ? null : changeOf(each, aim, errand);
    return change ? [change] : [];
  });
  for (const change of changes) if (dueOf(change) === "none") ends.unchanged(change);

  try {
    await changeThose(
      request,
      { prepared: [...prepared.values()], changes, problems },
      ends,
      errand,
    );
  } finally {
    const leases = [...prepared.values()].flatMap(({ lease }) => lease ?? []);
    await Promise.all(leases.map((lease) => lease.release()));
  }
  return ends.all();
}

/** Asks, and changes those hosts that may go on. */
async function changeThose(
  request: DeployRequest,
  proposal: Proposal,
  ends: EndsTold,
  errand: Errand,
): Promise<void> {
  const go = await mayGoOn(request, proposal, errand);
  if ("because" in go) {
    for (const { name } of request.hosts) ends.skipped(name, go.because);
    return;
  }
  const prepared = new Map(proposal.prepared.map((one) => [one.host.name, one]));
  for (const { host } of proposal.changes) {
    const one = prepared.get(host.name);
    if (request.rehearsalOnly && one) ends.prepared(one);
    else if (!go.goOn.has(host.name)) ends.skipped(host.name, "not chosen");
  }
  const chosen = proposal.changes.filter(({ host }) => go.goOn.has(host.name));
  await changeAll(chosen, request, prepared, ends, errand);
}

/** All that deploy does before anything is armed. */
async function prepare(
  { preparation, aim, keepGoing, choose }: DeployRequest,
  prepared: ReadonlyMap<string, Prepared>,
  workshop: Workshop,
  errand: Errand,
): Promise<ReadonlyMap<string, Ending>> {
  // A host that does not answer is told and left out; any other failure keeps all from being armed,
  // so nothing more is copied. What evaluates and builds goes on, to tell of all failures at once.
  const late: ReadonlySet<string> = new Set(["take", "copy", "rehearse"]);
  const rules: RunRules = {
    keepGoing: true,
    hold: (step, failed) => {
      const serious = failed.filter((host) => prepared.get(host)?.seen !== null);
      if (errand.control.held()) return errand.control.held();
      if (keepGoing || serious.length === 0 || !late.has(step.kind)) return null;
      return `${serious.join(", ")} failed`;
    },
  };
  return run(
    preparation,
    async (step) => {
      const one = laneOf(prepared, step);
      const result = await prepareHost(step, one, aim, workshop, errand);
      if (step.kind === "look") choose?.(one);
      return result;
    },
    rules,
    errand.emit,
  );
}

/** Everything builds or nothing moves, unless each host goes by itself. */
async function mayGoOn(
  { decide, keepGoing, rehearsalOnly }: DeployRequest,
  proposal: Proposal,
  { control }: Errand,
): Promise<Decision> {
  if (control.held()) return { because: "interrupted" };
  // A host that could not be looked at is told and left alone; it holds up nobody.
  const failed = proposal.prepared.filter(
    ({ host, seen }) => seen !== null && proposal.problems.has(host.name),
  );
  if (failed.length > 0 && !keepGoing) {
    return { because: `${failed.map(({ host }) => host.name).join(", ")} failed` };
  }
  const due = proposal.changes.filter((change) => dueOf(change) !== "none");
  if (due.length === 0) return { goOn: new Set() };
  const decision = await decide(proposal);
  if (rehearsalOnly) return { goOn: new Set() };
  return control.held() ? { because: "interrupted" } : decision;
}

async function changeAll(
  changes: readonly Change[],
  { policy, keepGoing, amend = (plan) => plan }: DeployRequest,
  prepared: ReadonlyMap<string, Prepared>,
  ends: EndsTold,
  errand: Errand,
): Promise<void> {
  const due = changes.filter((change) => dueOf(change) !== "none");
  if (due.length === 0) return;
  errand.control.armed();
  const hosts = new Map(due.map(({ host }) => [host.name, hostChange(host)]));
  const changeNamed = new Map(due.map((change) => [change.host.name, change]));
  await run(
    amend(planRollout(due, policy)),
    async (step) => {
      const one = laneOf(prepared, step);
      if (step.kind === "record") return record(one.host, step, errand);
      const changing = hosts.get(one.host.name);
      const result = changing && (await changeHost(step, changing, errand));
      if (step.kind === "arm") one.lease?.stop();
      return result;
    },
    {
      keepGoing,
      hold: (step) =>
        step.kind === "arm" || step.kind === "record" ? errand.control.held() : null,
      ended: async (host, ending) => {
        const change = changeNamed.get(host);
        const changed = hosts.get(host);
        if (change && changed) await ends.changed(change, changed, ending);
      },
    },
    errand.emit,
  );
}

async function record(
  host: Host,
  { system, revision, dirty }: Step & { readonly kind: "record" },
  { world, owner, run: id }: Errand,
): Promise<void> {
  await world.onHost(guard.record(host, { system, revision, dirty, by: owner, run: id }));
}

function laneOf(prepared: ReadonlyMap<string, Prepared>, { id }: Step): Prepared {
  const one = prepared.get(id.slice(0, id.lastIndexOf(".")));
  if (!one) throw new Error(`no lane for ${id}`);
  return one;
}
