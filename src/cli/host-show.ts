import { selectHosts } from "../fleet/selector.ts";
import { hostText, inventoryDocument } from "../view/inventory-text.ts";
import type { Call } from "./command.ts";
import { readHere } from "./host-list.ts";

/** `flurry host show`: everything the repository says about some hosts, and what is wrong with it. */
export async function hostShow(call: Call): Promise<number> {
  const { output, stdout, style } = call.context;
  const { fleet, terms } = await readHere(call);
  const hosts = selectHosts(fleet, terms, "none");
  if (output.format === "json") {
    const names = new Set(hosts.map(({ name }) => name));
    const problems = fleet.problems.filter(({ host }) => host !== undefined && names.has(host));
    stdout(`${JSON.stringify(inventoryDocument({ ...fleet, hosts, problems }), null, 2)}\n`);
  } else {
    const texts = hosts.map((host) => hostText(fleet, host, style()).join("\n"));
    stdout(`${texts.join("\n\n")}\n`);
  }
  return 0;
}
