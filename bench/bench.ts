import { existsSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { obstacle, startFleet, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { run } from "../src/testing/fleet/program.ts";
import { styleOf } from "../src/view/style.ts";
import { type BenchFleet, makeBenchFleet } from "./bench-fleet.ts";
import { type Contender, ours, peers } from "./contenders.ts";
import type { Processes } from "./processes.ts";
import { type Case, type Report, reportText } from "./report.ts";
import { orderIn, type Sample } from "./statistics.ts";

const usage = `npm run bench -- [--hosts 1,5,10] [--rounds 3] [--full] [--json]
  --full  also 20 hosts, and 7 rounds`;

/** What was asked for. */
export interface Wish {
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly json: boolean;
}

/** Reads the words behind `npm run bench --`. Throws with the usage where they are none of ours. */
export function parseWish(argv: readonly string[]): Wish {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      hosts: { type: "string" },
      rounds: { type: "string" },
      full: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const sizes = (values.hosts ?? (values.full ? "1,5,10,20" : "1,5,10")).split(",").map(Number);
  const rounds = Number(values.rounds ?? (values.full ? 7 : 3));
  if (![...sizes, rounds].every(isCount)) throw new Error(usage);
  return { sizes, rounds, json: values.json };
}

function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= 200;
}

/** Deploys, measures, and prints; gives the exit code: 77 where there can be no hosts. */
export async function bench(argv: readonly string[]): Promise<number> {
  const { sizes, rounds, json } = parseWish(argv);
  const hindered = obstacle();
  if (hindered !== undefined) {
    process.stderr.write(`bench: nothing measured: it deploys to test hosts, and ${hindered}\n`);
    return 77;
  }
  const fleet = await startFleet({ hosts: Math.max(...sizes) });
  const stop = onSignals(() => fleet[Symbol.asyncDispose]());
  try {
    const report = await measureAll(fleet, sizes, rounds);
    const style = styleOf({ env: process.env, isTerminal: false, columns: 120 });
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report, style));
    return 0;
  } finally {
    stop();
    await fleet[Symbol.asyncDispose]();
  }
}

async function measureAll(
  fleet: TestFleet,
  sizes: readonly number[],
  rounds: number,
): Promise<Report> {
  const load = loadavg()[0] ?? 0;
  const leftOut: { name: string; why: string }[] = [];
  const here = peers.filter(({ name }) => {
    const found = (process.env["PATH"] ?? "")
      .split(delimiter)
      .some((folder) => existsSync(join(folder, name)));
    if (!found) leftOut.push({ name, why: "not on PATH" });
    return found;
  });
  const contenders = [...ours, ...here];
  const cases: Case[] = [];
  for (const size of sizes) {
    const ground = await makeBenchFleet(fleet, size);
    for (const changed of [true, false]) {
      const fits = contenders.filter(
        (each) =>
          (changed ? each.onlyUnchanged : each.onlyChanged) !== true &&
          !leftOut.some(({ name }) => name === each.name),
      );
      say(`${size} ${changed ? "changed" : "unchanged"}`);
      cases.push(await measureCase(ground, changed, fits, rounds, leftOut));
    }
  }
  return {
    schema: "flurry.bench/1",
    tier: "hosts",
    nix: (await run(["nix", "--version"])).trim(),
    node: process.versions.node,
    cores: availableParallelism(),
    load: [load, loadavg()[0] ?? 0],
    rounds,
    cases,
    leftOut,
  };
}

/** A round to count and to warm up, and then those that are timed. */
async function measureCase(
  ground: BenchFleet,
  changed: boolean,
  contenders: readonly Contender[],
  rounds: number,
  leftOut: { name: string; why: string }[],
): Promise<Case> {
  const counted = new Map<Contender, Processes>();
  for (const contender of contenders) {
    await ground.commit(changed ? "systems" : "text");
    try {
      counted.set(contender, await ground.count(contender));
    } catch (error) {
      if (contender.isPeer !== true) throw error;
      leftOut.push({
        name: contender.name,
        why: error instanceof Error ? error.message : "failed",
      });
    }
  }
  const samples = new Map<Contender, Sample[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of orderIn(round, [...counted.keys()])) {
      await ground.commit(changed ? "systems" : "text");
      const sample = await ground.measure(contender);
      say(`  round ${round + 1}: ${contender.name} ${sample.seconds.toFixed(2)} s`);
      samples.set(contender, [...(samples.get(contender) ?? []), sample]);
    }
  }
  const measured = [...counted].map(([contender, processes]) => ({
    name: contender.name,
    samples: samples.get(contender) ?? [],
    processes,
  }));
  return { hosts: ground.hosts.length, changed, measured };
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

/** A signal ends the benchmark when the hosts have gone. Returns how to stop listening. */
function onSignals(end: () => Promise<void>): () => void {
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  const stops = Object.entries(codes).map(([signal, code]) => {
    const listener = (): void => void end().finally(() => process.exit(code));
    process.once(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => stops.forEach((off) => off());
}
