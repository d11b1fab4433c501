import { afterAll, beforeAll, expect, test } from "vitest";
import { startFleet, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import { until } from "../src/testing/fleet/program.ts";
import type { TestHost } from "../src/testing/fleet/test-host.ts";
import { makeBundle, makePlayground, type Playground } from "../src/testing/playground.ts";

const steps = [
  ["look", "evaluate", "build", "take"],
  ["copy", "rehearse", "arm"],
  ["activate", "confirm", "commit"],
] as const;

const killedAfter = steps.map((some, index) => [`h${index + 1}`, some] as const);

// Claim: flurry may be killed after any step; the host is left whole, and the same command said again
// finishes the work, with nothing of the dead run left on the host.
describeOnHosts("a flurry that is killed", () => {
  let fleet: TestFleet;
  let bundle: { readonly path: string; readonly remove: () => void };
  const grounds: Playground[] = [];

  beforeAll(async () => {
    bundle = await makeBundle();
    fleet = await startFleet({ hosts: steps.length });
  }, 300_000);
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    for (const ground of grounds) ground.remove();
    bundle?.remove();
  });

  test.concurrent.each(killedAfter)(
    "on %s after %j leaves a host that a second run finishes",
    async (name, some) => {
      const host = fleet.hosts.find((each) => each.name === name);
      if (!host) throw new Error(`no host ${name}`);
      const ground = await makePlayground(bundle.path, fleet, [name]);
      grounds.push(ground);
      for (const step of some) {
        const { running: old } = await host.state();
        const system = await ground.change(name, `after-${step}`);
        const run = ground.start("switch", name);
        await run.event(
          (event) => event.kind === "step.finished" && event.step === `${name}.${step}`,
        );
        run.kill("SIGKILL");
        await run.ended;

        const between = await host.state();
        expect([old, system], `${step}: old or new`).toContain(between.running);
        // The word may have gone out before the kill: then the host commits by itself, and can be
        // caught between its two writes.
        await until(`${step}: profile and loader agree`, () => isWhole(host));

        const second = await ground.flurry("switch", name);
        expect(second, step).toMatchObject({ code: 0 });
        const { running, profile, bootDefault } = await host.state();
        expect({ step, running, profile, bootDefault }).toEqual({
          step,
          running: system,
          profile: system,
          bootDefault: system,
        });
        const left =
          "ls /nix/var/nix/gcroots/flurry/runs; ls -d /nix/var/flurry/open /nix/var/flurry/lease";
        expect(await host.exec(["sh", "-c", `${left} 2>/dev/null || :`]), step).toBe("");
      }
    },
    300_000,
  );
});

async function isWhole(host: TestHost): Promise<boolean> {
  const { profile, bootDefault } = await host.state();
  return profile === bootDefault;
}
