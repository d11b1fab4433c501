import { spawn } from "node:child_process";
import { join } from "node:path";
import { startFleet, type TestFleet } from "../src/testing/fleet/fleet.ts";
import type { HostState } from "../src/testing/fleet/host-state.ts";
import { fleetsFolder } from "../src/testing/fleet/place.ts";
import type { TestHost } from "../src/testing/fleet/test-host.ts";
import { makeLab, type Lab } from "./lab.ts";

const names = ["nas", "compute", "gateway"] as const;
const [nas, compute, gateway] = names;

/**
 * The story of the README on three real hosts of this machine. Every part is checked from outside
 * the hosts, past their network; throws where one did not come out as it should.
 */
export async function demo(): Promise<void> {
  const fleet = await startFleet({ hosts: names });
  const stop = onSignals(() => fleet[Symbol.asyncDispose]());
  try {
    const begin = performance.now();
    say(`demo: three hosts are up: ${names.join(", ")}`);
    say(
      "Containers of this machine, each with its own disk, sshd, systemd, Nix store and boot loader.",
    );
    await tell(fleet);
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    await fleet[Symbol.asyncDispose]();
    say(`demo: 3 hosts deployed, 1 bad deploy reverted in ${seconds} s`);
  } finally {
    stop();
    await fleet[Symbol.asyncDispose]();
  }
}

async function tell(fleet: TestFleet): Promise<void> {
  // In the fleet's own folder, which is cleared with the fleet, however this process ends.
  const lab = await makeLab(join(fleetsFolder, fleet.name, "demo"), fleet.sshConfig);
  const fresh = await statesOf(fleet);

  chapter(
    "One repository describes them: systems/, modules/, overlays/, homes/ (examples/homelab)",
  );
  await flurry(lab, ["host", "list"], 0);

  chapter("What runs there now, and what would change. Nothing is touched yet.");
  await flurry(lab, ["status"], 0);
  await flurry(lab, ["plan"], 0);
  check("a plan changes nothing", await statesOf(fleet), fresh);

  chapter("Deploy all three, side by side");
  const good = await lab.systems(names);
  await flurry(lab, ["deploy", "all", "--yes"], 0);
  const deployed = await statesOf(fleet);
  for (const name of names) {
    check(`${name} runs what the repository says, and boots it`, whatHolds(deployed[name]), {
      running: good[name],
      profile: good[name],
      bootDefault: good[name],
    });
    check(
      `${name} still has its first generation`,
      deployed[name]?.generations[1],
      fresh[name]?.running,
    );
  }
  check("the web server runs", await unitState(fleet, gateway, "caddy.service"), "active");

  chapter("A slip of the hand: the web server's configuration gets a word it does not know");
  say(await lab.edit("systems/gateway/default.nix", "reverse_proxy nas", "reverse_proxi nas"));
  await flurry(lab, ["deploy", "gateway", "--yes"], 14);
  const after = await statesOf(fleet);
  check(
    "gateway went back by itself to what it ran before",
    whatHolds(after[gateway]),
    whatHolds(deployed[gateway]),
  );
  check("its web server runs again", await unitState(fleet, gateway, "caddy.service"), "active");
  check("nas was left alone", after[nas], deployed[nas]);
  check("compute was left alone", after[compute], deployed[compute]);

  chapter("All hosts are as they were, and all of it is on record");
  await flurry(lab, ["status"], 0);
  await flurry(lab, ["history"], 0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function chapter(title: string): void {
  say(`\n── ${title}`);
}

/** Runs flurry as a person would, in front of the reader's eyes. */
async function flurry(lab: Lab, words: readonly string[], wanted: number): Promise<void> {
  say(`\n$ flurry ${words.join(" ")}`);
  const code = await new Promise<number>((resolve, reject) => {
    // A process namespace of its own, that ends with us: a demo that is killed leaves nobody behind
    // who talks to hosts that are gone.
    const alone = ["--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child"];
    const argv = [...alone, process.execPath, lab.bundle, ...words];
    const child = spawn("setpriv", argv, {
      cwd: lab.folder,
      env: { ...process.env, ...lab.env },
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", reject);
    child.once("exit", (ended) => resolve(ended ?? 128));
  });
  say(`  exit ${code}`);
  if (code !== wanted) {
    throw new Error(`flurry ${words.join(" ")} ended with ${code} and should end with ${wanted}`);
  }
}

/** Says what is true, having looked. Throws where it is not. */
function check(claim: string, found: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (is === undefined || is !== should) {
    throw new Error(`it is not so that ${claim}\nfound:  ${is}\nwanted: ${should}`);
  }
  say(`  seen from outside: ${claim}`);
}

type States = Readonly<Record<string, HostState>>;

async function statesOf(fleet: TestFleet): Promise<States> {
  const pairs = fleet.hosts.map(async (host) => [host.name, await host.state()] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

/** What flurry promises of a host; the list of generations may grow. */
function whatHolds(state: HostState | undefined): Partial<HostState> {
  if (state === undefined) throw new Error("a host is missing");
  const { running, profile, bootDefault } = state;
  return { running, profile, bootDefault };
}

async function unitState(fleet: TestFleet, name: string, unit: string): Promise<string> {
  const host = fleet.hosts.find((one): one is TestHost => one.name === name);
  return (await host?.exec(["systemctl", "is-active", unit]))?.trim() ?? "no such host";
}

/** A signal ends the demo when the hosts have gone. Returns how to stop listening. */
function onSignals(end: () => Promise<void>): () => void {
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  const listeners = Object.entries(codes).map(([signal, code]) => {
    const listener = (): void => void end().finally(() => process.exit(code));
    process.once(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const off of listeners) off();
  };
}
