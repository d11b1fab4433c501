import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFlake, rewriteHost } from "../src/testing/fleet/flake.ts";
import { startFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import { run } from "../src/testing/fleet/program.ts";
import { nixEnvironment } from "../src/testing/fleet/system.ts";
import { makeBundle } from "../src/testing/playground.ts";
import { all, type Bench, module, openBench, said, sshConfig } from "./lone-host.ts";

const broken = `systemd.services.bad = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/false"; };`;

// Claim: what was said, in settings or on the command line, decides what becomes of a host that is not
// as it should be; and what is refused changes nothing.
describeOnHosts("a deployment", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await openBench({ hosts: 10 });
  }, 300_000);
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]();
  });

  test.concurrent("of two hosts of which one does not answer brings the other its system", async () => {
    const h1 = await bench.lone("h1", "h2");
    const silent = bench.fleet.hosts.find(({ name }) => name === "h2");
    await silent?.fault({ kind: "packets-dropped" });
    const system = await h1.ground.change("h1", "alone");
    await h1.ground.change("h2", "never");
    const at = Date.now();
    const ended = await h1.ground.flurry("deploy", "all", "--yes", "--json");
    expect(Date.now() - at).toBeLessThan(30_000);
    expect(ended, said(ended)).toMatchObject({ code: 20 });
    expect(JSON.parse(ended.stdout).hosts).toMatchObject({
      h1: { outcome: "done", to: system },
      h2: { outcome: "unreachable", code: "host-unreachable" },
    });
    expect(await h1.all()).toEqual(all(system));

    const nobody = await h1.ground.flurry("deploy", "h2", "--yes");
    expect(nobody, said(nobody)).toMatchObject({ code: 69 });
  }, 240_000);

  test.concurrent("believes no host key that nobody knows, and none that has changed", async () => {
    const h3 = await bench.lone("h3");
    const { ground, host, old } = h3;
    const config = sshConfig(h3, "Host *\n  UserKnownHostsFile /dev/null");
    await ground.change("h3", "never");
    const unknown = await h3.flurryWith({ SSH_CONFIG_FILE: config }, "switch", "h3");
    expect(unknown, said(unknown)).toMatchObject({ code: 12 });
    expect(said(unknown)).toMatch(/host key.*is not known[^]*flurry host scan h3/);

    const key = await host.exec(["cat", "/etc/ssh/ssh_host_ed25519_key.pub"]);
    await ground.describe("h3", { sshHostKey: key.trim() });
    const system = await ground.change("h3", "known");
    const known = await h3.flurryWith({ SSH_CONFIG_FILE: config }, "switch", "h3");
    expect(known, said(known)).toMatchObject({ code: 0 });

    await host.fault({ kind: "host-key-changed" });
    const changed = await ground.flurry("switch", "h3");
    expect(changed, said(changed)).toMatchObject({ code: 12 });
    expect(said(changed)).toMatch(/another host key[^]*flurry host scan h3/);
    await host.heal();
    expect(await h3.all()).toEqual(all(system));
    expect(system).not.toBe(old);
  }, 240_000);

  test.concurrent("takes no store path that is not a system", async () => {
    const h4 = await bench.lone("h4");
    const { ground, host, old } = h4;
    const system = await ground.change("h4", "has-hello");
    const paths = await run(["nix-store", "-qR", system]);
    const notSystem = /\S+-unit-\S+/.exec(paths)?.[0] ?? "";
    for (const [path, code] of [
      [notSystem, 77],
      ["/nix/store/00000000000000000000000000000000-gone", 12],
      ["/etc", 64],
    ] as const) {
      const ended = await ground.flurry("switch", "h4", "--store-path", path);
      expect(ended, said(ended)).toMatchObject({ code });
      expect(said(ended), path).toContain(path);
      expect(await h4.all()).toEqual(all(old));
    }
    await run(["ln", "-s", system, join(ground.flake, "result")]);
    const good = await ground.flurry("switch", "h4", "--store-path", "result");
    expect(good, said(good)).toMatchObject({ code: 0 });
    expect(await h4.all()).toEqual(all(system));
    expect(await host.exec(["ls", "/nix/var/nix/gcroots/flurry/runs"])).toBe("");
  }, 240_000);

  test.concurrent("that may not fall back leaves the failed system running, and a rollback ends that", async () => {
    const h5 = await bench.lone("h5");
    const { ground, old } = h5;
    await ground.describe("h5", { policy: { fallback: false } });
    const system = await ground.rewrite("h5", module("left", broken));
    const left = await ground.flurry("switch", "h5", "--json");
    expect(left, said(left)).toMatchObject({ code: 14 });
    expect(JSON.parse(left.stdout).hosts.h5).toMatchObject({ outcome: "left", to: system });
    expect(await h5.all()).toEqual({ ...all(old), running: system });
    const status = await ground.flurry("status", "h5");
    expect(status, said(status)).toMatchObject({ code: 0 });
    const back = await ground.flurry("rollback", "h5");
    expect(back, said(back)).toMatchObject({ code: 0 });
    expect(await h5.all()).toEqual(all(old));
  }, 240_000);

  test.concurrent("without confirmation keeps what the host itself finds well, and nothing else", async () => {
    const h6 = await bench.lone("h6");
    const { ground } = h6;
    const system = await ground.change("h6", "unasked");
    const kept = await ground.flurry("switch", "h6", "--no-confirm");
    expect(kept, said(kept)).toMatchObject({ code: 0 });
    expect(await h6.all()).toEqual(all(system));
    await ground.rewrite("h6", module("unasked-bad", broken));
    const undone = await ground.flurry("switch", "h6", "--no-confirm");
    expect(undone, said(undone)).toMatchObject({ code: 14 });
    expect(await h6.all()).toEqual(all(system));
  }, 240_000);

  test.concurrent("whose probes fail goes back; where they only warn, or pass, it stays", async () => {
    const h7 = await bench.lone("h7");
    const { ground, old } = h7;
    const system = await ground.change("h7", "probed");
    const probes = (required: boolean, command: string): Record<string, unknown> => ({
      probes: [
        { name: "ours", kind: "command", command: [command], required },
        {
          name: "theirs",
          kind: "command",
          from: "host",
          command: ["test", "-e", "/run/current-system"],
        },
        { name: "ssh", kind: "unit", unit: "sshd.service" },
      ],
    });
    await ground.describe("h7", probes(true, "false"));
    const undone = await ground.flurry("switch", "h7");
    expect(undone, said(undone)).toMatchObject({ code: 14 });
    expect(said(undone)).toMatch(/probe ours failed/);
    expect(await h7.all()).toEqual(all(old));
    expect(await ground.flurry("probe", "h7")).toMatchObject({ code: 14 });

    await ground.describe("h7", probes(false, "false"));
    const warned = await ground.flurry("switch", "h7");
    expect(warned, said(warned)).toMatchObject({ code: 0 });
    expect(said(warned)).toMatch(/probe ours failed/);
    expect(await h7.all()).toEqual(all(system));
    await ground.describe("h7", probes(true, "true"));
    expect(await ground.flurry("probe", "h7")).toMatchObject({ code: 0 });
  }, 240_000);

  test.concurrent("that is only shown changes nothing, and shows what would come true", async () => {
    const { ground, host } = await bench.lone("h10");
    const first = await ground.change("h10", "first");
    expect(await ground.flurry("switch", "h10")).toMatchObject({ code: 0 });
    const next = await ground.change("h10", "next");
    expect(await ground.flurry("switch", "h10")).toMatchObject({ code: 0 });
    const before = await host.state();

    const back = await ground.flurry("rollback", "h10", "--dry-run", "--json");
    expect(back, said(back)).toMatchObject({ code: 0 });
    expect(JSON.parse(back.stdout).hosts.h10).toMatchObject({ change: "switch", to: first });
    const missing = await ground.flurry("rollback", "h10", "--dry-run", "--to", "77");
    expect(missing, said(missing)).toMatchObject({ code: 77 });
    const collected = await ground.flurry("gc", "h10", "--keep", "1", "-n", "--json");
    expect(JSON.parse(collected.stdout).hosts.h10, said(collected)).toEqual({ drops: [2] });
    const booted = await ground.flurry("reboot", "h10", "-n", "--json");
    expect(JSON.parse(booted.stdout).hosts.h10, said(booted)).toEqual({ boots: next });
    const named = await ground.flurry("switch", "h10", "-n", "--store-path", first, "--json");
    expect(JSON.parse(named.stdout).hosts.h10, said(named)).toMatchObject({ to: first });
    const asked = await ground.flurry("reboot", "h10", "--ask");
    expect(asked, said(asked)).toMatchObject({ code: 64 });
    expect(await host.state()).toEqual(before);

    expect(await ground.flurry("gc", "h10", "--keep", "1", "--yes")).toMatchObject({ code: 0 });
    expect(Object.keys((await host.state()).generations)).toEqual(["1", "3"]);
  }, 240_000);

  test.concurrent("builds on another host, and brings what that made", async () => {
    const h8 = await bench.lone("h8", "h9");
    const { ground, host } = h8;
    const builder = bench.fleet.hosts.find(({ name }) => name === "h9");
    const made = 'environment.etc."made".text = "on h9";';
    writeFileSync(join(ground.flake, "systems/h8/variant.nix"), module("elsewhere", made));
    const ended = await ground.flurry("switch", "h8", "--build-host", "h9");
    expect(ended, said(ended)).toMatchObject({ code: 0 });
    const { running } = await host.state();
    expect(running).toContain("26.05.elsewhere");
    expect(await h8.all()).toEqual(all(running ?? ""));
    await builder?.exec(["nix-store", "--check-validity", running ?? ""]);
    const log = await builder?.exec(["sh", "-c", "ls -R /nix/var/log/nix/drvs | grep -c bz2"]);
    expect(Number(log)).toBeGreaterThan(0);
  }, 240_000);

  test.concurrent("of the machine one sits on needs no ssh", async () => {
    const bundle = await makeBundle();
    const folder = mkdtempSync(join(tmpdir(), "flurry-local-"));
    const flake = await makeFlake(folder, ["here"], "systemd-boot");
    const bundled = dirname(bundle.path);
    const fleet = await startFleet({
      hosts: ["here"],
      binds: [
        { from: process.execPath, to: "/usr/local/bin/node" },
        { from: bundled, to: "/opt/flurry" },
        { from: folder, to: folder },
      ],
    });
    try {
      const [host] = fleet.hosts;
      if (!host) throw new Error("no host");
      await host.exec(["systemctl", "stop", "sshd"]);
      const config = nixEnvironment()["NIX_CONFIG"] ?? "";
      const flurry = (...words: readonly string[]): Promise<string> => {
        const line =
          'cd "$0" && NIX_CONFIG=$1 && export NIX_CONFIG && shift && exec node /opt/flurry/flurry.mjs "$@" 2>&1';
        return host.exec(["sh", "-c", line, flake, config, ...words]);
      };
      const system = await rewriteHost(flake, "here", module("at-home"));
      expect(await flurry("switch")).toMatch(/done/);
      expect(await host.state()).toMatchObject(all(system));
      expect(await flurry("status", "here")).toContain("here");
      expect(await flurry("rollback")).toMatch(/done/);
      expect(await host.state()).toMatchObject({ bootDefault: (await host.state()).running });
      expect((await host.state()).running).not.toBe(system);
    } finally {
      await fleet[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
      bundle.remove();
    }
  }, 240_000);
});
