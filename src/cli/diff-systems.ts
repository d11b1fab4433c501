import type { Host } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";
import { compareSystems, readSystem } from "../inventory/closures.ts";
import { Problem } from "../lib/problem.ts";
import { lookAtAll } from "../run/look-at.ts";
import type { Call } from "./command.ts";
import { answerDiff, differenceOf } from "./diff-answer.ts";
import { openFleet } from "./open-fleet.ts";

/** What is surely no name of a host, nor `.#nas`. */
export function isPath(word: string): boolean {
  return /^(?:\.{1,2}|~)?\//.test(word) && !word.includes("#");
}

/** One generation of one host. */
export interface GenerationWord {
  readonly host: string;
  readonly number: number;
}

/** `nas@41`. A tag begins with `@`. */
export function generationOf(word: string): GenerationWord | null {
  const match = /^([^@].*)@(\d{1,9})$/.exec(word);
  return match && { host: match[1] ?? "", number: Number(match[2]) };
}

/** Two systems in the store here, by paths or links to them. */
export async function diffPaths(call: Call): Promise<number> {
  const [before, after, ...more] = call.words;
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Problem("usage", "two paths are compared", { hint: "flurry diff PATH PATH" });
  }
  const { world } = call.context;
  const systems = await Promise.all([before, after].map((word) => storePathOf(call, word)));
  const [from, to] = await Promise.all(systems.map((path) => readSystem(world, null, path)));
  for (const [index, system] of [from, to].entries()) {
    if (!system) throw notInStore(systems[index] ?? "");
  }
  if (!from || !to) return 0;
  const found = differenceOf(await compareSystems(world, from, to), null, null);
  return answerDiff(call, { schema: "flurry.diff/1", hosts: {}, systems: found });
}

async function storePathOf(call: Call, word: string): Promise<string> {
  const { world, cwd, env } = call.context;
  const home = env["HOME"] ?? "";
  const path = word.startsWith("~/") ? home + word.slice(1) : word;
  const real = await world.files.real(path.startsWith("/") ? path : `${cwd}/${path}`);
  if (real === undefined) throw new Problem("file-missing", `there is no ${word}`);
  return real;
}

function notInStore(path: string): Problem {
  return new Problem("file-missing", `${path} is not in the store here`, {
    hint: "A system of a host: flurry diff HOST@N HOST@N",
  });
}

/** Two generations, or one and what its host runs. */
export async function diffGenerations(call: Call): Promise<number> {
  const named = call.words.flatMap((word) => generationOf(word) ?? []);
  const [first, second, ...more] = named;
  if (!first || more.length > 0) {
    throw new Problem("usage", "two generations are compared", {
      hint: "flurry diff HOST@41 HOST@42",
    });
  }
  const { world } = call.context;
  const names = { ...call, words: [...new Set(named.map(({ host }) => host))] };
  const { hosts } = await openFleet(names, { verb: "reads", reaches: true, evaluates: false });
  const all = await lookAtAll(hosts, world);
  const found = (name: string): { host: Host; seen: SeenHost } => {
    const host = hosts.find((one) => one.name === name) ?? hosts[0];
    const seen = host && all.get(host.name);
    if (!host || !seen) throw new Problem("unknown-host", `there is no host ${name}`);
    if (!seen.answers) {
      const { code, message, ...rest } = seen.problem;
      throw new Problem(code, message, rest);
    }
    return { host, seen };
  };
  const before = found(first.host);
  const after = second ? found(second.host) : before;
  const to = second?.number ?? after.seen.generation;
  const running = second ? null : after.seen.running;
  const [old, now] = await Promise.all([
    readSystem(world, before.host, systemOf(before, first.number)),
    readSystem(world, after.host, running ?? systemOf(after, to ?? 0)),
  ]);
  if (!old || !now) throw gone(old ? after.host : before.host, (old ? to : first.number) ?? 0);
  const compared = await compareSystems(world, old, now);
  const schema = "flurry.diff/1";
  if (before.host === after.host) {
    const one = differenceOf(compared, first.number, to);
    return answerDiff(call, { schema, hosts: { [before.host.name]: one }, systems: null });
  }
  const words = call.words;
  const systems = differenceOf(compared, words[0] ?? null, words[1] ?? null);
  return answerDiff(call, { schema, hosts: {}, systems });
}

function systemOf({ host, seen }: { host: Host; seen: SeenHost }, number: number): string {
  const generation = seen.generations.find((one) => one.number === number);
  if (!generation) {
    throw new Problem("usage", `${host.name} has no generation ${number}`, {
      hint: `flurry generations ${host.name}`,
    });
  }
  if (generation.system === null) throw gone(host, number);
  return generation.system;
}

function gone({ name }: Host, number: number): Problem {
  return new Problem("file-missing", `generation ${number} of ${name} is gone from its store`, {
    hint: `flurry generations ${name}`,
  });
}
