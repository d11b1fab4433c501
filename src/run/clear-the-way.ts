import type { Host } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";
import { Problem } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { parseOutcome } from "../nix/parse-outcome.ts";
import type { Errand } from "./errand.ts";
import type { Aim } from "./aim.ts";
import { lookAt } from "./look-at.ts";

const secondsBetweenLooks = 3;
/** How long a run that is sent back, or recovered, may take to settle. */
const settleSeconds = 20 * 60;
/** Phases in which a run may still be sent back. */
const open: ReadonlySet<string> = new Set(["armed", "activating", "waiting"]);

/**
 * Sees to it that no open run is left on the host: one of ours whose process is gone is sent back,
 * one that is stuck or from before a boot is recovered, anyone else's is waited for as long as
 * was asked. Throws `host-busy` with who has it.
 */
export async function clearTheWay(
  host: Host,
  seen: SeenHost,
  aim: Aim,
  errand: Errand,
): Promise<SeenHost> {
  const { world } = errand;
  const giveUpAt = world.now() + aim.lockWaitSeconds * 1000;
  let now = seen;
  for (;;) {
    const run = now.open?.run ?? now.lease?.run;
    if (run === undefined || run === errand.run) return now;
    const phase = now.open?.phase;
    if (now.open && (phase === "stuck" || now.open.rebooted)) {
      await recover(host, now.open.run, errand);
    } else if (now.open && (await aim.isDeadRun(run))) {
      if (open.has(phase ?? "")) await sendBack(host, run, errand);
      await settled(host, run, errand);
    } else if (!now.open && (await aim.isDeadRun(run))) {
      await world.onHost(guard.release(host, run));
    } else if (world.now() >= giveUpAt || errand.control.cancel.aborted) {
      return now; // Preflight says who has it, and for how long.
    } else {
      await world.sleep(secondsBetweenLooks, errand.control.cancel);
    }
    now = await lookAt(host, errand);
  }
}

async function sendBack(host: Host, run: string, { world, emit }: Errand): Promise<void> {
  const because = "the flurry that began it is gone";
  const message = `run ${run} was left open: ${because}; sending it back first`;
  emit({ kind: "warning.given", host: host.name, message });
  await world.onHost(guard.abort(host, run, because)).then(undefined, (thrown: unknown) => {
    // It may have moved on by itself in the meantime.
    if (!(thrown instanceof Problem) || thrown.code !== "host-reverted") throw thrown;
  });
}

async function recover(host: Host, run: string, errand: Errand): Promise<void> {
  await errand.world.onHost(guard.recover(host));
  await settled(host, run, errand);
}

async function settled(host: Host, run: string, { world, control }: Errand): Promise<void> {
  const until = world.now() + settleSeconds * 1000;
  for (;;) {
    const { code, stdout } = await world.onHost(guard.outcome(host, run));
    if (code !== guard.stillGoing && parseOutcome(stdout).kind !== "going") return;
    if (control.cancel.aborted || world.now() > until) return;
  }
}
