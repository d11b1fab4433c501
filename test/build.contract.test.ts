import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Builder,
  type BuilderOptions,
  type BuildHappening,
  builderOf,
} from "../src/inventory/build.ts";
import { makeLatch } from "../src/lib/latch.ts";
import { noNixFlags } from "../src/nix/nix-flags.ts";
import { hostOf, seenOf } from "../src/testing/hosts.ts";
import { hasNix } from "../src/testing/nix-repository.ts";
import { type NixWorld, openNixWorld } from "./nix-world.ts";

const derivations = join(import.meta.dirname, "data/nix-logs/derivations.nix");

describe.runIf(hasNix)("building with the installed Nix", () => {
  let world: NixWorld;
  let told: BuildHappening[];
  let builder: Builder;

  beforeEach(async () => {
    world = await openNixWorld();
    told = [];
    builder = openBuilder();
  });
  afterEach(async () => {
    await builder.close();
    await world.close();
  });

  function openBuilder(more: Partial<BuilderOptions> = {}): Builder {
    return builderOf(world, {
      run: "run1",
      flags: noNixFlags,
      at: { kind: "here" },
      tell: (happening) => told.push(happening),
      ...more,
    });
  }

  function wanted(...names: readonly string[]): Promise<readonly string[]> {
    return Promise.all(names.map((name) => world.instantiate(derivations, name)));
  }

  function nixRuns(): readonly string[] {
    return world.started.map(({ argv }) => argv.slice(0, 2).join(" "));
  }

  test("derivations that come together are built by one process, and are rooted until the end", async () => {
    const drvs = await wanted("app", "good");
    const before = world.started.length;
    const paths = await Promise.all(drvs.map((drv) => builder.build(drv)));
    expect(nixRuns().slice(before)).toEqual(["nix-store --realise"]);
    expect(paths.map((path) => path.replace(/^.*\/[0-9a-z]{32}-/, ""))).toEqual([
      "app-0.3",
      "good-1.0",
    ]);
    await world.here({ argv: ["nix-collect-garbage"], timeoutSeconds: 60 });
    expect(await readFile(paths[0] ?? "", "utf8")).toContain("liba-1.0");
    await builder.close();
    expect(await readdir(join(world.folder, "state/flurry/roots"))).toEqual([]);
  });

  test("what has come waits for what is on its way, though not long", async () => {
    const [app = "", good = "", liba = ""] = await wanted("app", "good", "liba");
    const before = world.started.length;
    const isOver = makeLatch();
    await builder.close();
    builder = openBuilder({ more: () => isOver.opened });
    const first = builder.build(app);
    await Promise.resolve();
    const second = builder.build(good);
    isOver.open();
    await Promise.all([first, second]);
    expect(nixRuns().slice(before)).toEqual(["nix-store --realise"]);

    await builder.close();
    builder = openBuilder({ more: () => makeLatch().opened });
    await builder.build(liba);
  });

  test("what goes on is told: starts, phases, lines and ends", async () => {
    const [app = ""] = await wanted("app");
    await builder.build(app);
    const kinds = told.filter(
      (happening) => "derivation" in happening && happening.derivation === app,
    );
    expect(kinds.map((happening) => happening.kind)).toEqual([
      "build.started",
      "build.reached",
      "build.printed",
      "build.finished",
    ]);
    expect(told).toContainEqual(
      expect.objectContaining({ kind: "build.progressed", unit: "builds", done: 3, expected: 3 }),
    );
    expect(told).toContainEqual(
      expect.objectContaining({ kind: "build.finished", outcome: "built" }),
    );
  });

  test("a build that fails says where and why, with its last lines, and stops no other", async () => {
    const [top = "", good = ""] = await wanted("top", "good");
    const [failed, built] = await Promise.allSettled([builder.build(top), builder.build(good)]);
    expect(built).toMatchObject({ status: "fulfilled" });
    expect(failed).toMatchObject({
      reason: {
        code: "build-failed",
        message: "badpkg-9.9 failed in checkPhase with exit code 3",
        hint: expect.stringMatching(/^nix log \/.*-badpkg-9\.9\.drv$/),
      },
    });
    const { evidence } = (failed as PromiseRejectedResult).reason as {
      evidence: readonly string[];
    };
    expect(evidence).toHaveLength(10);
    expect(evidence.at(-1)).toBe("FAIL: test 13: expected 1 got 2");
    const [path = ""] = built.status === "fulfilled" ? [built.value] : [];
    await world.here({ argv: ["nix-collect-garbage"], timeoutSeconds: 60 });
    expect(await readFile(path, "utf8")).toBe("a\n");
  });

  test("each host is told of its own failure", async () => {
    const drvs = await wanted("killed", "noout", "fetch");
    const ends = await Promise.allSettled(drvs.map((drv) => builder.build(drv)));
    const messages = ends.map((end) =>
      end.status === "rejected" ? (end.reason as Error).message : "",
    );
    expect(messages[0]).toMatch(/^killed-1 failed due to signal 9/);
    expect(messages[1]).toBe("noout-1 failed to produce output path for output 'out'");
    expect(messages[2]).toBe("fetch-1 has another hash than was written");
    const { evidence } = (ends[2] as PromiseRejectedResult).reason as {
      evidence: readonly string[];
    };
    expect(evidence.join("\n")).toMatch(/got: +sha256-/);
  });

  test("a platform that nobody here can build for takes no other derivation along", async () => {
    await world.writeFiles({
      "foreign.nix": `derivation { name = "foreign"; system = "m68k-linux"; builder = "/bin/sh"; }`,
    });
    const foreign = (
      await world.here({
        argv: ["nix-instantiate", join(world.folder, "foreign.nix")],
        timeoutSeconds: 60,
      })
    ).stdout.trim();
    const [good = ""] = await wanted("good");
    const [bad, built] = await Promise.allSettled([builder.build(foreign), builder.build(good)]);
    expect(built).toMatchObject({ status: "fulfilled" });
    expect(bad).toMatchObject({
      reason: { code: "build-failed", hint: expect.stringContaining("--build-host") },
    });
  });

  test("several outputs do no harm: the first is the one", async () => {
    const [multi = "", good = ""] = await wanted("multi", "good");
    const [path] = await Promise.all([builder.build(multi), builder.build(good)]);
    expect(path).toMatch(/-multi-1\.0$/);
    await expect(builder.build(multi)).resolves.toBe(path);
  });

  test("called off, a build ends soon and nothing is left", async () => {
    const [hang = ""] = await wanted("hang");
    const control = new AbortController();
    const going = builder.build(hang, control.signal);
    await expect
      .poll(() => told.some(({ kind }) => kind === "build.started"), { timeout: 20_000 })
      .toBe(true);
    control.abort();
    await expect(going).rejects.toMatchObject({ code: "interrupted" });
    await expect(builder.build(hang, control.signal)).rejects.toMatchObject({
      code: "interrupted",
    });
  });

  test("counting says what would be built, and builds nothing", async () => {
    const [app = ""] = await wanted("app");
    const count = await builder.count([app, app]);
    expect(count.build).toHaveLength(3);
    expect(count).toMatchObject({ fetch: [], downloadBytes: 0 });
    expect((await builder.count([])).build).toEqual([]);
    await builder.build(app);
    expect((await builder.count([app])).build).toEqual([]);
  });

  test("roots of a run that was killed are removed by the next one", async () => {
    await world.writeFiles({
      "state/flurry/roots/dead-x/owner": "4194305 77 boot\n",
      "state/flurry/roots/dead-x/1": "",
    });
    const [good = ""] = await wanted("good");
    await builder.build(good);
    expect(await readdir(join(world.folder, "state/flurry/roots"))).toEqual(["run1-xxxxxx"]);
  });

  test("a host that builds gets the derivations, builds, and sends back what it made", async () => {
    const host = hostOf("builder");
    const seen = seenOf("builder", "/x", { nixDaemon: "nix-daemon" });
    const there = openBuilder({ at: { kind: "host", host, seen, keepThere: false } });
    const [top = "", app = ""] = await wanted("top", "app");
    const [failed, built] = await Promise.allSettled([there.build(top), there.build(app)]);
    expect(built).toMatchObject({ value: expect.stringMatching(/-app-0\.3$/) });
    expect(failed).toMatchObject({
      reason: { message: "badpkg-9.9 failed in checkPhase with exit code 3" },
    });
    expect(told).toContainEqual(
      expect.objectContaining({ kind: "build.started", name: "app-0.3", on: "builder" }),
    );
    await there.close();
  });
});
