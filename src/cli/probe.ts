import { answersOf } from "../run/probe.ts";
import { inWidth } from "../run/in-width.ts";
import { problemExits } from "../lib/problem.ts";
import { defaultWidth } from "./aim.ts";
import type { Call } from "./command.ts";
import { parallelFlag } from "./flags.ts";
import { openFleet } from "./open-fleet.ts";

interface Row {
  readonly host: string;
  readonly probe: string;
  readonly kind: string;
  readonly passed: boolean;
  readonly required: boolean;
  readonly message: string | null;
}

/** `flurry probe`: asks the probes of hosts, now. 14 if a required one fails. */
export async function probe(call: Call): Promise<number> {
  const { world, output, stdout, stderr, style } = call.context;
  const { hosts } = await openFleet(call, { verb: "reads", reaches: true, evaluates: false });
  const rows: Row[] = [];
  const bad = hosts.filter(({ flaw }) => flaw !== null);
  const good = hosts.filter(({ flaw }) => flaw === null);
  for (const { flaw } of bad) if (flaw) stderr(`${flaw.message}\n`);
  await inWidth(call.flag(parallelFlag) || defaultWidth, good, async (host) => {
    for (const { probe: asked, problem } of await answersOf(host, host.settings.probes, world)) {
      const { name, kind, required } = asked;
      const passed = problem === null;
      rows.push({
        host: host.name,
        probe: name,
        kind,
        passed,
        required,
        message: problem?.message ?? null,
      });
    }
  });
  if (output.format === "json") {
    const of = (name: string): readonly Row[] => rows.filter(({ host }) => host === name);
    const document = Object.fromEntries(hosts.map(({ name }) => [name, of(name)]));
    stdout(`${JSON.stringify({ schema: "flurry.probe/1", hosts: document }, null, 2)}\n`);
  } else {
    const { ascii } = style();
    for (const { host, probe: name, passed, message } of rows) {
      const symbol = passed ? (ascii ? "ok" : "✔") : ascii ? "x" : "✖";
      stdout(`${symbol} ${host} ${name}${message ? `  ${message}` : ""}\n`);
    }
    const without = good.filter(({ settings }) => settings.probes.length === 0);
    if (without.length > 0) stdout(`no probes: ${without.map(({ name }) => name).join(", ")}\n`);
  }
  if (rows.some(({ passed, required }) => required && !passed)) return problemExits["probe-failed"];
  return bad.length > 0 && good.length === 0 ? problemExits["host-described-badly"] : 0;
}
