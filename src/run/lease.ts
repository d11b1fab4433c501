import type { Host } from "../fleet/host.ts";
import * as guard from "../nix/guard.ts";
import type { Errand } from "./errand.ts";

/** Seconds between two renewals; the lease itself lasts 90 s (decision 18). */
const renewEverySeconds = 20;

/** A host that is ours while we prepare it. */
export interface Lease {
  /** Ends the renewals. The lease itself ends by `arm`, by `release`, or by itself. */
  readonly stop: () => void;
  /** Gives the host back, with what the run rooted there. Never throws: it also ends by itself. */
  readonly release: () => Promise<void>;
}

/** Takes the host, and keeps it until stopped. Throws `host-busy` with who has it, and for how long. */
export async function takeLease(host: Host, errand: Errand): Promise<Lease> {
  const { world, run, owner, reason } = errand;
  const since = `since ${new Date(world.now()).toISOString().slice(11, 16)} UTC`;
  const why = `(${[since, reason].filter((words) => words !== "").join(", ")})`;
  await world.onHost(guard.take(host, run, { owner, reason: why }));
  const over = new AbortController();
  const renewing = renew(host, errand, over.signal);
  return {
    stop: () => over.abort(),
    release: async () => {
      over.abort();
      await renewing;
      await world.onHost(guard.release(host, run)).then(undefined, () => undefined);
    },
  };
}

/** A renewal that fails is no matter: the next one may not, and `arm` asks for the lease anyway. */
async function renew(host: Host, { world, run }: Errand, over: AbortSignal): Promise<void> {
  for (;;) {
    await world.sleep(renewEverySeconds, over);
    if (over.aborted) return;
    await world.onHost(guard.renew(host, run)).then(undefined, () => undefined);
  }
}
