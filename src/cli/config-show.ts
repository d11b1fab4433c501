import { selectHosts } from "../fleet/selector.ts";
import { problemExits } from "../lib/problem.ts";
import { clean } from "../lib/width.ts";
import { configDocument, configText } from "../view/inventory-text.ts";
import type { Call } from "./command.ts";
import { originFlag } from "./commands/host.ts";
import { readHere } from "./host-list.ts";

/** `flurry config show`: the settings of hosts as they come out, flags and variables included. */
export async function configShow(call: Call): Promise<number> {
  const { output, stdout, stderr, style, progressStyle } = call.context;
  const { fleet, terms } = await readHere(call);
  const hosts = selectHosts(fleet, terms, "all");
  if (output.format === "json") stdout(`${JSON.stringify(configDocument(hosts), null, 2)}\n`);
  else stdout(`${configText(hosts, style(), call.flag(originFlag)).join("\n")}\n`);
  // Where a setting could not be read, a default stands, and the table looks as if all were well.
  const complaints = hosts.flatMap(({ flaw }) => flaw?.evidence ?? []);
  const mark = progressStyle().ascii ? "x" : "✖";
  for (const complaint of new Set(complaints)) stderr(`${mark} ${clean(complaint)}\n`);
  return complaints.length > 0 ? problemExits["host-described-badly"] : 0;
}
