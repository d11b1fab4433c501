import type { Host } from "../fleet/host.ts";
import { Problem } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { type Ended, parseFollow, parseOutcome, parseWord } from "../nix/parse-outcome.ts";
import type { Errand } from "./errand.ts";
import { patiently } from "./patiently.ts";

/** A run that others began, on a host where it is open still or was. */
export interface OpenOn {
  readonly host: Host;
  readonly run: string;
}

/** Nobody waits for ever: longer than any activation, its confirmation and its way back may take. */
const mostSeconds = 2 * 3600;
const settledPhases: ReadonlySet<string> = new Set(["kept", "undone", "refused", "left", "stuck"]);

/** Follows a run to its end: what its activation says, and how the host settles. */
export async function follow({ host, run }: OpenOn, errand: Errand): Promise<Ended> {
  const { world, emit, control } = errand;
  const step = `${host.name}.activate`;
  const end = world.now() + mostSeconds * 1000;
  const patience = { until: () => end };
  await world.onHost(guard.install(host));
  let at = { phase: "", offset: 0 };
  while (!settledPhases.has(at.phase)) {
    const { phase: last, offset } = at;
    const followed = await patiently(errand, patience, async () => {
      const { stdout } = await world.onHost(guard.follow(host, run, { phase: last, offset }));
      return parseFollow(stdout);
    });
    for (const line of followed.log.split("\n").filter((text) => text.trim() !== "")) {
      emit({ kind: "step.printed", step, line });
    }
    const expected = followed.secondsLeft ?? 0;
    const note = `${followed.phase}${expected > 0 ? `, ${expected} s left` : ""}`;
    emit({ kind: "step.progressed", step, done: 0, expected, unit: "seconds", note });
    at = { phase: followed.phase, offset: followed.offset };
    if (control.cancel.aborted) throw new Problem("interrupted", "no longer followed");
  }
  return settle({ host, run }, errand);
}

/** How the run ended; waits for it. */
export async function settle({ host, run }: OpenOn, errand: Errand): Promise<Ended> {
  const end = errand.world.now() + mostSeconds * 1000;
  return patiently(errand, { until: () => end }, async () => {
    for (;;) {
      const { code, stdout } = await errand.world.onHost(guard.outcome(host, run));
      const told = parseOutcome(stdout);
      if (code !== guard.stillGoing && told.kind !== "going") return told;
      if (errand.control.cancel.aborted) throw new Problem("interrupted", "no longer followed");
    }
  });
}

/** Sends the host back, and waits until it is there. */
export async function abort(on: OpenOn, errand: Errand): Promise<Ended> {
  const because = errand.reason || `${errand.owner} asked to go back`;
  await errand.world.onHost(guard.abort(on.host, on.run, because));
  return settle(on, errand);
}

/** Tries once more to settle a host that is stuck. */
export async function recover(on: OpenOn, errand: Errand): Promise<Ended> {
  await errand.world.onHost(guard.recover(on.host));
  return settle(on, errand);
}

/** Confirms in place of the one who began: the host answers over a connection opened now. */
export async function confirm(on: OpenOn, errand: Errand): Promise<Ended> {
  const { world } = errand;
  await world.onHost(guard.install(on.host));
  for (;;) {
    const { code, stdout } = await world.onHost(guard.challenge(on.host, on.run));
    if (code === guard.stillGoing) continue;
    await world.onHost(guard.confirm(on.host, on.run, parseWord(stdout)));
    return settle(on, errand);
  }
}
