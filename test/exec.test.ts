import { afterAll, expect, test } from "vitest";
import { Problem } from "../src/lib/problem.ts";
import type { HostCommand } from "../src/world/world.ts";
import type { Typed } from "./command-line.ts";
import { makeFleetFolder, type OnHost } from "./fleet-folder.ts";

const fleet = makeFleetFolder();
afterAll(fleet.remove);

function typed(line: string | readonly string[], onHost: OnHost): Promise<Typed> {
  return fleet.type(line, onHost).ended;
}

const answer: OnHost = async ({ host, args }, print) => {
  print(`${host.name} says ${JSON.stringify(args)}`);
  return { code: 0, stdout: "", stderr: "" };
};

test("one host's lines come as they are, and words reach it unchanged", async () => {
  const words = ["exec", "nas", "--", "printf", "%s|", "a b", "$HOME", "--json"];
  expect(await typed(words, answer)).toEqual({
    exit: 0,
    stdout: 'nas says ["printf","%s|","a b","$HOME","--json"]\n',
    stderr: "",
  });
});

test("several hosts' lines have the host in front", async () => {
  const { exit, stdout } = await typed("exec all -- uptime", answer);
  expect(exit).toBe(0);
  expect(stdout.split("\n").toSorted().join("\n").trim()).toBe(
    'gateway  gateway says ["uptime"]\nnas      nas says ["uptime"]',
  );
});

test("it runs as the login user, through no shell of ours", async () => {
  const seen: HostCommand[] = [];
  await typed("exec nas -- true", async (command, print) => {
    seen.push(command);
    return answer(command, print);
  });
  expect(seen).toMatchObject([{ script: 'exec "$@"', args: ["true"] }]);
  expect(seen[0]).not.toHaveProperty("asRoot");
});

test("a command that fails on some hosts gives 20, on the only one its own code", async () => {
  const some: OnHost = async ({ host }) => ({
    code: host.name === "nas" ? 3 : 0,
    stdout: "",
    stderr: "",
  });
  const { exit, stderr } = await typed("exec all -- false", some);
  expect(exit).toBe(20);
  expect(stderr).toBe("nas      false ended with exit code 3 on nas\n");
  expect((await typed("exec nas -- false", some)).exit).toBe(3);
});

test("hosts that do not answer hold up nobody; 69 where none does", async () => {
  const onlyNas: OnHost = async (command, print) => {
    if (command.host.name === "nas") return answer(command, print);
    throw new Problem("host-unreachable", `${command.host.name} does not answer`);
  };
  const both = await typed("exec all -- true", onlyNas);
  expect(both).toMatchObject({ exit: 20, stderr: "gateway  does not answer\n" });
  expect((await typed("exec gateway -- true", onlyNas)).exit).toBe(69);
});

test("with --json it is one document", async () => {
  const { exit, stdout } = await typed(
    "exec all --json -- cat /etc/hostname",
    async ({ host }) => ({
      code: 0,
      stdout: `${host.name}\n`,
      stderr: "",
    }),
  );
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    schema: "flurry.exec/1",
    hosts: {
      gateway: { code: 0, output: "gateway\n", problem: null },
      nas: { code: 0, output: "nas\n", problem: null },
    },
  });
});

test("Ctrl-C ends it on all hosts, and gives 130", async () => {
  const started: string[] = [];
  const waiting: OnHost = ({ host, signal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(new Problem("interrupted", host.name)));
      started.push(host.name);
      if (started.length === 2) run.send("SIGINT");
    });
  const run = fleet.type("exec all -- sleep 100", waiting);
  expect((await run.ended).exit).toBe(130);
  expect(started.toSorted()).toEqual(["gateway", "nas"]);
});

test("a host that does not exist, and a command that is missing, are usage problems", async () => {
  const unknown = await typed("exec nsa -- true", answer);
  expect(unknown.exit).toBe(64);
  expect(unknown.stderr).toContain("nas");
  const nothing = await typed("exec nas", answer);
  expect(nothing.exit).toBe(64);
  expect(nothing.stderr).toContain("flurry exec nas -- uptime");
});
