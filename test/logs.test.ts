import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeLine } from "../src/event/journal-line.ts";
import { Problem } from "../src/lib/problem.ts";
import { openJournal, runsFolder } from "../src/world/journal.ts";
import { type FleetFolder, makeFleetFolder, type OnHost } from "./fleet-folder.ts";
import { eventsOf, finished, morning } from "./stories.ts";

let folder: FleetFolder;

beforeAll(async () => {
  folder = makeFleetFolder();
  const journal = await openJournal(runsFolder(folder.env), "7f3kq2", morning);
  for (const event of eventsOf(finished)) journal.append(encodeLine(event), false);
  journal.close();
});
afterAll(() => folder.remove());

function start(line: string, onHost: OnHost): ReturnType<FleetFolder["type"]> {
  return folder.type(line, onHost);
}

const says: OnHost = async ({ host, args = [] }, print) => {
  const line = `${host.name}: \u001b[31m${args.join(" ")}`;
  print(line);
  return { code: 0, stdout: `${line}\n`, stderr: "" };
};

test("the last lines of a host, with nothing in them that drives the terminal", async () => {
  const { exit, stdout } = await start("logs nas", says).ended;
  expect([exit, stdout]).toEqual([0, "nas: --no-pager --output=short-iso --lines=100\n"]);
});

test("units and times go in one word each, and none is taken for a flag", async () => {
  const line = "logs nas -u sshd --unit=-x --since 2h --lines 5 --follow";
  const { stdout } = await start(line, says).ended;
  expect(stdout).toContain("--lines=5 --unit=sshd --unit=-x --since=-7200s --follow");
});

test("the lines of a run are those from its start to its end", async () => {
  const { stdout } = await start("logs nas --run 7f3", says).ended;
  const start1970 = morning / 1000;
  expect(stdout).toContain(`--lines=all --since=@${start1970} --until=@${start1970 + 296}`);
});

test("several hosts have their name in front, and one that fails keeps no other from answering", async () => {
  const { exit, stdout, stderr } = await start("logs all", async (command, print) => {
    if (command.host.name === "gateway") throw new Problem("host-unreachable", "gateway is silent");
    return says(command, print);
  }).ended;
  expect(exit).toBe(20);
  expect(stdout).toMatch(/^nas {6}nas: /);
  expect(stderr).toBe("gateway  is silent\n");
});

test("as a document", async () => {
  const { stdout } = await start("logs nas --json", says).ended;
  expect(JSON.parse(stdout)).toMatchObject({
    schema: "flurry.logs/1",
    hosts: { nas: { problem: null, lines: [expect.stringContaining("nas: ")] } },
  });
});

test("to interrupt is how following ends", async () => {
  const { ended, send } = start("logs nas --follow", async ({ signal }) => {
    send("SIGINT");
    expect(signal?.aborted).toBe(true);
    throw new Problem("interrupted", "interrupted");
  });
  expect(await ended).toEqual({ exit: 0, stdout: "", stderr: "" });
});

test("hosts must be named", async () => {
  const { exit, stderr } = await start("logs", says).ended;
  expect(exit).toBe(64);
  expect(stderr).toContain("no hosts named");
});
