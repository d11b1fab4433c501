import type { Host } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";
import { sshAlias } from "../fleet/ssh-alias.ts";
import { Problem } from "../lib/problem.ts";
import { copyTo, exportPaths } from "../nix/commands.ts";
import { copyFailure, copyProblem, saysCacheFails } from "../nix/copy-error.ts";
import * as guard from "../nix/guard.ts";
import {
  askCopyWay,
  askMissing,
  type CopyWay,
  copyWayOf,
  parseMissing,
} from "../nix/host-store.ts";
import { nixEnvironment } from "../nix/nix-settings.ts";
import { NixLog, type Progress } from "../nix/parse-log.ts";
import type { World } from "../world/world.ts";
import { askNix } from "./ask-nix.ts";
import { closuresHere } from "./closures.ts";

/** As many paths as one question to a host holds: some hundred KiB. */
const pathsAtOnce = 4000;
const progressEveryMs = 100;

/** Which of these paths the host does not have. A path it has is there with all it needs. */
export async function missingPaths(
  world: World,
  host: Host,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = 0; at < paths.length; at += pathsAtOnce) {
    const asked = askMissing(host, paths.slice(at, at + pathsAtOnce));
    const { stdout } = await world.onHost({ ...asked, ...(signal && { signal }) });
    missing.push(...parseMissing(stdout));
  }
  return missing;
}

/** What a copy would bring. */
export interface CopySize {
  readonly paths: number;
  readonly bytes: number;
}

export interface SizeOptions {
  /** The host is asked first, for it is likely to have them. */
  readonly isLikelyThere?: boolean;
  /** Other systems whose closures will be asked for soon, so that one process answers for all. */
  readonly soon?: readonly string[];
}

/**
 * How much of these systems the host lacks, before it fetches anything by itself. Throws
 * `closure-incomplete` for one that is neither there nor here.
 */
export async function copySize(
  world: World,
  host: Host,
  systems: readonly string[],
  { isLikelyThere = false, soon = [] }: SizeOptions = {},
): Promise<CopySize> {
  if (isLikelyThere && (await missingPaths(world, host, systems)).length === 0) {
    return { paths: 0, bytes: 0 };
  }
  const sizes = await sizesOf(world, systems, soon);
  const notHere = systems.filter((path) => !sizes.has(path));
  const missing = await missingPaths(world, host, [...sizes.keys(), ...notHere]);
  const nowhere = notHere.find((path) => missing.includes(path));
  if (nowhere !== undefined) {
    const message = `${nowhere} is neither in the store of ${host.name} nor in the one here`;
    throw new Problem("closure-incomplete", message);
  }
  const bytes = missing.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
  return { paths: missing.length, bytes };
}

async function sizesOf(
  world: World,
  systems: readonly string[],
  soon: readonly string[] = [],
): Promise<ReadonlyMap<string, number>> {
  const closures = await closuresHere(world, systems, soon);
  const paths = systems.flatMap((system) => closures.get(system)?.paths ?? []);
  return new Map(paths.map(({ path, bytes }) => [path, bytes]));
}

export interface CopyOptions {
  readonly run: string;
  /** The host fetches what it can from its own caches. */
  readonly substitutes: boolean;
  /** Only what is signed by a key the host trusts may come in. */
  readonly checkSignatures: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly tell?: (warning: string) => void;
  /** At most ten times a second. Nix 2.8 tells of no bytes on the way to a host. */
  readonly onProgress?: (done: number, expected: number, unit: "paths" | "bytes") => void;
}

/**
 * Brings paths and all they need to a host, one process for all. They must be rooted there before.
 * Throws `copy-failed`, `disk-full`, `host-unreachable`, `host-chatters`, `host-lacks-tools`,
 * `interrupted`.
 */
export async function copySystem(
  world: World,
  host: Host,
  seen: SeenHost,
  paths: readonly string[],
  options: CopyOptions,
): Promise<void> {
  const way = await findWay(world, host, seen, options);
  if (way.kind === "import") return await sendExport(world, host, paths, options);
  const first = await copyThrough(world, host, way, paths, options, options.substitutes);
  if (first.failed === null) {
    if (first.cachesFail) options.tell?.(`its caches do not answer; what it lacked came from here`);
    return;
  }
  const mayHelp = options.substitutes && first.kind !== null && helpsToLeaveCachesOut(first.kind);
  if (!mayHelp) throw first.failed;
  const second = await copyThrough(world, host, way, paths, options, false);
  if (second.failed !== null) throw second.failed;
  options.tell?.("it could not fetch from its caches; everything came from here");
}

/** A host without a way to its caches must still be reached: the deploy may be what repairs it. */
function helpsToLeaveCachesOut(kind: ReturnType<typeof copyFailure>): boolean {
  return kind === "substitute" || kind === "other";
}

async function findWay(
  world: World,
  host: Host,
  seen: SeenHost,
  { checkSignatures, signal }: CopyOptions,
): Promise<CopyWay> {
  const { nixDaemon, loginUser } = seen;
  if (nixDaemon === null) {
    throw new Problem(
      "host-lacks-tools",
      `a bare ssh command of ${loginUser} on ${host.name} finds no nix-daemon`,
      { hint: `flurry exec ${host.name} -- sh -c 'command -v nix-daemon'` },
    );
  }
  const question = { ...askCopyWay(host, nixDaemon), ...(signal && { signal }) };
  const answer = checkSignatures ? "" : (await world.onHost(question)).stdout;
  return copyWayOf(host, nixDaemon, checkSignatures, answer);
}

interface CopyEnd {
  readonly failed: Problem | null;
  readonly kind: ReturnType<typeof copyFailure> | null;
  readonly cachesFail: boolean;
}

async function copyThrough(
  world: World,
  host: Host,
  way: CopyWay & { readonly kind: "daemon" },
  paths: readonly string[],
  options: CopyOptions,
  substitutes: boolean,
): Promise<CopyEnd> {
  const { remoteProgram, checkSignatures } = way;
  const target = { alias: sshAlias(host.name), remoteProgram, checkSignatures, substitutes };
  const tellProgress = progressTeller(world, options);
  const log: NixLog = new NixLog({ heard: () => tellProgress(log) });
  const { code } = await askNix(world, copyTo(paths, target, []), {
    print: (line) => log.line(line),
    signal: options.signal,
  });
  log.finish(code);
  tellProgress(log, true);
  if (code === 0) return { failed: null, kind: null, cachesFail: saysCacheFails(log) };
  return { failed: copyProblem(host.name, log), kind: copyFailure(log), cachesFail: false };
}

function progressTeller(
  world: World,
  { onProgress }: CopyOptions,
): (log: NixLog, last?: boolean) => void {
  let told = 0;
  const tell = ({ done, expected }: Progress, unit: "paths" | "bytes"): void => {
    if (expected > 0) onProgress?.(done, expected, unit);
  };
  return (log, last = false) => {
    const now = world.now();
    if (!last && now - told < progressEveryMs) return;
    told = now;
    tell(log.copiedPaths, "paths");
    tell(log.copied, "bytes");
  };
}

/** For a user whom Nix does not trust: the guard there takes the paths in, as root. */
async function sendExport(
  world: World,
  host: Host,
  systems: readonly string[],
  options: CopyOptions,
): Promise<void> {
  const { run, signal, onProgress } = options;
  const sizes = await sizesOf(world, systems);
  const missing = await missingPaths(world, host, [...sizes.keys()], signal);
  if (missing.length === 0) return;
  const source = { ...exportPaths(missing), env: nixEnvironment(world.env) };
  let done = 0;
  const importer = { ...guard.importer(host, run), follow: true as const };
  await world.sendTo(
    { ...source, ...(signal && { signal }) },
    { ...importer, ...(signal && { signal }) },
    // `nix-store --import` names each path once it is in.
    (line) => {
      if (!line.startsWith("/")) return;
      done += 1;
      onProgress?.(Math.min(done, missing.length), missing.length, "paths");
    },
  );
  onProgress?.(missing.length, missing.length, "paths");
}
