import { afterAll, expect, test } from "vitest";
import { Problem } from "../src/lib/problem.ts";
import { makeFleetFolder, type OnHost } from "./fleet-folder.ts";

const fleet = makeFleetFolder();
afterAll(fleet.remove);

/** A command that listens to no signals, with hosts that answer only when they are given up. */
function start(): ReturnType<typeof fleet.type> & { readonly begun: Promise<unknown> } {
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const silent: OnHost = ({ signal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(new Problem("interrupted", "given up")));
      begin();
    });
  const run = fleet.type("status", silent);
  // A run that ends before it began shows in its exit code.
  return { ...run, begun: Promise.race([begun, run.ended]) };
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s ends what is under way, and gives %i", async (signal, exit) => {
  const run = start();
  await run.begun;
  run.send(signal);
  expect((await run.ended).exit).toBe(exit);
});

test("a second signal does not wait", async () => {
  const run = start();
  await run.begun;
  run.send("SIGINT");
  expect(() => run.send("SIGINT")).toThrow("exit 130");
  await run.ended;
});
