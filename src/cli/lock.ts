import { exitOfAnswers } from "../event/exit.ts";
import * as guard from "../nix/guard.ts";
import { Problem, type ProblemReport } from "../lib/problem.ts";
import { lookAtAll } from "../run/look-at.ts";
import type { Call } from "./command.ts";
import { openFleet } from "./open-fleet.ts";

/** Null: nobody has it. */
type Lock = Held | NoAnswer | null;

interface NoAnswer {
  readonly kind: "no answer";
  readonly problem: ProblemReport;
}

interface Held {
  readonly kind: "lease" | "open run";
  readonly run: string;
  readonly owner: string | null;
  /** Of a lease: seconds until it ends by itself. */
  readonly secondsLeft: number | null;
  /** Of an open run. */
  readonly phase: string | null;
}

/** `flurry lock show`: who has which host. */
export async function lockShow(call: Call): Promise<number> {
  const { output, stdout } = call.context;
  const held = await heldHosts(call);
  if (output.format === "json") {
    const hosts = Object.fromEntries(held);
    stdout(`${JSON.stringify({ schema: "flurry.lock/1", hosts }, null, 2)}\n`);
  } else {
    for (const [host, lock] of held) stdout(`${host}  ${lock ? sentence(lock) : "free"}\n`);
  }
  return exitOfAnswers(held.map(([, lock]) => ({ ...lock, answers: lock?.kind !== "no answer" })));
}

/** `flurry lock release HOST`: ends the lease that it shows, and no other. */
export async function lockRelease(call: Call): Promise<number> {
  const { context } = call;
  const { hosts } = await openFleet(call, { verb: "reads", reaches: true, evaluates: false });
  const [host] = hosts;
  const lock = new Map(await heldHosts(call)).get(host?.name ?? "");
  if (!host || !lock) {
    context.stdout(`${host?.name ?? "nothing"}  free\n`);
    return 0;
  }
  if (lock.kind === "no answer") {
    throw new Problem(lock.problem.code, lock.problem.message);
  }
  if (lock.kind === "open run") {
    throw new Problem("host-busy", `${host.name} has an ${sentence(lock)}`, {
      hint: `flurry run abort ${host.name}`,
    });
  }
  context.stderr(`${host.name}  ${sentence(lock)}\n`);
  if (context.output.mayAsk) {
    const reply = await context.ask("Release it? [y/N] ");
    if (!/^y(es)?$/i.test(reply)) return 0;
  }
  await context.world.onHost(guard.release(host, lock.run));
  context.stdout(`${host.name}  released\n`);
  return 0;
}

async function heldHosts(call: Call): Promise<[string, Lock][]> {
  const { hosts } = await openFleet(call, { verb: "reads", reaches: true, evaluates: false });
  const seen = await lookAtAll(hosts, call.context.world);
  return [...seen].map(([name, now]): [string, Lock] => {
    if (!now.answers) return [name, { kind: "no answer", problem: now.problem }];
    const { open, lease } = now;
    if (open) {
      const { run, owner, phase } = open;
      return [name, { kind: "open run", run, owner, phase, secondsLeft: null }];
    }
    return [name, lease && { kind: "lease", ...lease, phase: null }];
  });
}

function sentence(lock: Held | NoAnswer): string {
  if (lock.kind === "no answer") return `no answer: ${lock.problem.message}`;
  const { kind, run, owner, secondsLeft, phase } = lock;
  const state = kind === "lease" ? `for ${secondsLeft} s more` : phase;
  return `${kind} ${run} of ${owner ?? "someone"}, ${state}`;
}
