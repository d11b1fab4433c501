import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { obstacle, startFleet, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { run } from "../src/testing/fleet/program.ts";
import { styleOf } from "../src/view/style.ts";
import { type BenchFleet, makeBenchFleet } from "./bench-fleet.ts";
import { type Contender, folderOf, ours, peerBinds, peers } from "./contenders.ts";
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
  const fleet = await startFleet({ hosts: Math.max(...sizes), binds: peerBinds() });
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
  const here = peers.filter(({ name }) => folderOf(name) !== undefined);
  for (const { name } of peers) if (!folderOf(name)) leftOut.push({ name, why: "not on PATH" });
  const contenders = [...ours, ...here];
  const cases: Case[] = [];
  for (const size of sizes) {
    const ground = await makeBenchFleet(fleet, size, here.length > 0);
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
  const samples = new Map<Contender, Sample[]>();
  // A peer that fails is left out by name; where one of ours does, no figure is worth anything.
  const deploy = async <Result>(
    contender: Contender,
    how: (contender: Contender) => Promise<Result>,
  ): Promise<Result | undefined> => {
    await ground.commit(changed ? "systems" : "text");
    try {
      return await how(contender);
    } catch (error) {
      if (contender.isPeer !== true) throw error;
      const lines = String(error instanceof Error ? error.message : error).split("\n");
      leftOut.push({ name: contender.name, why: `${lines[0]}: ${lines.at(-1)}` });
      counted.delete(contender);
      return undefined;
    }
  };
  for (const contender of contenders) {
    const processes = await deploy(contender, ground.count);
    if (processes) counted.set(contender, processes);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of orderIn(round, [...counted.keys()])) {
      const sample = await deploy(contender, ground.measure);
      if (!sample) continue;
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
