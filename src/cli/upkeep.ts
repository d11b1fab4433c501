import type { Host } from "../fleet/host.ts";
import { problemExits } from "../lib/problem.ts";
import { collectable } from "../plan/collectable.ts";
import type { Act } from "../plan/plan.ts";
import { planUpkeep } from "../plan/upkeep.ts";
import { lookAtAll } from "../run/look-at.ts";
import { upkeep } from "../run/upkeep.ts";
import { aimOf, defaultWidth } from "./aim.ts";
import { answer } from "./answer.ts";
import type { Call } from "./command.ts";
import { keepFlag, keepSinceFlag } from "./commands/upkeep.ts";
import { canAskOrThrow } from "./decide.ts";
import { dryRunFlag, keepGoingFlag, parallelFlag, reasonFlag } from "./flags.ts";
import { openFleet } from "./open-fleet.ts";
import { openSession } from "./session.ts";

/** `flurry reboot`: waits until each host is back, which is when its boot id is another. */
export async function reboot(call: Call): Promise<number> {
  return keepUp(call, { kind: "reboot" }, "Reboot");
}

/** `flurry gc`: removes old generations and what nothing needs any more. */
export async function gc(call: Call): Promise<number> {
  const keep = call.flag(keepFlag) ?? 5;
  const keepSinceSeconds = call.flag(keepSinceFlag) ?? null;
  return keepUp(call, { kind: "collect", keep, keepSinceSeconds }, "Collect garbage on");
}

type Upkeep = Act & { readonly kind: "reboot" | "collect" };

async function keepUp(call: Call, act: Upkeep, verb: string): Promise<number> {
  const { context } = call;
  const opened = await openFleet(call, { verb: "changes", reaches: true, evaluates: false });
  const { hosts } = opened;
  const names = hosts.map(({ name }) => name);
  if (call.flag(dryRunFlag)) return show(call, hosts, act);
  canAskOrThrow(call);
  if (context.output.mayAsk) {
    const reply = await context.ask(`${verb} ${names.join(", ")}? [y/N] `);
    if (!/^y(es)?$/i.test(reply)) return 0;
  }
  const reason = call.flag(reasonFlag) ?? "";
  const plan = planUpkeep(hosts, act, { width: call.flag(parallelFlag) || defaultWidth, reason });
  const session = await openSession(call, {
    goal: act.kind === "collect" ? "gc" : act.kind,
    title: plan.title,
    hosts: names,
    source: null,
    reason,
    kept: true,
  });
  try {
    const aim = aimOf(call, opened, { goalOf: () => "switch", revision: null });
    const ends = await upkeep(hosts, plan, aim, session.errand, call.flag(keepGoingFlag));
    return answer(call, session, session.finish(ends));
  } finally {
    session.close();
  }
}

/** `--dry-run`: looks, and says what would be done to each host. 69 if none of them answers. */
async function show(call: Call, hosts: readonly Host[], act: Upkeep): Promise<number> {
  const { world, output, stdout } = call.context;
  const seen = await lookAtAll(hosts, world);
  const told = [...seen].map(([name, one]): [string, object, string] => {
    if (!one.answers) return [name, { problem: one.problem }, one.problem.message];
    if (act.kind === "reboot") {
      const system = one.bootDefault;
      return [name, { boots: system }, `would boot ${system ?? "what its boot loader says"}`];
    }
    const drops = collectable(one, act);
    const which = drops.length > 0 ? `generations ${drops.join(", ")}` : "no generation";
    return [name, { drops }, `would drop ${which}`];
  });
  if (output.format === "json") {
    const about = Object.fromEntries(told.map(([name, facts]) => [name, facts]));
    const document = { schema: "flurry.dry-run/1", verb: call.spec.path[0], hosts: about };
    stdout(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    for (const [name, , text] of told) stdout(`${name}  ${text}\n`);
  }
  const answering = [...seen.values()].filter(({ answers }) => answers);
  return answering.length === 0 ? problemExits["no-host-answers"] : 0;
}
