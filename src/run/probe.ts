import type { Host, Probe } from "../fleet/host.ts";
import { Problem, problemOf } from "../lib/problem.ts";
import { probeScript } from "../nix/probe-script.ts";
import type { World } from "../world/world.ts";
import type { Errand } from "./errand.ts";

/** How one probe of a host went. */
export interface ProbeAnswer {
  readonly probe: Probe;
  /** Null: passed. */
  readonly problem: Problem | null;
}

const secondsBetweenTries = 2;

/** Asks all probes of a host, side by side. */
export async function answersOf(
  host: Host,
  probes: readonly Probe[],
  world: World,
): Promise<readonly ProbeAnswer[]> {
  return Promise.all(
    probes.map(async (probe) => ({ probe, problem: await ask(host, probe, world, probe.tries) })),
  );
}

/** Asks the probes of a step; gives the first required one that failed. Others are warnings. */
export async function askProbes(
  host: Host,
  step: { readonly probes: readonly Probe[] },
  { world, emit }: Pick<Errand, "world" | "emit">,
): Promise<Problem | null> {
  const failed = (await answersOf(host, step.probes, world)).filter(({ problem }) => problem);
  for (const { probe, problem } of failed) {
    if (!probe.required && problem) {
      emit({ kind: "warning.given", host: host.name, message: problem.message });
    }
  }
  return failed.find(({ probe }) => probe.required)?.problem ?? null;
}

async function ask(host: Host, probe: Probe, world: World, tries: number): Promise<Problem | null> {
  const problem = await askOnce(host, probe, world).then(
    () => null,
    (thrown: unknown) => problemOf(thrown),
  );
  if (problem === null) return null;
  if (tries > 1) {
    await world.sleep(secondsBetweenTries);
    return ask(host, probe, world, tries - 1);
  }
  const { name } = probe;
  return new Problem("probe-failed", `${host.name}: probe ${name} failed: ${problem.message}`, {
    evidence: problem.evidence,
    hint: `flurry probe ${host.name}`,
    cause: problem,
  });
}

async function askOnce(host: Host, probe: Probe, world: World): Promise<void> {
  const { timeoutSeconds } = probe;
  const address = host.settings.addresses[0] ?? host.name;
  if (probe.from === "host" || probe.kind === "unit") {
    await world.onHost(probeScript(host, probe));
    return;
  }
  switch (probe.kind) {
    case "tcp":
      return world.dial(probe.address ?? address, probe.port, timeoutSeconds);
    case "http": {
      const status = await world.httpStatus(probe.url, timeoutSeconds);
      const right = probe.status === null ? status < 400 : status === probe.status;
      if (!right) throw new Problem("probe-failed", `${probe.url} answered ${status}`);
      return;
    }
    case "command":
      await world.here({ argv: probe.command, timeoutSeconds });
  }
}
