import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event } from "../src/event/event.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import { attempt, until } from "../src/testing/fleet/program.ts";
import {
  all,
  type Bench,
  type LoneHost,
  module,
  onTerminal,
  openBench,
  said,
} from "./lone-host.ts";

// Claim: whoever goes away in the middle, by Ctrl-C, with a reader that ended or with the terminal,
// leaves a host that is the old one or the new one, and held by nobody.
describeOnHosts("a run that is left in the middle", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await openBench({ hosts: 10 });
  }, 300_000);
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]();
  });

  const started =
    (step: string) =>
    (event: Event): boolean =>
      event.kind === "step.started" && event.step === step;
  const activating = (event: Event): boolean =>
    event.kind === "step.printed" && /activating the configuration/.test(event.line);
  const slowly = (seconds: number): string => `system.activationScripts.slow = "sleep ${seconds}";`;

  /** Who holds the host: null for nobody. */
  async function holder({ name, ground }: LoneHost): Promise<{ kind: string; run: string } | null> {
    const { stdout } = await ground.flurry("lock", "show", name, "--json");
    return JSON.parse(stdout).hosts[name];
  }

  test.concurrent("Ctrl-C while building cancels the build, and nothing was held", async () => {
    const h1 = await bench.lone("h1");
    const { ground, old } = h1;
    const slow = `environment.systemPackages = [ (pkgs.runCommand "slow" { pname = "slow"; } "sleep 300; mkdir $out") ];`;
    writeFileSync(join(ground.flake, "systems/h1/variant.nix"), module("slow-build", slow));
    const run = ground.start("switch", "h1");
    await run.event((event) => event.kind === "build.started" && event.name.includes("slow"));
    const at = Date.now();
    run.kill("SIGINT");
    const ended = await run.ended;
    expect(ended, said(ended)).toMatchObject({ code: 130 });
    expect(Date.now() - at).toBeLessThan(15_000);
    expect(await h1.all()).toEqual(all(old));
    expect(await holder(h1)).toBeNull();
  }, 240_000);

  test.concurrent("Ctrl-C before anything is armed gives the host back", async () => {
    const h2 = await bench.lone("h2");
    const { ground, old } = h2;
    await ground.rewrite("h2", module("slow-check", `testHost.preSwitchChecks.slow = "sleep 60";`));
    const run = ground.start("switch", "h2");
    await run.event(started("h2.rehearse"));
    expect(await holder(h2)).toMatchObject({ kind: "lease" });
    const at = Date.now();
    run.kill("SIGINT");
    const ended = await run.ended;
    expect(ended, said(ended)).toMatchObject({ code: 130 });
    expect(Date.now() - at).toBeLessThan(20_000);
    expect(await h2.all()).toEqual(all(old));
    expect(await holder(h2)).toBeNull();
    const left = "systemctl list-units --plain --no-legend 'flurry-*'; ls -d /run/flurry-* || :";
    expect(await h2.host.exec(["sh", "-c", `{ ${left}; } 2>/dev/null`])).toBe("");
  }, 240_000);

  test.concurrent("Ctrl-C once while activating awaits the end", async () => {
    const h3 = await bench.lone("h3");
    const system = await h3.ground.rewrite("h3", module("awaited", slowly(5)));
    const run = h3.ground.start("switch", "h3");
    await run.event(activating);
    run.kill("SIGINT");
    const ended = await run.ended;
    expect(ended, said(ended)).toMatchObject({ code: 130 });
    expect(await h3.all()).toEqual(all(system));
    expect(await holder(h3)).toBeNull();
  }, 240_000);

  test.concurrent("Ctrl-C twice lets go; the run can be followed, and confirmed by somebody else", async () => {
    const h4 = await bench.lone("h4");
    const { ground } = h4;
    const system = await ground.rewrite("h4", module("detached", slowly(15)));
    const run = ground.start("switch", "h4", "--confirm-seconds", "60");
    await run.event(activating);
    run.kill("SIGINT");
    await run.event((event) => event.kind === "run.interrupted" && event.times === 1);
    run.kill("SIGINT");
    const ended = await run.ended;
    expect(ended, said(ended)).toMatchObject({ code: 130 });
    const id = run.events[0]?.run ?? "";
    expect(await holder(h4)).toMatchObject({ kind: "open run", run: id });

    const following = ground.flurry("run", "follow", id);
    const confirmed = await ground.flurry("run", "confirm", "h4");
    expect(confirmed, said(confirmed)).toMatchObject({ code: 0 });
    const followed = await following;
    expect(followed, said(followed)).toMatchObject({ code: 0 });
    expect(await h4.all()).toEqual(all(system));
    expect(await holder(h4)).toBeNull();
  }, 240_000);

  test.concurrent("somebody else aborts the run; who began it is told", async () => {
    const h5 = await bench.lone("h5");
    const { ground, old } = h5;
    await ground.rewrite("h5", module("aborted", slowly(30)));
    const run = ground.start("switch", "h5");
    await run.event(activating);
    const aborted = await ground.flurry("run", "abort", "h5", "--reason", "wrong evening");
    expect(aborted, said(aborted)).toMatchObject({ code: 14 });
    const ended = await run.ended;
    expect(ended, said(ended)).toMatchObject({ code: 14 });
    expect(said(ended)).toContain("wrong evening");
    expect(await h5.all()).toEqual(all(old));
  }, 240_000);

  test.concurrent("a lease that is released is nobody's, and whoever had it changes nothing", async () => {
    const h6 = await bench.lone("h6");
    const { ground, old } = h6;
    await ground.rewrite("h6", module("released", `testHost.preSwitchChecks.slow = "sleep 2";`));
    const run = ground.start("switch", "h6", "--reason", "new cable");
    await run.event(started("h6.rehearse"));
    run.kill("SIGSTOP"); // However busy this machine is, it does not go on before we have looked.
    const shown = await ground.flurry("lock", "show", "h6");
    expect(shown, said(shown)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("new cable"),
    });
    expect(await ground.flurry("lock", "release", "h6")).toMatchObject({ code: 0 });
    expect(await holder(h6)).toBeNull();
    run.kill("SIGCONT");
    const ended = await run.ended;
    expect(ended, said(ended)).toMatchObject({ code: 75 });
    expect(await h6.all()).toEqual(all(old));
  }, 240_000);

  // nix-community/nix-index#69, NixOS/nix#13246
  test.concurrent("the reader of the pipe has gone", async () => {
    const h7 = await bench.lone("h7");
    const { ground } = h7;
    const shell = async (line: string): Promise<{ codes: string; printed: string }> => {
      const words = `f() { ${ground.argv().join(" ")} "$@"; }; ${line}; echo "\${PIPESTATUS[@]}" >&2`;
      const ended = await attempt(["bash", "-c", words], { cwd: ground.flake, env: ground.env });
      const lines = ended.stderr.trim().split("\n");
      return { codes: lines.at(-1) ?? "", printed: `${ended.stdout}\n${ended.stderr}` };
    };
    const quiet = /EPIPE|at .*\.js|uncaught/i;
    for (const [name, line] of [
      ["events", "f switch h7 --format jsonl | head -n 1"],
      ["words", "f switch h7 2>&1 | head -n 1"],
      ["nothing", "f switch h7 >&- 2>&- | cat"],
      ["full", "f switch h7 >/dev/full 2>/dev/full | cat"],
    ] as const) {
      const system = await ground.rewrite("h7", module(`pipe-${name}`, slowly(1)));
      const cut = await shell(line);
      expect(cut.codes, name).toBe("0 0");
      expect(cut.printed, name).not.toMatch(quiet);
      expect(await h7.all(), name).toEqual(all(system));
    }
    expect(await holder(h7)).toBeNull();
    const { stdout } = await ground.flurry("history", "--json");
    expect(JSON.parse(stdout).runs.map(({ exit }: { exit: number }) => exit)).toEqual([0, 0, 0, 0]);
    for (const line of ["f host list --json | head -c 1", "f history | head -n 1"]) {
      const cut = await shell(line);
      expect(cut.codes, line).toMatch(/^(0|141) 0$/);
      expect(cut.printed, line).not.toMatch(quiet);
    }
  }, 240_000);

  test.concurrent("the terminal has gone: nobody waits, and the host settles", async () => {
    const h8 = await bench.lone("h8");
    const { ground, host, old } = h8;
    await ground.rewrite("h8", module("hung-up", slowly(4)));
    const run = ground.start("switch", "h8", "--confirm-seconds", "3");
    await run.event(activating);
    run.kill("SIGHUP");
    expect(await run.ended).toMatchObject({ code: 129 });
    await until("it settles", async () => (await holder(h8)) === null, 120);
    expect(await h8.all()).toEqual(all(old));
    expect(await host.exec(["ls", "/nix/var/nix/gcroots/flurry/runs"])).toBe("");
  }, 240_000);

  test.concurrent("a question on the terminal is answered by no, or by Ctrl-C: nothing was held", async () => {
    const h1 = await bench.lone("h9", "h10");
    const { ground, old } = h1;
    await ground.change("h9", "asked");
    await ground.change("h10", "asked");
    const question = /Activate 2 hosts\?/;
    const no = await onTerminal(h1, ["deploy", "all"], question, "n\r");
    expect(no, no.screen).toMatchObject({ code: 77 });
    const stopped = await onTerminal(h1, ["deploy", "all"], question, "\u0003");
    expect(stopped, stopped.screen).toMatchObject({ code: 130 });
    expect(await h1.all()).toEqual(all(old));
    expect(await holder(h1)).toBeNull();
    const some = await onTerminal(h1, ["deploy", "all"], question, "1\r");
    expect(some, some.screen).toMatchObject({ code: 20 });
    expect(await h1.all()).toEqual(all(old));
  }, 240_000);
});
