import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seenOf } from "../src/testing/hosts.ts";
import type { Typed } from "./command-line.ts";
import { type FleetFolder, makeFleetFolder, type OnHost } from "./fleet-folder.ts";

let fleet: FleetFolder;
let contacted: string[];

beforeEach(() => {
  fleet = makeFleetFolder();
  contacted = [];
});
afterEach(() => fleet.remove());

const answer: OnHost = async ({ host }, print) => {
  contacted.push(host.name);
  print("well");
  return { code: 0, stdout: lookOf(host.name), stderr: "" };
};

/** As much of a look as makes it one. */
function lookOf(name: string): string {
  const { hostName, bootId } = seenOf(name, "/nix/store/x-nixos");
  return `protocol 1\nhostname ${hostName}\nboot ${bootId}\nlooked yes\n`;
}

function typed(line: string, stdin?: string): Promise<Typed> {
  return fleet.type(line, answer, stdin === undefined ? {} : { stdin }).ended;
}

function describeHost(name: string, meta: string): void {
  const folder = join(fleet.env["HOME"] ?? "", "systems", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "default.nix"), "{ }\n");
  writeFileSync(join(folder, "meta.json"), meta);
}

describe("a host that is described badly", () => {
  const complaint = "systems/m1/meta.json: user: ";
  const reading = [
    "status",
    "generations",
    "lock show",
    "probe",
    "history --on all",
    "exec all -- uptime",
    "logs all",
  ];

  beforeEach(() => {
    const probes = [{ kind: "unit", unit: "sshd.service" }];
    describeHost("m1", JSON.stringify({ user: "-x", probes }));
  });

  test.each(reading)("is not contacted by %s, and others are", async (line) => {
    const { stdout, stderr } = await typed(line);
    expect(contacted).not.toContain("m1");
    if (line !== "probe") expect(contacted.toSorted()).toEqual(["gateway", "nas"]);
    expect(stdout + stderr).toContain(complaint);
  });

  test.each(["status", "lock show", "history --on all", "exec all -- uptime"])(
    "is told with its problem in the document of %s",
    async (line) => {
      const words = line.split(" -- ");
      const { stdout } = await typed([`${words[0]} --json`, ...words.slice(1)].join(" -- "));
      expect(JSON.parse(stdout)).toMatchObject({
        hosts: { m1: { problem: { code: "host-described-badly" } } },
      });
    },
  );

  test("is null in the document of generations, and stderr says why", async () => {
    const { stdout, stderr } = await typed("generations --json");
    expect(JSON.parse(stdout)).toMatchObject({ hosts: { m1: null } });
    expect(stderr).toContain(complaint);
  });

  test.each(["status m1", "generations m1", "exec m1 -- uptime", "logs m1", "lock show m1"])(
    "alone gives 65: %s",
    async (line) => {
      expect((await typed(line)).exit).toBe(65);
      expect(contacted).toEqual([]);
    },
  );

  test.each(["reboot all", "gc all", "rollback all", "host scan m1", "ssh m1"])(
    "stops %s",
    async (line) => {
      const { exit, stderr } = await typed(line);
      expect({ exit, contacted }).toEqual({ exit: 65, contacted: [] });
      expect(stderr).toContain(complaint);
    },
  );
});

describe("config show", () => {
  test("says what is wrong with a host, and ends with 65", async () => {
    describeHost("m1", '{"user": "-x", "port": "many"}');
    const { exit, stdout, stderr } = await typed("config show m1");
    expect(exit).toBe(65);
    expect(stdout).toContain("confirmSeconds");
    expect(stderr).toContain("✖ systems/m1/meta.json: user: ");
    expect(stderr).toContain("✖ systems/m1/meta.json: port: ");
    const document = await typed("config show m1 --json");
    expect(document.exit).toBe(65);
    expect(JSON.parse(document.stdout)).toMatchObject({ hosts: { m1: {} } });
    expect((await typed("config show nas")).exit).toBe(0);
  });
});

test.each(["all", "@web", "a,b", "-", "!nas"])("no host can be called %s", async (name) => {
  describeHost(name, "{}");
  const { exit, stderr } = await typed("reboot all --yes");
  expect({ exit, contacted }).toEqual({ exit: 65, contacted: [] });
  expect(stderr).toContain(`systems/${name}: "${name}" selects hosts`);
  const { stdout } = await typed("host list");
  expect(stdout.match(/selects hosts/g)).toHaveLength(1);
  await typed("status gateway nas");
  expect(contacted.toSorted()).toEqual(["gateway", "nas"]);
});

test.each([
  ["exec - -- uptime", "nas\n", ["nas"]],
  ["exec - -- uptime", "nas gateway", ["gateway", "nas"]],
  ["exec --on - -- uptime", "nas\n\n  gateway\r\n", ["gateway", "nas"]],
  ["status gateway -", "nas\n", ["gateway", "nas"]],
  ["status -", "all !nas", ["gateway"]],
])("%s takes hosts from stdin: %j", async (line, stdin, names) => {
  expect((await typed(line, stdin)).exit).toBe(0);
  expect(contacted.toSorted()).toEqual(names);
});

test.each(["", "\n \n"])(
  "no names on stdin (%j) are a usage problem, and never all hosts",
  async (stdin) => {
    const { exit, stderr } = await typed("status -", stdin);
    expect({ exit, contacted }).toEqual({ exit: 64, contacted: [] });
    expect(stderr).toContain("no hosts came by stdin");
  },
);

describe("what is worth knowing about the repository", () => {
  const note = "is read with path:, untracked files included";

  test("is said once by host list, on stderr", async () => {
    const { stdout, stderr } = await typed("host list");
    expect(stdout).not.toContain(note);
    expect(stderr.split(note)).toHaveLength(2);
    expect((await typed("host list -q")).stderr).toBe("");
    // With -v the table has it.
    const all = await typed("host list -v");
    expect(all.stdout + all.stderr).toContain(note);
    expect((all.stdout + all.stderr).split(note)).toHaveLength(2);
  });

  test("is said once by plan, however many hosts there are, and nothing of hosts left out", async () => {
    const nix = join(fleet.env["PATH"] ?? "", "nix");
    writeFileSync(nix, '#!/bin/sh\n[ "$1" = --version ] && echo "nix (Nix) 2.8.0" || exit 1\n', {
      mode: 0o755,
    });
    describeHost("m1", '{"user": "-x"}');
    describeHost("m2", '{"tgas": ["web"]}');
    describeHost("m3", '{"tgas": ["web"]}');
    const some = await typed("plan gateway nas");
    expect(some.stderr.split(note)).toHaveLength(2);
    expect(some.stderr.split("These hosts are those of the folders")).toHaveLength(2);
    expect(some.stderr).not.toMatch(/m1|m2|m3/);
    const more = await typed("plan nas m2 m3");
    expect(more.stderr.split('unknown key "tgas"')).toHaveLength(2);
    expect(more.stderr).toContain("systems/m2/meta.json: unknown key");
    expect(more.stderr).toContain("and 1 more like it: flurry host list");
    expect((await typed("status nas")).stderr).not.toContain(note);
  });
});

test.each([
  // Of a flag of the command, of a flag that it lacks, and of no flag.
  ["config show", "FLURRY_CONFIRM_SECONDS", "soon"],
  ["status", "FLURRY_CONFIRM_SECONDS", "soon"],
  ["status", "FLURRY_SOAK_SECONDS", "soon"],
  ["status", "FLURRY_GOAL", "perhaps"],
  ["status", "FLURRY_USER", "-x"],
  ["config show", "FLURRY_CONFIRM", "perhaps"],
  ["probe", "FLURRY_PARALLEL", "many"],
  ["status", "FLURRY_FORMAT", "xml"],
])("%s with a wrong %s=%s ends with 65", async (line, variable, value) => {
  const { exit, stderr } = await fleet.type(line, answer, { env: { [variable]: value } }).ended;
  expect({ exit, contacted }).toEqual({ exit: 65, contacted: [] });
  expect(stderr).toContain(variable);
});

test.each([
  ["status m1", "systems/m1/meta.json: address"],
  ["status m1 --target-host=-x", "--target-host: address"],
])("%s names the place of a bad address", async (line, place) => {
  describeHost("m1", '{"address": "-oProxyCommand=true"}');
  const { exit, stdout, stderr } = await typed(line);
  expect({ exit, contacted }).toEqual({ exit: 65, contacted: [] });
  expect(stdout + stderr).toContain(place);
  expect(stdout + stderr).not.toContain("m1: m1");
});
