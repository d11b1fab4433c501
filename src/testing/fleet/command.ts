import { chmodSync, existsSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bringAbout, undo } from "./fault.ts";
import { buildHosts, changeHost, makeFlake, variantFaults } from "./flake.ts";
import { endFleet, fleetNamed, startLastingFleet, type TestFleet } from "./fleet.ts";
import { hostsOf, placeOf, projectFolder, type Place } from "./place.ts";
import { run } from "./program.ts";
import { nixEnvironment } from "./system.ts";
import type { TestHost } from "./test-host.ts";

const help = `Test hosts on this machine, for people and for programs. Needs root.

  fleet up [--hosts N | --names A,B,…] [--loader grub] [--json]
                         starts them; they stay until \`fleet down\`
  fleet down             ends them
  fleet variant HOST NAME --fault ${variantFaults.join("|")}
                         makes the next system of that host in the fleet's flake, staged and built
  fleet fault HOST cut-link|restore-link|power-cut|power-off|power-on|fill-disk|free-disk
                         returns when it is so
  fleet state HOST       what runs and what boots, read from outside

  --fleet NAME           another fleet beside the one named default
`;

/** The command line of the fleet. Returns an exit code; what was typed wrong is 64. */
export async function fleetCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      hosts: { type: "string", default: "3" },
      names: { type: "string" },
      loader: { type: "string", default: "systemd-boot" },
      fault: { type: "string", default: "none" },
      fleet: { type: "string", default: "default" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [verb = "help", host = "", what = ""] = positionals;
  const name = values.fleet;
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) return complain(`${name}: no name for a fleet`);
  switch (values.help ? "help" : verb) {
    case "up":
      return up(name, values);
    case "down":
      await endFleet(name);
      return 0;
    case "variant":
      return variant(name, host, what, values.fault);
    case "fault":
      return bringFault(name, host, what);
    case "state":
      return print(JSON.stringify(await hostOf(name, host).state(), null, 2));
    case "help":
      return print(help.trimEnd());
    default:
      return complain(`fleet: no verb ${verb}\n\n${help}`);
  }
}

interface UpFlags {
  readonly hosts: string;
  readonly names?: string | undefined;
  readonly loader: string;
  readonly json: boolean;
}

async function up(name: string, flags: UpFlags): Promise<number> {
  const { loader } = flags;
  if (loader !== "systemd-boot" && loader !== "grub")
    return complain(`--loader ${loader}: systemd-boot or grub`);
  const hosts = flags.names?.split(",") ?? Number(flags.hosts);
  if (typeof hosts === "number" && !(Number.isInteger(hosts) && hosts > 0 && hosts <= 240)) {
    return complain(`--hosts ${flags.hosts}: a number from 1 to 240`);
  }
  if (placeOf(name) !== undefined) {
    return complain(`fleet: a fleet named ${name} is up; end it with: npm run -s fleet -- down`);
  }
  let flake = "";
  const fleet = await startLastingFleet(name, { hosts, loader }, async (place) => {
    flake = await makeFlake(place.folder, hostsOf(place), loader);
    return buildHosts(flake, hostsOf(place));
  });
  const env = await environmentFor(fleet);
  const ssh = (host: TestHost) => ["ssh", "-F", fleet.sshConfig, host.name];
  const told = {
    flake,
    env,
    hosts: fleet.hosts.map((host) => ({ name: host.name, ssh: ssh(host) })),
  };
  return print(flags.json ? JSON.stringify(told) : story(told));
}

/**
 * What a shell needs so that plain `ssh`, `nix` and `flurry` reach the hosts by name. The `ssh` on this
 * PATH reads the fleet's configuration; a later -F on its line wins over it.
 */
async function environmentFor(fleet: TestFleet): Promise<Record<string, string>> {
  const place = placeOrFail(fleet.name);
  const bin = join(place.folder, "bin");
  // npm puts folders of its own on the PATH of what it runs.
  const path = (process.env["PATH"] ?? "")
    .split(":")
    .filter((one) => !one.includes("/node_modules/"));
  const ssh = (await run(["sh", "-c", "command -v ssh"])).trim();
  const bundle = join(projectFolder, "dist/flurry.js");
  mkdirSync(bin, { recursive: true });
  writeProgram(join(bin, "ssh"), `exec ${ssh} -F ${fleet.sshConfig} "$@"`);
  if (existsSync(bundle))
    writeProgram(join(bin, "flurry"), `exec ${process.execPath} ${bundle} "$@"`);
  return {
    PATH: [bin, ...path].join(":"),
    SSH_CONFIG_FILE: fleet.sshConfig,
    NIX_SSHOPTS: `-F ${fleet.sshConfig}`,
    ...nixEnvironment(),
  };
}

function writeProgram(path: string, line: string): void {
  writeFileSync(path, `#!/bin/sh\n${line}\n`);
  chmodSync(path, 0o755);
}

async function variant(name: string, host: string, label: string, fault: string): Promise<number> {
  const known = variantFaults.find((one) => one === fault);
  if (known === undefined) return complain(`--fault ${fault}: one of ${variantFaults.join(", ")}`);
  const place = placeOrFail(name);
  const system = await changeHost(join(place.folder, "flake"), host, label, known);
  return print(JSON.stringify({ system }));
}

/** What is left on a full disk. */
const leftKib = 500;

async function bringFault(name: string, hostName: string, kind: string): Promise<number> {
  const place = placeOrFail(name);
  const host = hostOf(name, hostName);
  switch (kind) {
    case "cut-link":
      await bringAbout(place, host.name, { kind: "packets-dropped" });
      return 0;
    case "restore-link":
      await undo(place, host.name, { kind: "packets-dropped" });
      return 0;
    case "power-cut":
      await host.cutPower();
      await host.pressPower();
      return 0;
    case "power-off":
      await host.cutPower();
      return 0;
    case "power-on":
      await host.powerOn();
      return 0;
    case "fill-disk":
      await bringAbout(place, host.name, { kind: "disk-full", leftKib });
      return 0;
    case "free-disk":
      await undo(place, host.name, { kind: "disk-full", leftKib });
      return 0;
    default:
      return complain(`fleet: no fault ${kind}\n\n${help}`);
  }
}

function placeOrFail(name: string): Place {
  const place = placeOf(name);
  if (place === undefined)
    throw new Error(`no fleet named ${name} is up; start one with: npm run -s fleet -- up`);
  return place;
}

function hostOf(name: string, host: string): TestHost {
  placeOrFail(name);
  const found = fleetNamed(name)?.hosts.find((one) => one.name === host);
  if (found === undefined) throw new Error(`the fleet has no host named ${host || "(none given)"}`);
  return found;
}

interface Told {
  readonly flake: string;
  readonly env: Readonly<Record<string, string>>;
  readonly hosts: readonly { readonly name: string; readonly ssh: readonly string[] }[];
}

/** For people: lines to paste into a shell. */
function story({ flake, env, hosts }: Told): string {
  const exports = Object.entries(env).map(([key, value]) => `export ${key}=${quoted(value)}`);
  return [...exports, `cd ${flake}`, `# hosts: ${hosts.map((host) => host.name).join(" ")}`].join(
    "\n",
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function complain(text: string): number {
  process.stderr.write(`${text.trimEnd()}\n`);
  return 64;
}
