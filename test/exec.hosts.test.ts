import { afterAll, beforeAll, expect, test } from "vitest";
import { startFleet, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import { makeBundle, makePlayground, type Playground } from "../src/testing/playground.ts";

describeOnHosts("commands on hosts", () => {
  let fleet: TestFleet;
  let bundle: { readonly path: string; readonly remove: () => void };
  let ground: Playground;

  beforeAll(async () => {
    bundle = await makeBundle();
    fleet = await startFleet({ hosts: 2 });
    ground = await makePlayground(bundle.path, fleet, ["h1", "h2"]);
  }, 300_000);
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    ground?.remove();
    bundle?.remove();
  });

  test("words arrive as they were typed, whatever they hold", async () => {
    const words = ["a b", "$HOME", "`id`", "'", '"', "\\", "!", "*", "", "é", "--json", "x\ny"];
    const { code, stdout } = await ground.flurry("exec", "h1", "--", "printf", "%s|", ...words);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${words.join("|")}|\n` });
  });

  test("several hosts answer side by side, and codes are summed up", async () => {
    const both = await ground.flurry("exec", "all", "--", "uname", "-n");
    expect(both.code, both.stderr).toBe(0);
    expect(both.stdout.trim().split("\n").toSorted()).toEqual(["h1  h1", "h2  h2"]);
    const script = 'test "$(uname -n)" = h1';
    const one = await ground.flurry("exec", "all", "--", "sh", "-c", script);
    expect(one.code).toBe(20);
    expect(one.stderr).toContain("sh ended with exit code 1 on h2");
  });

  test("ssh gives the exit code of what it runs", async () => {
    expect(await ground.flurry("ssh", "h1", "--", "uname", "-n")).toMatchObject({
      code: 0,
      stdout: "h1\n",
    });
    expect((await ground.flurry("ssh", "h1", "--", "exit", "7")).code).toBe(7);
  });
});
