import type { Fleet } from "../fleet/fleet.ts";
import { selectHosts } from "../fleet/selector.ts";
import { readFleet } from "../inventory/read-fleet.ts";
import { nixFlagsOf } from "../nix/nix-flags.ts";
import { inventoryDocument, inventoryPlain, inventoryText } from "../view/inventory-text.ts";
import type { Call } from "./command.ts";
import { tellReference } from "./fleet-notes.ts";
import { selectionOf, settingLayers } from "./settings-flags.ts";

/** `flurry host list`: what the repository says, without asking any host. */
export async function hostList(call: Call): Promise<number> {
  const { output, stdout, style } = call.context;
  const { fleet, terms } = await readHere(call);
  const shown = terms.length === 0 ? fleet : { ...fleet, hosts: selectHosts(fleet, terms, "all") };
  const hasAll = output.format === "table" && !output.plain && output.verbosity > 0;
  if (!hasAll) tellReference(call.context, fleet);
  if (output.format === "json") stdout(`${JSON.stringify(inventoryDocument(shown), null, 2)}\n`);
  else {
    const lines = output.plain
      ? inventoryPlain(shown)
      : inventoryText(shown, style(), output.verbosity > 0);
    stdout(lines.map((line) => `${line}\n`).join(""));
  }
  return 0;
}

/** Reads the repository for a verb that neither evaluates nor reaches hosts. */
export async function readHere(
  call: Call,
): Promise<{ readonly fleet: Fleet; readonly terms: readonly string[] }> {
  const { world, cwd } = call.context;
  const { flake, terms } = await selectionOf(call);
  const layers = settingLayers(call);
  const nixFlags = nixFlagsOf(call.rest).evaluate;
  return { fleet: await readFleet(world, { flake, cwd, layers, nix: "always", nixFlags }), terms };
}
