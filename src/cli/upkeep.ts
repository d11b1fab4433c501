import type { Act } from "../plan/plan.ts";
import { planUpkeep } from "../plan/upkeep.ts";
import { upkeep } from "../run/upkeep.ts";
import { aimOf, defaultWidth } from "./aim.ts";
import { answer } from "./answer.ts";
import type { Call } from "./command.ts";
import { keepFlag, keepSinceFlag } from "./commands/upkeep.ts";
import { keepGoingFlag, parallelFlag, reasonFlag } from "./flags.ts";
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

async function keepUp(
  call: Call,
  act: Act & { readonly kind: "reboot" | "collect" },
  verb: string,
): Promise<number> {
  const { context } = call;
  const opened = await openFleet(call, { verb: "changes", reaches: true, evaluates: false });
  const { hosts } = opened;
  const names = hosts.map(({ name }) => name);
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
