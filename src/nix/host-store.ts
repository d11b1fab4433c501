import type { Host } from "../fleet/host.ts";
import type { Closure } from "../plan/closure-diff.ts";
import type { HostCommand } from "../world/world.ts";
import type { SystemUnits } from "./guess-effects.ts";
import { parseSizes } from "./parse-path-info.ts";
import copyWayScript from "./scripts/copy-way.sh";
import missingScript from "./scripts/missing.sh";
import newPathsScript from "./scripts/new-paths.sh";
import systemScript from "./scripts/system.sh";

// What is asked of a host's store, as the login user, over the connection that is open anyway.

/** Which of these paths the host does not have: `parseMissing`. At most some thousand at a time. */
export function askMissing(host: Host, paths: readonly string[]): HostCommand {
  return { host, script: missingScript, args: paths, timeoutSeconds: 120 };
}

/** What a system on the host needs that another one does not: `parseMissing`. */
export function askNewPaths(host: Host, before: string, after: string): HostCommand {
  return { host, script: newPathsScript, args: [before, after], timeoutSeconds: 120 };
}

/** Paths, one a line; what a shell may have said besides is left out. */
export function parseMissing(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.startsWith("/"));
}

/** All about one system there: `parseSystem`. */
export function askSystem(host: Host, system: string): HostCommand {
  return { host, script: systemScript, args: [system], timeoutSeconds: 300 };
}

/** A system as its host describes it. */
export interface SystemThere {
  readonly closure: Closure;
  readonly units: SystemUnits;
}

/** Reads the answer to `askSystem`; null where the host does not have that system. */
export function parseSystem(text: string, system: string): SystemThere | null {
  const sections = new Map<string, string[]>();
  let section: string[] = [];
  for (const line of text.split("\n")) {
    const name = /^== (\w+)$/.exec(line)?.[1];
    if (name !== undefined) sections.set(name, (section = []));
    else section.push(line);
  }
  if (sections.has("missing")) return null;
  const paths = parseSizes(sections.get("paths") ?? []);
  if (paths.length === 0) return null;
  const chosen = (sections.get("chosen") ?? []).filter((line) => line.startsWith("/"));
  const units = (sections.get("units") ?? []).flatMap((line) => {
    const [sum, length, ...name] = line.split(" ");
    return name.length > 0 ? [[name.join(" "), `${sum} ${length}`] as const] : [];
  });
  return {
    closure: { system, paths, chosen: chosen.length > 0 ? chosen : null },
    units: Object.fromEntries(units),
  };
}

/** What the login user may do with the store: `parseCopyWay`. */
export function askCopyWay(host: Host, nixDaemon: string): HostCommand {
  return {
    host,
    script: copyWayScript,
    args: [nixDaemon, elevationOf(host) ?? "none"],
    timeoutSeconds: 60,
  };
}

/** How a closure goes to a host. */
export type CopyWay =
  /** Through a daemon on the host: whose words start it, and whether signatures are asked for. */
  | {
      readonly kind: "daemon";
      readonly remoteProgram: readonly string[];
      readonly checkSignatures: boolean;
    }
  /** As a stream that the guard imports as root. */
  | { readonly kind: "import" };

/**
 * The first that applies: where signatures are asked for, the host's daemon judges them; root and
 * trusted users may bring what nobody signed; so may root's daemon, where it may be started; and
 * last the guard, which is root's.
 */
export function copyWayOf(
  host: Host,
  nixDaemon: string,
  checkSignatures: boolean,
  answer: string,
): CopyWay {
  const daemon = (remoteProgram: readonly string[]): CopyWay => ({
    kind: "daemon",
    remoteProgram,
    checkSignatures,
  });
  if (checkSignatures) return daemon([nixDaemon]);
  const words = answer.split("\n");
  // A cache that does not answer must not hold up everything: only root's own daemon takes options.
  if (words.includes("user-is-root")) {
    return daemon([nixDaemon, ...impatience]);
  }
  if (words.includes("trusted")) return daemon([nixDaemon]);
  const elevation = elevationOf(host);
  if (words.includes("root-daemon") && elevation === "sudo")
    return daemon(["sudo", "-n", "--", nixDaemon]);
  if (words.includes("root-daemon") && elevation === "doas")
    return daemon(["doas", "-n", nixDaemon]);
  return { kind: "import" };
}

/** Some seconds a cache, in place of minutes. */
const impatience: readonly string[] = [
  ..."--option connect-timeout 5".split(" "),
  ..."--option download-attempts 3".split(" "),
];

function elevationOf({ settings }: Host): string | null {
  const { elevate } = settings;
  if (elevate === null) return "sudo";
  return typeof elevate === "string" ? elevate : null;
}
