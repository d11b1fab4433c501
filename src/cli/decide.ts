import { Problem } from "../lib/problem.ts";
import { dueOf } from "../plan/change.ts";
import type { PlanDocument } from "../plan/plan-document.ts";
import type { Decision, Proposal } from "../run/deploy.ts";
import { diffText } from "../view/diff-text.ts";
import { planText } from "../view/plan-text.ts";
import { defaultWidth } from "./aim.ts";
import type { Call } from "./command.ts";
import { askFlag, parallelFlag } from "./flags.ts";
import { planDocument } from "./plan-document.ts";
import type { Session } from "./session.ts";

/** `--ask` where nobody can be asked is refused before anything begins. */
export function canAskOrThrow(call: Call): void {
  if (!call.flag(askFlag) || call.context.output.mayAsk) return;
  throw new Problem("usage", "--ask was said, and nobody can be asked here", {
    hint: "leave out --ask: without a terminal nothing is asked",
  });
}

/** Is what would change shown to anybody, or may it be asked about? Else nobody need find it out. */
export function isPlanWanted(call: Call, hosts: number): boolean {
  const { mayAsk } = call.context.output;
  return isShown(call) || (mayAsk && (call.flag(askFlag) || !isSingle(call, hosts)));
}

function isShown({ context: { output } }: Call): boolean {
  return output.format === "table" && output.verbosity >= 0;
}

/** One host, by a verb that says what is wanted: it is not asked about for its risks. */
function isSingle({ spec }: Call, hosts: number): boolean {
  return spec.path[0] !== "deploy" && hosts === 1;
}

/**
 * Shows what would change, and asks where a person should be asked: more than one host or a risk,
 * or `--ask`. Without a terminal nobody is asked.
 */
export async function decide(call: Call, session: Session, proposal: Proposal): Promise<Decision> {
  const { context } = call;
  const { output, world } = context;
  const due = proposal.changes.filter((change) => dueOf(change) !== "none");
  const all = new Set(due.map(({ host }) => host.name));
  if (!isPlanWanted(call, proposal.prepared.length)) return { goOn: all };

  const document = await planDocument(world, {
    goal: due[0]?.goal ?? "switch",
    source: null,
    prepared: proposal.prepared,
    changes: proposal.changes,
    problems: proposal.problems,
    isBuilt: true,
    work: null,
    width: call.flag(parallelFlag) || defaultWidth,
    seconds: 0,
  });
  const single = isSingle(call, proposal.prepared.length);
  const isRisky = Object.values(document.hosts).some(({ risks }) => risks.length > 0);
  const asks = output.mayAsk && (call.flag(askFlag) || (!single && (all.size > 1 || isRisky)));
  if (!asks && !isShown(call)) return { goOn: all };
  return session.asking(async () => {
    context.stderr(`${planText(document, context.progressStyle()).join("\n")}\n`);
    if (!asks) return { goOn: all };
    return ask(call, document, [...all]).then(undefined, (thrown: unknown) => {
      // A signal takes the question away; what becomes of the run then is the run's to say.
      if (session.errand.control.held() !== null) return { because: "interrupted" };
      throw thrown;
    });
  });
}

/** `y`, `N`, `d` differences, `u` units, `1,3` only these. */
async function ask(
  call: Call,
  document: PlanDocument,
  names: readonly string[],
): Promise<Decision> {
  const { context } = call;
  const choices = names.length > 1 ? `/1-${names.length}` : "";
  for (;;) {
    const what = names.length === 1 ? names[0] : `${names.length} hosts`;
    const reply = await context.ask(`Activate ${what}?${riskOf(document)} [y/N/d/u${choices}] `);
    if (/^y(es)?$/i.test(reply)) return { goOn: new Set(names) };
    if (/^[du]$/i.test(reply))
      context.stderr(`${detail(call, document, names, reply).join("\n")}\n`);
    else if (/^[\d, -]+$/.test(reply) && names.length > 1) return { goOn: chosen(names, reply) };
    else return { because: "the answer was no" };
  }
}

function riskOf({ hosts }: PlanDocument): string {
  const risky = Object.entries(hosts).flatMap(([name, { risks }]) =>
    risks[0] ? [`${name} ${risks[0].message}`] : [],
  );
  return risky.length > 0 ? ` ${risky[0]}` : "";
}

function detail(
  call: Call,
  { hosts }: PlanDocument,
  names: readonly string[],
  what: string,
): readonly string[] {
  const style = call.context.progressStyle();
  return names.flatMap((name) => {
    const host = hosts[name];
    if (!host) return [];
    if (what.toLowerCase() === "u") {
      const { effects } = host;
      const units = effects
        ? (["stop", "start", "restart", "reload"] as const).flatMap((act) =>
            effects[act].length > 0 ? [`  ${act}  ${effects[act].join(", ")}`] : [],
          )
        : ["  not known"];
      return [name, ...(units.length > 0 ? units : ["  no unit is touched"])];
    }
    if (!host.diff) return [name, "  not known"];
    const { diff, effects } = host;
    const heading = { host: name, from: host.generation, to: host.nextGeneration };
    return diffText(heading, diff, { effects, all: true, rebuilt: false }, style);
  });
}

/** `1,3` and `2-4`: hosts by their place in the plan. */
export function chosen(names: readonly string[], reply: string): ReadonlySet<string> {
  const places = reply.split(/[ ,]+/).flatMap((part) => {
    const [, first, last] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
    if (first === undefined) return [];
    const [from, to] = [Number(first), Number(last ?? first)];
    return names.flatMap((_, index) => (index + 1 >= from && index + 1 <= to ? [index] : []));
  });
  const wanted = new Set(places);
  return new Set(names.filter((_, index) => wanted.has(index)));
}
