import type { Snapshot } from "../fleet/fleet.ts";
import { parseJson } from "../lib/json.ts";
import { Problem } from "../lib/problem.ts";
import { hostNames, hostsAndSchema, librarySchema } from "../nix/flake-commands.ts";
import type { World } from "../world/world.ts";
import { askNix } from "./ask-nix.ts";
import type { FlakeOutputs } from "./assemble-fleet.ts";
import { noteVersion } from "./check-tools.ts";
import { nixProblem } from "./nix-problem.ts";
import type { TakenSnapshot } from "./snapshot.ts";

/** As many trees are remembered: one for each repository that somebody works on, and some commits. */
const mostRemembered = 50;

/**
 * As `askOutputs`, remembering the answers for trees that can never change: a commit, or a hash. The
 * file may be deleted at any time.
 */
export async function rememberOutputs(
  world: World,
  snapshot: TakenSnapshot,
  nixFlags: readonly string[],
): Promise<FlakeOutputs | Problem> {
  const { reference, problems } = snapshot;
  const isFixed = /[?&](?:rev|narHash)=/.test(reference) && problems.length === 0;
  const home = world.env["XDG_CACHE_HOME"] ?? (world.env["HOME"] && `${world.env["HOME"]}/.cache`);
  if (!isFixed || nixFlags.length > 0 || !home) return askOutputs(world, snapshot, nixFlags);
  const file = `${home}/flurry/outputs.json`;
  const known = remembered(parseJson((await world.files.read(file)) ?? ""));
  const found = known.get(reference);
  if (found !== undefined) return found;
  // Where one question does not do, two say why.
  const outputs = (await askAtOnce(world, reference)) ?? (await askOutputs(world, snapshot, []));
  if (outputs instanceof Problem) return outputs;
  const kept = [...[...known].slice(1 - mostRemembered), [reference, outputs] as const];
  const text = JSON.stringify(Object.fromEntries(kept));
  // A home that cannot be written costs time, and is no failure.
  const written = world.files
    .makeFolder(`${home}/flurry`)
    .then(() => world.files.write(file, text));
  await written.then(undefined, () => undefined);
  return outputs;
}

function remembered(value: unknown): ReadonlyMap<string, FlakeOutputs> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return new Map(entries.filter((entry): entry is [string, FlakeOutputs] => isOutputs(entry[1])));
}

function isOutputs(value: unknown): value is FlakeOutputs {
  if (typeof value !== "object" || value === null) return false;
  return (
    "hosts" in value &&
    isNames(value.hosts) &&
    "isOurs" in value &&
    typeof value.isOurs === "boolean"
  );
}

async function askAtOnce(world: World, reference: string): Promise<FlakeOutputs | null> {
  const { code, stdout } = await askNix(world, hostsAndSchema(reference));
  const read = code === 0 ? parseJson(stdout) : null;
  if (typeof read !== "object" || read === null) return null;
  if (!("hosts" in read) || !isNames(read.hosts) || !("schema" in read)) return null;
  if ("nix" in read) noteVersion(world, String(read.nix));
  return { hosts: read.hosts, isOurs: read.schema !== null };
}

/**
 * Asks Nix which hosts a flake has, and whether our library made it. Gives the Problem back where
 * it cannot say, because the folders may still serve. Evaluates no host.
 */
export async function askOutputs(
  world: World,
  snapshot: Snapshot,
  nixFlags: readonly string[],
): Promise<FlakeOutputs | Problem> {
  const { reference } = snapshot;
  const flags = [...snapshot.flags.filter((flag) => flag !== "--no-write-lock-file"), ...nixFlags];
  const [names, schema] = await Promise.all([
    askNix(world, hostNames(reference, flags)),
    askNix(world, librarySchema(reference, flags)),
  ]);
  const isOurs = schema.code === 0;
  if (names.code === 0) {
    const read = parseJson(names.stdout);
    if (isNames(read)) return { hosts: read, isOurs };
    return nixProblem(
      `${reference} names its hosts in a way not understood`,
      names,
      "evaluation-failed",
    );
  }
  if (names.stderr.includes("does not provide attribute")) return { hosts: [], isOurs };
  return nixProblem(`${reference} does not say which hosts it has`, names, "evaluation-failed");
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
