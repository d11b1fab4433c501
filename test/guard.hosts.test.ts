import { afterAll, beforeAll, expect, test } from "vitest";
import * as guard from "../src/nix/guard.ts";
import {
  parseCollected,
  parseRehearsal,
  parseRuns,
  parseVerification,
} from "../src/nix/parse-chores.ts";
import { parseLook } from "../src/nix/parse-look.ts";
import { type Ended, parseFollow, parseOutcome, parseWord } from "../src/nix/parse-outcome.ts";
import type { SeenHost } from "../src/fleet/seen.ts";
import type { Order } from "../src/plan/plan.ts";
import { type TestFleet, startFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import { attempt, until } from "../src/testing/fleet/program.ts";
import { type SystemWish, buildSystem } from "../src/testing/fleet/system.ts";
import type { TestHost } from "../src/testing/fleet/test-host.ts";
import { hostOf } from "../src/testing/hosts.ts";
import type { HostCommand } from "../src/world/world.ts";

// Claim: on real hosts, with a real systemd, the guard ends each run as the phase table says: the old
// system everywhere, or the new one everywhere. Looked at from outside the host.
describeOnHosts("the guard", () => {
  let fleet: TestFleet;
  beforeAll(async () => {
    fleet = await startFleet({ hosts: 6 });
  }, 180_000);
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
  });
  let runs = 0;

  /** One host between take and settled. */
  function caller(name: string): Caller {
    runs += 1;
    const found = fleet.hosts.find((one) => one.name === name);
    if (!found) throw new Error(`no host ${name}`);
    return callerOf(found, fleet.sshConfig, `t${runs}`);
  }

  test("a good system is kept, then rolled back, then staged for the next boot", async () => {
    const h1 = caller("h1");
    const { running: old } = await h1.host.state();
    const next = await h1.bring({ version: "26.05.2" });
    const seen = await h1.look();
    expect(seen).toMatchObject({ running: old, profile: old, bootDefault: old, asRoot: true });
    expect(await h1.rehearse(next)).toMatchObject({ code: 0, refused: null });
    const kept = await h1.change({ to: next });
    expect(kept).toMatchObject({ kind: "kept", because: null, generation: 2 });
    expect(await h1.host.state()).toMatchObject({
      running: next,
      profile: next,
      bootDefault: next,
    });
    expect(await h1.look()).toMatchObject({
      running: next,
      revision: "abc123",
      lease: null,
      open: null,
    });

    const back = caller("h1");
    expect(await back.change({ to: old ?? "", generation: 1 })).toMatchObject({
      kind: "kept",
      generation: 1,
    });
    expect(await back.host.state()).toMatchObject({ running: old, profile: old, bootDefault: old });

    const boot = caller("h1");
    expect(await boot.change({ to: next, goal: "boot" })).toMatchObject({ kind: "kept" });
    expect(await boot.host.state()).toMatchObject({
      running: old,
      profile: next,
      bootDefault: next,
    });
    expect(await boot.look()).toMatchObject({ left: { goal: "boot", system: next } });
    expect((await boot.runs()).map(({ run, phase, goal }) => [run, phase, goal])).toEqual([
      [boot.run, "kept", "boot"],
      [back.run, "kept", "switch"],
      [h1.run, "kept", "switch"],
    ]);
    expect(await boot.verify([next])).toEqual([]);
    await boot.host.exec([
      "sh",
      "-c",
      `chmod u+w ${next} ${next}/nixos-version; echo x >${next}/nixos-version`,
    ]);
    expect(await boot.verify([next, old ?? ""])).toEqual([next]);
  });

  test("a unit that fails takes everything back, and says in its own words why", async () => {
    const h2 = caller("h2");
    const { running: old } = await h2.host.state();
    const bad = await h2.bring({
      units: {
        "bad.service":
          "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo config file is missing; exit 1'\n",
      },
    });
    expect(await h2.change({ to: bad })).toMatchObject({
      kind: "undone",
      cause: "units",
      failedUnits: [{ unit: "bad.service", lines: ["config file is missing"] }],
    });
    expect(await h2.host.state()).toMatchObject({ running: old, profile: old, bootDefault: old });
    expect((await h2.look()).failedUnits).toEqual([]);
  });

  test("a silent activation, one that nobody confirms, and an abort go back", async () => {
    const silent = caller("h3");
    const { running: old } = await silent.host.state();
    const all = { running: old, profile: old, bootDefault: old };
    const hangs = await silent.bring({ activation: "sleep 1000" });
    expect(await silent.change({ to: hangs, silentSeconds: 3 })).toMatchObject({ cause: "silent" });
    expect(await silent.host.state()).toMatchObject(all);

    const nobody = caller("h3");
    const next = await nobody.bring({ version: "26.05.3" });
    await nobody.begin({ to: next, confirmSeconds: 2 });
    expect(await nobody.outcome()).toMatchObject({ kind: "undone", cause: "unconfirmed" });
    expect(await nobody.host.state()).toMatchObject(all);

    const aborted = caller("h3");
    await aborted.begin({ to: next });
    await aborted.call(guard.abort(aborted.asked, aborted.run, "no, thank you"));
    expect(await aborted.outcome()).toMatchObject({ kind: "undone", because: "no, thank you" });
    expect(await aborted.host.state()).toMatchObject(all);
  });

  test("a power cut while waiting boots the old, which settles without being asked", async () => {
    const h4 = caller("h4");
    const { running: old } = await h4.host.state();
    const next = await h4.bring({ version: "26.05.4" });
    expect(await h4.begin({ to: next })).toBe("waiting");
    await h4.host.cutPower();
    await h4.host.powerOn();
    await until("it has settled", async () => (await h4.look()).open === null, 60);
    expect(await h4.outcome()).toMatchObject({
      kind: "undone",
      because: "the host rebooted while waiting",
    });
    expect(await h4.host.state()).toMatchObject({ running: old, profile: old, bootDefault: old });
  });

  test("a system that refuses is refused, and nothing of the host changes", async () => {
    const h5 = caller("h5");
    const { running: old } = await h5.host.state();
    const proud = await h5.bring({ preSwitchChecks: { dbus: "echo 'dbus -> broker'; exit 1" } });
    expect(await h5.rehearse(proud)).toMatchObject({ refused: ["dbus -> broker"] });
    expect(await h5.change({ to: proud })).toMatchObject({
      kind: "refused",
      reason: ["dbus -> broker"],
    });
    expect(await h5.host.state()).toMatchObject({ running: old, profile: old, bootDefault: old });
  });

  test("a system without a network goes back by itself", async () => {
    const h6 = caller("h6");
    const { running: old } = await h6.host.state();
    const deaf = await h6.bring({ address: null });
    await h6.begin({ to: deaf, confirmSeconds: 3 }).then(undefined, () => undefined);
    await until("it answers again", async () => (await h6.look()).open === null, 60);
    expect(await h6.outcome()).toMatchObject({ kind: "undone", cause: "unconfirmed" });
    expect(await h6.host.state()).toMatchObject({ running: old, profile: old, bootDefault: old });
  });

  test("GRUB's own file is read, written and put back", async () => {
    const grub = await startFleet({ hosts: ["g1"], loader: "grub" });
    try {
      const [host] = grub.hosts;
      if (!host) throw new Error("no host");
      const good = callerOf(host, grub.sshConfig, "good");
      const { running: old } = await host.state();
      expect(await good.look()).toMatchObject({ bootDefault: old });
      const next = await good.bring({ version: "26.05.2", loader: "grub" });
      expect(await good.change({ to: next })).toMatchObject({ kind: "kept", because: null });
      const kept = { running: next, profile: next, bootDefault: next };
      expect(await host.state()).toMatchObject(kept);
      const bad = callerOf(host, grub.sshConfig, "bad");
      const broken = await bad.bring({ version: "26.05.3", loader: "grub", loaderFails: true });
      expect(await bad.change({ to: broken })).toMatchObject({ kind: "undone", cause: "commit" });
      expect(await host.state()).toMatchObject(kept);
    } finally {
      await grub[Symbol.asyncDispose]();
    }
  });

  test("old generations are collected, and what is used stays", async () => {
    const h5 = caller("h5");
    const second = await h5.bring({ version: "26.05.9" });
    expect(await h5.change({ to: second })).toMatchObject({ kind: "kept", generation: 2 });
    const again = caller("h5");
    const third = await again.bring({ version: "26.05.10" });
    expect(await again.change({ to: third })).toMatchObject({ kind: "kept", generation: 3 });
    const gc = caller("h5");
    await gc.call(guard.take(gc.asked, gc.run, { owner: "test@here", reason: "" }));
    const collected = parseCollected(
      await gc.again(guard.collect(gc.asked, gc.run, { keep: 1, keepSinceSeconds: null })),
    );
    await gc.call(guard.release(gc.asked, gc.run));
    expect(collected).toMatchObject({ code: 0, dropped: [2] });
    expect(collected.bytes).toBeGreaterThan(0);
    // What was booted, and what runs, stays.
    expect((await gc.look()).generations.map(({ number }) => number)).toEqual([1, 3]);
  });
});

interface Caller {
  readonly host: TestHost;
  readonly asked: ReturnType<typeof hostOf>;
  readonly run: string;
  call(command: HostCommand): Promise<{ code: number; stdout: string }>;
  again(command: HostCommand): Promise<string>;
  bring(wish: SystemWish): Promise<string>;
  look(): Promise<SeenHost>;
  begin(order: Partial<Order>): Promise<string>;
  change(order: Partial<Order>): Promise<Ended>;
  outcome(): Promise<Ended>;
  rehearse(system: string): Promise<ReturnType<typeof parseRehearsal>>;
  runs(): Promise<ReturnType<typeof parseRuns>>;
  verify(paths: readonly string[]): Promise<readonly string[]>;
}

/** The controller's part, in the fewest words: each command over a connection of its own. */
function callerOf(host: TestHost, sshConfig: string, run: string): Caller {
  const asked = hostOf(host.name);

  async function call(command: HostCommand): Promise<{ code: number; stdout: string }> {
    const words = (command.args ?? [])
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(" ");
    const input = `set -- ${words}\n{ ${command.script} } </dev/null 2>&1\n`;
    const ssh = ["ssh", "-T", "-F", sshConfig, "-o", "ConnectTimeout=10", host.name, "sh", "-s"];
    const { code, stdout } = await attempt(ssh, { input, timeoutSeconds: 60 });
    return { code, stdout };
  }

  async function again(command: HostCommand): Promise<string> {
    for (;;) {
      const { code, stdout } = await call(command);
      if (code !== guard.stillGoing) return stdout;
    }
  }

  async function well(command: HostCommand): Promise<string> {
    const { code, stdout } = await call(command);
    if (code !== 0) throw new Error(`${command.script.slice(-80)}: ${code}: ${stdout}`);
    return stdout;
  }

  async function bring(wish: SystemWish): Promise<string> {
    const system = await buildSystem(wish);
    await host.receive(system);
    return system;
  }

  async function look(): Promise<SeenHost> {
    return parseLook(await well(guard.look(asked, { root: true })), Date.now());
  }

  async function arm(order: Partial<Order>): Promise<void> {
    const seen = await look();
    const to = order.to ?? "";
    await well(guard.take(asked, run, { owner: "test@here", reason: "a test" }));
    await well(guard.root(asked, run, to));
    const from = seen.running ?? "";
    await well(
      guard.arm(asked, run, {
        to,
        as: order.goal === "boot" ? from : to,
        from,
        link: seen.link,
        default: seen.bootDefault ?? "unknown",
        goal: "switch",
        generation: null,
        silentSeconds: 60,
        hardSeconds: 300,
        confirmSeconds: 30,
        confirm: true,
        fallback: true,
        units: {},
        revision: "abc123",
        dirty: false,
        reason: "a test",
        ...order,
      }),
    );
  }

  async function begin(order: Partial<Order>): Promise<string> {
    await arm(order);
    if (order.goal === "boot") return "armed";
    await well(guard.activate(asked, run));
    let at = { phase: "armed", offset: 0 };
    while (at.phase === "armed" || at.phase === "activating") {
      at = parseFollow(await well(guard.follow(asked, run, at)));
    }
    return at.phase;
  }

  async function outcome(): Promise<Ended> {
    return parseOutcome(await again(guard.outcome(asked, run)));
  }

  async function change(order: Partial<Order>): Promise<Ended> {
    const phase = await begin(order);
    if (phase === "armed") await well(guard.confirm(asked, run, null));
    if (phase === "waiting") {
      const word = parseWord(await again(guard.challenge(asked, run)));
      await well(guard.confirm(asked, run, word));
    }
    return outcome();
  }

  return {
    host,
    asked,
    run,
    call,
    again,
    bring,
    look,
    begin,
    change,
    outcome,
    rehearse: async (system) => {
      await well(guard.take(asked, run, { owner: "test@here", reason: "" }));
      return parseRehearsal(await again(guard.rehearse(asked, run, system)));
    },
    runs: async () => parseRuns(await well(guard.runs(asked))),
    verify: async (paths) => parseVerification(await again(guard.verify(asked, run, paths))),
  };
}
