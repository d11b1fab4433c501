import type { Snapshot } from "../fleet/fleet.ts";
import { parseJson } from "../lib/json.ts";
import { Problem } from "../lib/problem.ts";
import { hostNames, librarySchema } from "../nix/flake-commands.ts";
import type { World } from "../world/world.ts";
import { askNix } from "./ask-nix.ts";
import type { FlakeOutputs } from "./assemble-fleet.ts";
import { nixProblem } from "./nix-problem.ts";

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
