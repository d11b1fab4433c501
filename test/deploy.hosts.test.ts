import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeLines } from "../src/event/journal-line.ts";
import { nothingYet, reduce } from "../src/event/state.ts";
import { startFleet, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import type { TestHost } from "../src/testing/fleet/test-host.ts";
import { makeBundle, makePlayground, type Playground } from "../src/testing/playground.ts";

// Claim: on real hosts, whatever goes wrong, a host runs, boots and has as its profile the old system
// or the new one; it is never something in between, and a second run finishes the work.
describeOnHosts("a deployment", () => {
  let fleet: TestFleet;
  let bundle: { readonly path: string; readonly remove: () => void };
  const grounds: Playground[] = [];

  beforeAll(async () => {
    bundle = await makeBundle();
    fleet = await startFleet({ hosts: 10 });
  }, 300_000);
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    for (const ground of grounds) ground.remove();
    bundle?.remove();
  });

  /** A repository of one host, and the host itself with what it runs now. */
  async function hostAlone(
    name: string,
  ): Promise<{ host: TestHost; ground: Playground; old: string }> {
    const host = fleet.hosts.find((each) => each.name === name);
    if (!host) throw new Error(`no host ${name}`);
    const ground = await makePlayground(bundle.path, fleet, [name]);
    grounds.push(ground);
    const { running } = await host.state();
    return { host, ground, old: running ?? "" };
  }

  /** All three, seen from outside. */
  async function everything(host: TestHost): Promise<Record<string, string | null>> {
    const { running, profile, bootDefault } = await host.state();
    return { running, profile, bootDefault };
  }

  const all = (system: string): Record<string, string> => ({
    running: system,
    profile: system,
    bootDefault: system,
  });

  test.concurrent("a good system is kept, and a second run has nothing to do", async () => {
    const { host, ground } = await hostAlone("h1");
    const system = await ground.change("h1", "good");
    expect(await ground.flurry("switch", "h1")).toMatchObject({ code: 0 });
    expect(await everything(host)).toEqual(all(system));
    const again = await ground.flurry("switch", "h1", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      schema: "flurry.run/1",
      exit: 0,
      hosts: { h1: { outcome: "unchanged", to: system } },
    });

    // A test lasts until the next boot.
    const tried = await ground.change("h1", "tried");
    expect(await ground.flurry("test", "h1")).toMatchObject({ code: 0 });
    expect(await everything(host)).toEqual({ ...all(system), running: tried });
    await host.cutPower();
    await host.powerOn();
    expect(await everything(host)).toEqual(all(system));

    // Boot changes nothing until then.
    expect(await ground.flurry("boot", "h1")).toMatchObject({ code: 0 });
    expect(await everything(host)).toEqual({ ...all(tried), running: system });
    expect(await ground.flurry("reboot", "h1", "--yes")).toMatchObject({ code: 0 });
    expect(await everything(host)).toEqual(all(tried));

    expect(await ground.flurry("rollback", "h1")).toMatchObject({ code: 0 });
    expect(await everything(host)).toEqual(all(system));
  }, 240_000);

  test.concurrent.each([
    ["h2", "unit-fails", /broken\.service/, 14],
    ["h3", "activation-fails", /ended with 2/, 14],
    ["h4", "activation-hangs", /silent for 12 s/, 14],
    ["h5", "breaks-network", /nobody confirmed/, 14],
  ] as const)(
    "%s: when the new system's fault is %s, the host goes back, and says why",
    async (name, fault, why, exit) => {
      const { host, ground, old } = await hostAlone(name);
      await ground.change(name, fault, fault);
      const clocks = ["--activation-seconds", "12", "--confirm-seconds", "20"];
      const ended = await ground.flurry("switch", name, ...clocks);
      expect(ended).toMatchObject({ code: exit, stdout: expect.stringMatching(why) });
      expect(await everything(host)).toEqual(all(old));

      const mended = await ground.change(name, "mended");
      expect(await ground.flurry("switch", name)).toMatchObject({ code: 0 });
      expect(await everything(host)).toEqual(all(mended));
      const { generations } = await host.state();
      expect(Object.values(generations), "no generation is lost").toContain(old);
    },
    240_000,
  );

  test.concurrent("an activation that kills sshd does not lose the host", async () => {
    const { host, ground, old } = await hostAlone("h6");
    const system = await ground.change("h6", "deaf", "kills-sshd");
    const ended = await ground.flurry("switch", "h6");
    expect(await everything(host)).toEqual(all(ended.code === 0 ? system : old));
    expect([0, 14]).toContain(ended.code);
    expect(await ground.flurry("status", "h6")).toMatchObject({ code: 0 });
  }, 240_000);

  test.concurrent("a line that is cut during the activation, and comes back, costs nothing", async () => {
    const { host, ground } = await hostAlone("h7");
    const system = await ground.change("h7", "cut");
    const run = ground.start("switch", "h7");
    await run.event((event) => event.kind === "step.started" && event.step === "h7.activate");
    await host.fault({ kind: "packets-dropped" });
    await new Promise((resolve) => setTimeout(resolve, 3000)); // the length of the cut, not a wait
    await host.heal();
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(await everything(host)).toEqual(all(system));

    // Cut for longer than the word may take: the host goes back alone, and the run says so.
    const next = await ground.change("h7", "cut-off");
    const lost = ground.start("switch", "h7", "--confirm-seconds", "15");
    await lost.event((event) => event.kind === "step.started" && event.step === "h7.activate");
    await host.fault({ kind: "packets-dropped" });
    const { until } = await import("../src/testing/fleet/program.ts");
    await until("the new system ran", async () => (await host.state()).running === next, 120);
    await until("it went back", async () => (await host.state()).running === system, 120);
    await host.heal();
    expect(await lost.ended).toMatchObject({ code: 14 });
    expect(await everything(host)).toEqual(all(system));
  }, 300_000);

  test.concurrent("a host that loses its power during the activation runs the old system", async () => {
    const { host, ground, old } = await hostAlone("h8");
    const system = await ground.change("h8", "hung", "activation-hangs");
    const run = ground.start("switch", "h8", "--activation-seconds", "120");
    await run.event(
      (event) => event.kind === "step.printed" && /activating the configuration/.test(event.line),
    );
    await host.cutPower();
    await host.powerOn();
    const ended = await run.ended;
    expect(ended).toMatchObject({ code: 14 });
    expect(ended.stdout).toMatch(/rebooted while activating/);
    expect(await everything(host)).toEqual(all(old));
    expect(system).not.toBe(old);
  }, 240_000);

  test.concurrent("of two who deploy at the same time one is told who has the host", async () => {
    const { host, ground, old } = await hostAlone("h9");
    // The first one is held in its activation, or it might be through before the second has looked.
    await ground.change("h9", "held", "activation-hangs");
    const first = ground.start("switch", "h9", "--reason", "kitchen is dark");
    await first.event(
      (event) => event.kind === "step.printed" && /activating the configuration/.test(event.line),
    );
    const second = await ground.flurry("switch", "h9");
    expect(second.code).toBe(75);
    expect(second.stdout + second.stderr).toMatch(/@.*kitchen is dark/);
    expect(await ground.flurry("run", "abort", "h9")).toMatchObject({ code: 14 });
    expect(await first.ended).toMatchObject({ code: 14 });
    expect(await everything(host)).toEqual(all(old));

    const names = readdirSync(join(ground.env["XDG_STATE_HOME"] ?? "", "flurry", "runs"));
    expect(names.length).toBe(2);
  }, 240_000);

  test.concurrent("a disk that is full while copying leaves the host as it was, and can be made good", async () => {
    const { host, ground, old } = await hostAlone("h10");
    const system = await ground.change("h10", "large");
    await host.fault({ kind: "disk-full", leftKib: 500 });
    const ended = await ground.flurry("switch", "h10");
    expect([12, 77]).toContain(ended.code);
    expect(await everything(host)).toEqual(all(old));
    await host.heal();
    expect(await ground.flurry("switch", "h10")).toMatchObject({ code: 0 });
    expect(await everything(host)).toEqual(all(system));

    // Ten runs of ten systems are ten entries, and their journals alone tell the same.
    const made: string[] = [];
    for (const number of Array.from({ length: 8 }, (_, index) => index)) {
      made.push(await ground.change("h10", `v${number}`));
      expect(await ground.flurry("switch", "h10")).toMatchObject({ code: 0 });
    }
    const { runs } = JSON.parse((await ground.flurry("history", "--json")).stdout);
    expect(runs.length).toBe(10);
    expect(
      runs.slice(0, 8).map((run: { hosts: { h10: { to: string } } }) => run.hosts.h10.to),
    ).toEqual(made.toReversed());
    const folder = join(ground.env["XDG_STATE_HOME"] ?? "", "flurry", "runs");
    const journals = readdirSync(folder).toSorted();
    const last = readFileSync(join(folder, journals.at(-1) ?? ""), "utf8");
    const state = decodeLines(last).reduce(reduce, nothingYet);
    expect(state.lanes.get("h10")).toMatchObject({ outcome: "done", to: made.at(-1) });
  }, 400_000);
});
