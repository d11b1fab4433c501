import type { Host } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";
import { problemExits } from "../lib/problem.ts";
import { lookAtAll } from "../run/look-at.ts";
import type { Call } from "./command.ts";

/**
 * Says, a line a host, what a verb would do, and does nothing. Gives 69 if none of the hosts answers.
 */
export async function sayOnly(
  call: Call,
  hosts: readonly Host[],
  wouldDo: (host: Host, seen: SeenHost) => string,
): Promise<number> {
  const { world, stdout, output } = call.context;
  const seen = await lookAtAll(hosts, world);
  const lines = hosts.map((host) => {
    const now = seen.get(host.name);
    return [host.name, now?.answers ? wouldDo(host, now) : `skipped: ${now?.problem.message}`];
  });
  if (output.format === "json") {
    const document = { schema: "flurry.dry-run/1", hosts: Object.fromEntries(lines) };
    stdout(`${JSON.stringify(document, null, 2)}\n`);
  } else for (const [name, text] of lines) stdout(`${name}  ${text}\n`);
  const answering = [...seen.values()].filter(({ answers }) => answers);
  return hosts.length > 0 && answering.length === 0 ? problemExits["no-host-answers"] : 0;
}
