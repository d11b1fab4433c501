import { afterAll, expect, test } from "vitest";
import { fullHelp } from "../src/cli/help.ts";
import { commands } from "../src/cli/registry.ts";
import { makeFleetFolder } from "./fleet-folder.ts";

const fleet = makeFleetFolder();
afterAll(fleet.remove);

const nobody = (): Promise<never> => Promise.reject(new Error("no host is asked"));

test("flurry alone lists the hosts of the repository, as host list does", async () => {
  const alone = await fleet.type([], nobody).ended;
  expect(alone).toEqual(await fleet.type("host list", nobody).ended);
  expect(alone.exit).toBe(0);
  expect(alone.stdout).toMatch(/^gateway +.*\nnas /m);
});

test("it takes flags, too", async () => {
  const { exit, stdout } = await fleet.type("--json", nobody).ended;
  expect(exit).toBe(0);
  expect(Object.keys(JSON.parse(stdout).hosts)).toEqual(["gateway", "nas"]);
});

test("where there is no repository, it says what flurry can do", async () => {
  const empty = makeFleetFolder("empty");
  expect(await empty.type([], nobody).ended).toEqual({
    exit: 0,
    stdout: fullHelp(commands),
    stderr: "",
  });
  empty.remove();
});
