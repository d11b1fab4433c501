import type { StepResult } from "../event/event.ts";
import type { Host } from "../fleet/host.ts";
import { Problem } from "../lib/problem.ts";
import * as guard from "../nix/guard.ts";
import { parseCollected } from "../nix/parse-chores.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { type Ends, endsOf } from "./ends.ts";
import type { Aim } from "./aim.ts";
import type { Errand } from "./errand.ts";
import { lookAt } from "./look-at.ts";
import { patiently } from "./patiently.ts";
import { type Prepared, prepareHost, unprepared, type Workshop } from "./prepare-host.ts";
import { run } from "./run.ts";

/** How long a host may take to come back. */
const rebootSeconds = 600;

/** Carries out a plan of `planUpkeep`: each host is ours while something is done to it. */
export async function upkeep(
  hosts: readonly Host[],
  plan: Plan,
  aim: Aim,
  errand: Errand,
  keepGoing: boolean,
): Promise<Ends> {
  const prepared = new Map(hosts.map((host) => [host.name, unprepared(host)]));
  const ends = endsOf(hosts, errand);
  await run(
    plan,
    async (step) => {
      const one = prepared.get(step.id.slice(0, step.id.lastIndexOf(".")));
      if (!one) throw new Error(`no lane for ${step.id}`);
      if (step.kind === "reboot") return reboot(one, errand);
      if (step.kind === "collect") return collect(one, step, errand);
      return prepareHost(step, one, aim, noWorkshop, errand);
    },
    {
      keepGoing,
      hold: () => errand.control.held(),
      ended: async (host, { problem, stopped }) => {
        const one = prepared.get(host);
        await one?.lease?.release();
        if (problem) ends.failed(host, problem, one);
        else if (stopped !== null) ends.skipped(host, stopped);
        else if (one) ends.prepared(one);
      },
    },
    errand.emit,
  );
  return ends.all();
}

/** Back is a host that answers with another boot id. Its lease ends with the boot. */
async function reboot(prepared: Prepared, errand: Errand): Promise<void> {
  const { host, seen } = prepared;
  const { world, emit } = errand;
  prepared.lease?.stop();
  await world.onHost(guard.reboot(host));
  const startedAt = world.now();
  const until = startedAt + rebootSeconds * 1000;
  const step = `${host.name}.reboot`;
  const after = await patiently(errand, { until: () => until, silent: wait }, async () => {
    const now = await lookAt(host, errand);
    if (now.bootId !== seen?.bootId) return now;
    throw new Problem("host-unreachable", `${host.name} has not rebooted in ${rebootSeconds} s`);
  });
  prepared.lease = null;
  if (after.running !== seen?.bootDefault && seen?.bootDefault) {
    throw new Problem(
      "host-changed",
      `${host.name} booted ${after.running}, not ${seen.bootDefault}`,
    );
  }

  function wait(): void {
    const done = Math.round((world.now() - startedAt) / 1000);
    emit({ kind: "step.progressed", step, done, expected: rebootSeconds, unit: "seconds" });
  }
}

async function collect(
  { host }: Prepared,
  { keep, keepSinceSeconds }: Step & { readonly kind: "collect" },
  { world, run: id }: Errand,
): Promise<StepResult> {
  for (;;) {
    const { code, stdout } = await world.onHost(
      guard.collect(host, id, { keep, keepSinceSeconds }),
    );
    if (code !== guard.stillGoing) return { bytes: parseCollected(stdout).bytes };
  }
}

const noWorkshop: Workshop = {
  evaluate: notHere,
  build: notHere,
  missingOn: notHere,
  copy: notHere,
};

async function notHere(): Promise<never> {
  throw new Error("upkeep builds nothing");
}
