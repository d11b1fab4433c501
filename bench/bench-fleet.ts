import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildHosts, makeFlake } from "../src/testing/fleet/flake.ts";
import type { TestFleet } from "../src/testing/fleet/fleet.ts";
import { fleetsFolder, projectFolder } from "../src/testing/fleet/place.ts";
import { attempt, run } from "../src/testing/fleet/program.ts";
import { nixEnvironment } from "../src/testing/fleet/system.ts";
import type { Contender } from "./contenders.ts";
import { countProcesses, makeCounters, parseCalls, type Processes } from "./processes.ts";
import { parseTimes, type Sample } from "./statistics.ts";

/** A repository of some hosts of the fleet, and what is done with it. */
export interface BenchFleet {
  readonly hosts: readonly string[];
  /** Commits a change: of each host's system, or of a text that concerns none. */
  readonly commit: (what: "systems" | "text") => Promise<void>;
  /** Deploys, and checks from outside that all hosts have what the repository says. */
  readonly measure: (contender: Contender) => Promise<Sample>;
  /** The same, with its processes counted, which costs time. */
  readonly count: (contender: Contender) => Promise<Processes>;
}

/** A limit, not an expectation. */
const mostSeconds = 600;

/**
 * In the folder of the fleet, which is cleared with it however this process ends. With peers the
 * flake has their outputs as well.
 */
export async function makeBenchFleet(
  fleet: TestFleet,
  size: number,
  withPeers: boolean,
): Promise<BenchFleet> {
  const folder = join(fleetsFolder, fleet.name, `bench-${size}`);
  mkdirSync(folder);
  const measured = fleet.hosts.slice(0, size);
  const hosts = measured.map(({ name }) => name);
  const flake = await makeFlake(folder, hosts, "systemd-boot");
  if (withPeers) addPeerOutputs(flake);
  // A copy: the project may be built anew meanwhile.
  const bundle = join(folder, "flurry.js");
  cpSync(join(projectFolder, "dist/flurry.js"), bundle);
  const counters = join(folder, "counters");
  const log = join(folder, "calls");
  await makeCounters(counters, log);
  const env = {
    ...nixEnvironment(),
    SSH_CONFIG_FILE: fleet.sshConfig,
    NIX_SSHOPTS: `-F ${fleet.sshConfig}`,
    HOME: folder,
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CACHE_HOME: join(folder, "cache"),
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_RUNTIME_DIR: folder,
    TMPDIR: folder,
    NO_COLOR: "1",
  };
  // Of its own numbers: a host must not have the system of another repository already.
  let version = size * 1000;
  const hostMeters = hosts.map((host) => meterOf(fleet, host));
  const hostsUsed = (): number => hostMeters.reduce((sum, meter) => sum + readMeter(meter), 0);

  const deploy = async (contender: Contender, path: string): Promise<Sample> => {
    const times = join(folder, "times");
    const used = hostsUsed();
    const begin = performance.now();
    const argv = [...alone, "sh", "-c", timed, times, ...contender.argv(hosts, bundle)];
    const ended = await attempt(argv, {
      cwd: flake,
      env: { ...env, PATH: path },
      timeoutSeconds: mostSeconds,
    });
    const seconds = (performance.now() - begin) / 1000;
    if (ended.code !== 0) {
      const tail = `${ended.stdout}\n${ended.stderr}`.trim().split("\n").slice(-15).join("\n");
      throw new Error(`${contender.name} ended with ${ended.code}\n${tail}`);
    }
    const hostCpuSeconds = hostsUsed() - used;
    await check(contender);
    return { seconds, cpuSeconds: parseTimes(readFileSync(times, "utf8")), hostCpuSeconds };
  };

  const check = async ({ name, isPeer }: Contender): Promise<void> => {
    const wanted = await buildHosts(flake, hosts);
    for (const host of measured) {
      const { running, profile, bootDefault } = await host.state();
      // Peers may have a profile of a kind of their own around the system.
      const found = isPeer === true ? [running] : [running, profile, bootDefault];
      if (found.some((system) => system !== wanted[host.name])) {
        throw new Error(`${name}: ${host.name} has ${found.join(", ")}, not ${wanted[host.name]}`);
      }
    }
  };

  return {
    hosts,
    commit: async (what) => {
      version += 1;
      if (what === "text") writeFileSync(join(flake, "README"), `the ${version}th change\n`);
      else for (const host of hosts) changeVersion(join(flake, "systems", host), version);
      await run(["git", "-C", flake, "add", "--all"]);
      await run(["git", "-C", flake, "commit", "--quiet", "-m", `change ${version}`]);
    },
    measure: (contender) => deploy(contender, process.env["PATH"] ?? ""),
    count: async (contender) => {
      rmSync(log, { force: true });
      await deploy(contender, `${counters}:${process.env["PATH"]}`);
      return countProcesses(parseCalls(readFileSync(log, "utf8")));
    },
  };
}

/** A process namespace that ends with us, so that whatever ends this leaves nobody behind. */
const alone = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child"];

/** Runs its words, and writes to $0 what they took of processors. */
const timed = '"$@"; code=$?; times > "$0"; exit $code';

/** The file in which the kernel counts what a host's processes took of processors. */
function meterOf(fleet: TestFleet, host: string): string {
  const group = `flurry-fleet.${fleet.name}/${host}/cpu.stat`;
  const unified = join("/sys/fs/cgroup/unified", group);
  return existsSync(unified) ? unified : join("/sys/fs/cgroup", group);
}

/** Seconds; 0 where the kernel does not count. */
function readMeter(file: string): number {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return Number(/^usage_usec (\d+)$/m.exec(text)?.[1] ?? 0) / 1e6;
}

/** Committed with the first change. */
function addPeerOutputs(flake: string): void {
  cpSync(join(projectFolder, "bench/peers.nix"), join(flake, "peers.nix"));
  const file = join(flake, "flake.nix");
  const text = readFileSync(file, "utf8");
  const made = /inputs\.flurry\.lib\.mkFleet \{[^}]*\}/;
  if (!made.test(text)) throw new Error(`${file} has no mkFleet`);
  const peers = "(made: made // import ./peers.nix made.nixosConfigurations)";
  writeFileSync(
    file,
    text.replace(made, (call) => `${peers} (${call})`),
  );
}

/** Gives the host a system of another version, with one unit that differs. */
function changeVersion(folder: string, version: number): void {
  const file = join(folder, "variant.nix");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replaceAll(/\bfirst\b|\bv\d+\b/g, `v${version}`));
}
