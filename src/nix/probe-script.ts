import type { Host, Probe } from "../fleet/host.ts";
import type { HostCommand } from "../world/world.ts";
import script from "./scripts/probe.sh";

/** On top of the probe's own limit: what the connection and a slow host may take. */
const marginSeconds = 10;

/** The same question, asked by the host itself. */
export function probeScript(host: Host, probe: Probe): HostCommand {
  return {
    host,
    script,
    args: wordsOf(probe),
    timeoutSeconds: probe.timeoutSeconds + marginSeconds,
    exits: { 1: "probe-failed", 124: "probe-failed" },
  };
}

function wordsOf(probe: Probe): string[] {
  const seconds = String(probe.timeoutSeconds);
  switch (probe.kind) {
    case "unit":
      return ["unit", probe.unit];
    case "tcp":
      return ["tcp", probe.address ?? "localhost", String(probe.port), seconds];
    case "http":
      return ["http", probe.url, String(probe.status ?? ""), seconds];
    case "command":
      return ["command", seconds, ...probe.command];
  }
}
