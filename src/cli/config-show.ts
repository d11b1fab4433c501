import { selectHosts } from "../fleet/selector.ts";
import { configDocument, configText } from "../view/inventory-text.ts";
import type { Call } from "./command.ts";
import { originFlag } from "./commands/host.ts";
import { readHere } from "./host-list.ts";

/** `flurry config show`: the settings of hosts as they come out, flags and variables included. */
export async function configShow(call: Call): Promise<number> {
  const { output, stdout, style } = call.context;
  const { fleet, terms } = await readHere(call);
  const hosts = selectHosts(fleet, terms, "all");
  if (output.format === "json") stdout(`${JSON.stringify(configDocument(hosts), null, 2)}\n`);
  else stdout(`${configText(hosts, style(), call.flag(originFlag)).join("\n")}\n`);
  return 0;
}
