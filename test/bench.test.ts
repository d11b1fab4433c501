import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseWish } from "../bench/bench.ts";
import { countProcesses, makeCounters, overBudget, parseCalls } from "../bench/processes.ts";
import { type Report, reportText } from "../bench/report.ts";
import { median, orderIn, pairedRatio, parseTimes } from "../bench/statistics.ts";

const samples = (...seconds: readonly number[]) =>
  seconds.map((each) => ({ seconds: each, cpuSeconds: each / 2, hostCpuSeconds: 1 }));

test("the median lies in the middle, and between the two in the middle", () => {
  expect(median([9, 1, 3])).toBe(3);
  expect(median([4, 1, 2, 9])).toBe(3);
  expect(() => median([])).toThrow("no numbers");
});

test("ratios are taken round by round, so a machine that was busy in one does not decide", () => {
  expect(pairedRatio(samples(2, 20, 2), samples(1, 10, 1))).toBe(2);
  expect(pairedRatio(samples(1, 30, 3), samples(2, 10, 4))).toBe(0.75);
});

test("contenders take turns there and back", () => {
  expect([0, 1, 2].map((round) => orderIn(round, ["a", "b"]).join(""))).toEqual(["ab", "ba", "ab"]);
});

test("the shell's times are those of the processes it waited for", () => {
  const text = execFileSync("sh", ["-c", 'sh -c ":"; times'], { encoding: "utf8" });
  expect(parseTimes(text)).toBeGreaterThanOrEqual(0);
  expect(parseTimes("0m9.00s 0m9.00s\n1m2.50s 0m0.25s\n")).toBe(62.75);
  expect(() => parseTimes("")).toThrow("no times");
});

const calls = parseCalls(
  [
    "nix\tnode\t--version",
    "nix\tnode\t--extra-experimental-features flakes flake metadata --json .",
    "nix-store\tnode\t--realise -k /nix/store/x.drv",
    "nix\tnode\tcopy --to ssh-ng://h1 /nix/store/y",
    "ssh\tnix\th1 nix-daemon --stdio",
    "ssh\t.nix-wrapped\th2 nix-daemon --stdio",
    "ssh\tnode\t-F none -G -- h1",
    "ssh\tnode\th1 /bin/sh -c echo -Go",
    "",
  ].join("\n"),
);

test("processes are counted by what they were for, and ssh by who started it", () => {
  expect(countProcesses(calls)).toEqual({
    nix: 4,
    ssh: 1,
    sshByNix: 2,
    kinds: { nix: 1, "nix flake metadata": 1, "nix-store --realise": 1, "nix copy": 1 },
  });
});

test("a promise that is broken is told with both numbers", () => {
  const most = { nix: 4 + 3 + 2 + 3, ssh: 6, sshByNix: 9, kinds: { "nix-store --realise": 2 } };
  expect(overBudget(most, 3, 3)).toEqual([]);
  expect(overBudget({ ...most, nix: 13, ssh: 7 }, 3, 3)).toEqual([
    "13 nix processes, and 12 are promised",
    "7 ssh of its own, and 6 are promised",
  ]);
});

test("a counted program does what it always does, and leaves a line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flurry-counters-"));
  try {
    const log = join(folder, "calls");
    await makeCounters(join(folder, "bin"), log, ["cat"]);
    const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}` };
    const said = execFileSync("sh", ["-c", "echo hi | cat - /dev/null; :"], {
      env,
      encoding: "utf8",
    });
    expect(said).toBe("hi\n");
    expect(parseCalls(readFileSync(log, "utf8"))).toEqual([
      { program: "cat", parent: "sh", words: "- /dev/null" },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the wish is read, or the usage told", () => {
  expect(parseWish([])).toEqual({ sizes: [1, 5, 10], rounds: 3, json: false });
  expect(parseWish(["--full", "--json"])).toEqual({ sizes: [1, 5, 10, 20], rounds: 7, json: true });
  expect(parseWish(["--hosts", "2", "--rounds", "9"])).toMatchObject({ sizes: [2], rounds: 9 });
  expect(() => parseWish(["--hosts", "1,x"])).toThrow("npm run bench");
  expect(() => parseWish(["--rounds", "0"])).toThrow("npm run bench");
});

test("the report says where, what, how many times as long, and what was promised", () => {
  const one = { nix: 9, ssh: 4, sshByNix: 2, kinds: { nix: 1, "nix copy": 2 } };
  const report: Report = {
    schema: "flurry.bench/1",
    tier: "hosts",
    nix: "nix (Nix) 2.8.0",
    node: "20.19.0",
    cores: 2,
    load: [0.5, 3],
    rounds: 3,
    cases: [
      {
        hosts: 2,
        changed: true,
        measured: [
          { name: "flurry", samples: samples(3, 4, 5), processes: one },
          { name: "loop", samples: samples(6, 8, 10), processes: { ...one, nix: 4 } },
          { name: "ideal", samples: samples(2, 2, 2), processes: { ...one, nix: 4 } },
        ],
      },
    ],
    leftOut: [{ name: "colmena", why: "not on PATH" }],
  };
  expect(reportText(report, { width: 120, ascii: false, colour: false })).toBe(`\
nix (Nix) 2.8.0, Node 20.19.0, 2 cores, load 0.5 to 3.0, test hosts, 3 rounds

2 hosts, all changed
          median   min    max  × loop  × limit   cpu  hosts' cpu  nix  ssh  ssh by nix
  flurry    4.00  3.00   5.00    0.50     2.00  2.00        1.00    9    4           2
  loop      8.00  6.00  10.00    1.00     4.00  4.00        1.00    4    4           2
  ideal     2.00  2.00   2.00    0.25     1.00  1.00        1.00    4    4           2
  aim missed: × 2.00 of ideal, and 1.3 is the aim
  nix of flurry: nix, 2 nix copy
  over budget: 9 nix processes, and 8 are promised

Seconds. × is the median of the ratios of each round; the limit is ideal or look, made by hand.
cpu: of the deploying side, and of all hosts. Processes were counted in a round apart.
Left out: colmena: not on PATH
`);
});
