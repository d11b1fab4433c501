import { afterAll, beforeAll, expect, test } from "vitest";
import type { DiffDocument } from "../src/plan/diff-document.ts";
import { startFleet, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import { makeBundle, makePlayground, type Playground } from "../src/testing/playground.ts";

describeOnHosts("a difference of systems", () => {
  let fleet: TestFleet;
  let bundle: { readonly path: string; readonly remove: () => void };
  let ground: Playground;
  let first: string;
  let second: string;

  beforeAll(async () => {
    bundle = await makeBundle();
    fleet = await startFleet({ hosts: 1 });
    ground = await makePlayground(bundle.path, fleet, ["h1"]);
    first = (await fleet.hosts[0]?.state())?.running ?? "";
    second = await ground.change("h1", "second");
    expect(await ground.flurry("switch", "h1")).toMatchObject({ code: 0 });
  }, 300_000);
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    ground?.remove();
    bundle?.remove();
  });

  async function asked(...words: readonly string[]): Promise<DiffDocument> {
    const { code, stdout, stderr } = await ground.flurry("diff", ...words, "--json");
    expect(stderr, stderr).not.toContain("bug");
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  test("of two generations, which only the host has", async () => {
    const { hosts, systems } = await asked("h1@1", "h1@2");
    expect(hosts["h1"]).toMatchObject({ from: 1, to: 2, diff: { from: first, to: second } });
    expect(hosts["h1"]?.diff?.paths.added).toBeGreaterThan(0);
    expect(systems).toBeNull();
    const alone = await asked("h1@1");
    expect(alone.hosts["h1"]?.diff).toEqual(hosts["h1"]?.diff);
  });

  test("of two paths in the store here", async () => {
    const third = await ground.change("h1", "third");
    const { hosts, systems } = await asked(second, third);
    expect(hosts).toEqual({});
    expect(systems?.diff).toMatchObject({ from: second, to: third });
    expect((await ground.flurry("diff", second, third, "--exit-code")).code).toBe(2);
    expect((await ground.flurry("diff", second, second, "--exit-code")).code).toBe(0);
  });

  test("of what a host runs and what a deploy would give it, with its units", async () => {
    const third = await ground.change("h1", "third");
    const { hosts } = await asked("h1");
    expect(hosts["h1"]?.diff).toMatchObject({ from: second, to: third });
    expect(hosts["h1"]?.effects).not.toBeNull();
    const { stdout } = await ground.flurry("diff", "h1");
    expect(stdout).toMatch(/^h1 {2}2 → \S+ \+ edits$/m);
    expect(stdout).toMatch(/^Closure +\d+ → \d+ paths/m);
  });

  test("of the work tree and a commit, without asking the host", async () => {
    const third = await ground.change("h1", "third");
    const { hosts } = await asked("h1", "--against", "main");
    expect(hosts["h1"]).toMatchObject({ from: "main", diff: { to: third } });
    const unknown = await ground.flurry("diff", "h1", "--against", "no-such-branch");
    expect(unknown.code).toBe(64);
    expect(unknown.stderr).toContain("no-such-branch");
  });

  test("says what cannot be compared", async () => {
    expect(await ground.flurry("diff", "h1@77", "h1@1")).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("no generation 77"),
    });
    expect((await ground.flurry("diff", "h1", "h1@1")).code).toBe(64);
    expect((await ground.flurry("diff", "/nowhere/a", "/nowhere/b")).code).toBe(65);
  });
});
