import { afterAll, expect, test } from "vitest";
import { commands } from "../src/cli/registry.ts";
import { Problem } from "../src/lib/problem.ts";
import { makeFleetFolder, type OnHost } from "./fleet-folder.ts";

const fleet = makeFleetFolder();
afterAll(fleet.remove);

/** No host answers, and there is no Nix: far enough to meet flags that are read and not declared. */
const silent: OnHost = ({ host }) =>
  Promise.reject(new Problem("host-unreachable", `${host.name} does not answer`));

const lines = commands.flatMap(({ examples }) => examples.map(({ line }) => line));

test.each(lines)("%s ends with a code of the list, and is no bug", async (line) => {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  const { exit, stderr } = await fleet.type(words.slice(1), silent).ended;
  expect(stderr).not.toMatch(/mistake of flurry/);
  expect([0, 2, 10, 11, 12, 20, 64, 65, 69, 75, 77], stderr).toContain(exit);
});
