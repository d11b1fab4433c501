import type { Goal, Host } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";
import type { ProblemCode, ProblemReport } from "../lib/problem.ts";
import type { Risk } from "../plan/risk.ts";
import { protocol } from "./guard-script.ts";

/** What is wanted of a host. */
export interface Want {
  readonly goal: Goal;
  /** Our own run: what it holds stands in nobody's way. */
  readonly run?: string;
  /** The system, once it is known. */
  readonly to?: string;
  /** What a copy would bring, unpacked. */
  readonly neededBytes?: number;
  readonly neededInodes?: number;
  /** What the new kernel and initrd take in /boot. */
  readonly neededBootBytes?: number;
  /** All host names of the fleet. */
  readonly fleetHostNames: readonly string[];
  /** The verb copies closures to the host, which a chatting login shell breaks. */
  readonly verbCopies: boolean;
  readonly acceptDrift: boolean;
  /** The time here, milliseconds since 1970. */
  readonly now: number;
}

/** What forbids the change, and what a person should know of before it. */
export interface Preflight {
  readonly refusals: readonly ProblemReport[];
  readonly risks: readonly Risk[];
}

const mebibyte = 1024 * 1024;
const storeReserve = 256 * mebibyte;
const bootReserve = 2 * mebibyte;
const clockTolerance = 5 * 60 * 1000;

/** Judges whether a host that was looked at may be changed. The first refusal is the one to tell. */
export function preflight(host: Host, seen: SeenHost, want: Want): Preflight {
  const refusals = [
    ...identity(host, seen, want),
    ...machine(host, seen),
    ...programs(host, seen, want),
    ...holders(host, seen, want),
    ...space(host, seen, want),
    ...drift(host, seen, want),
  ];
  return { refusals, risks: risksOf(host, seen, want) };
}

function refuse(
  code: ProblemCode,
  message: string,
  hint?: string,
  evidence?: readonly string[],
): ProblemReport {
  return { code, message, ...(hint && { hint }), ...(evidence && { evidence }) };
}

/** The wrong machine at the right address: by its machine-id, or because it has another one's name. */
function identity({ name, settings }: Host, seen: SeenHost, want: Want): readonly ProblemReport[] {
  const { machineId, hostName } = settings;
  if (machineId !== null && seen.machineId !== null && machineId !== seen.machineId) {
    const message = `${name} is another machine: its machine-id is ${seen.machineId}, not ${machineId}`;
    return [refuse("wrong-host", message, `flurry host show ${name}`)];
  }
  const another = seen.hostName !== hostName && want.fleetHostNames.includes(seen.hostName);
  return another
    ? [
        refuse(
          "wrong-host",
          `the machine at the address of ${name} calls itself ${seen.hostName}, which is another host of this fleet`,
          `flurry host show ${name}`,
        ),
      ]
    : [];
}

function machine({ name, settings }: Host, seen: SeenHost): readonly ProblemReport[] {
  const { system } = settings;
  if (system === null || runsOn(system, seen.system)) return [];
  const message = `${name} is ${seen.system}, and its system is for ${system}`;
  return [refuse("wrong-architecture", message, `flurry config show ${name} --origin`)];
}

function runsOn(system: string, machineOf: string): boolean {
  return system === machineOf || (system === "i686-linux" && machineOf === "x86_64-linux");
}

function programs({ name }: Host, seen: SeenHost, want: Want): readonly ProblemReport[] {
  const { readiness, chatter } = seen;
  return [
    ...(seen.protocol === protocol || seen.protocol === protocol - 1
      ? []
      : [
          refuse(
            "host-lacks-tools",
            `${name} speaks protocol ${seen.protocol} of the guard, and we ${protocol}`,
          ),
        ]),
    ...(seen.running === null
      ? [
          refuse(
            "not-a-system",
            `${name} runs no NixOS system: /run/current-system is not in the store`,
          ),
        ]
      : []),
    ...lackingTools(name, seen),
    ...(seen.nixVersion !== null && isOlder(seen.nixVersion, [2, 8])
      ? [refuse("host-lacks-tools", `${name} has Nix ${seen.nixVersion}; 2.8 or newer is needed`)]
      : []),
    ...(chatter !== null && want.verbCopies
      ? [
          refuse(
            "host-chatters",
            `the login shell of ${seen.loginUser} on ${name} prints text that nobody asked for, which breaks copies`,
            `flurry ssh ${name} -- true`,
            chatter.split("\n").slice(0, 5),
          ),
        ]
      : []),
    ...(readiness.stateProblem === null
      ? []
      : [refuse("state-broken", `${name}: ${readiness.stateProblem}`, `flurry ssh ${name}`)]),
  ];
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [one = 0, two = 0] = version.split(".").map(Number);
  return one < major || (one === major && two < minor);
}

/** Logging in by hand, Nix may be there: a command given to ssh reads no profile. */
function lackingTools(
  name: string,
  { readiness, nixDaemon, loginUser }: SeenHost,
): ProblemReport[] {
  const others = readiness.toolsMissing.filter((tool) => !isOfNix(tool));
  const lacksNix = nixDaemon === null || readiness.toolsMissing.some(isOfNix);
  return [
    ...(others.length > 0
      ? [refuse("host-lacks-tools", `${name} lacks ${others.join(", ")}`)]
      : []),
    ...(lacksNix
      ? [
          refuse(
            "host-lacks-tools",
            `a bare ssh command of ${loginUser} on ${name} finds no Nix, neither on its PATH nor in ${nixFolders.join(", ")}`,
            `flurry exec ${name} -- sh -c 'command -v nix-daemon; echo $PATH'`,
          ),
        ]
      : []),
  ];
}

function isOfNix(tool: string): boolean {
  return tool.startsWith("nix-");
}

/** Where Nix is looked for besides PATH (the channel's own words in world/elevation.ts add them). */
const nixFolders = [
  "/run/current-system/sw/bin",
  "/nix/var/nix/profiles/default/bin",
  "/usr/local/bin",
];

/** Somebody else has the host: a run of flurry, one who prepares one, or a switch without us. */
function holders({ name }: Host, seen: SeenHost, want: Want): readonly ProblemReport[] {
  const { open, lease, readiness } = seen;
  if (open && open.run !== want.run) {
    const owner = open.owner ?? "someone";
    return open.phase === "stuck"
      ? [
          refuse(
            "host-stuck",
            `${name} is stuck in run ${open.run} of ${owner}: ${open.because ?? "no reason known"}`,
            `flurry run recover ${name}`,
          ),
        ]
      : [
          refuse(
            "host-busy",
            `${owner} has ${name}: run ${open.run} is ${open.phase}`,
            `flurry run follow ${name}`,
          ),
        ];
  }
  if (!open && lease && lease.run !== want.run) {
    const message = `${lease.owner} has ${name}, for ${lease.secondsLeft} s more (run ${lease.run})`;
    return [refuse("host-busy", message, `flurry lock release ${name}`)];
  }
  if (readiness.switching && !open) {
    return [refuse("host-busy", `another switch of ${name} is under way`, `flurry status ${name}`)];
  }
  return [];
}

function space({ name }: Host, seen: SeenHost, want: Want): readonly ProblemReport[] {
  const needed = (want.neededBytes ?? 0) > 0 ? (want.neededBytes ?? 0) * 1.1 + storeReserve : 0;
  const found: ProblemReport[] = [];
  if (seen.storeFreeBytes !== null && needed > seen.storeFreeBytes) {
    const message = `${name} has ${mebibytes(seen.storeFreeBytes)} free in /nix/store, and needs ${mebibytes(needed)}`;
    found.push(refuse("disk-full", message, `flurry gc ${name}`));
  }
  if (seen.storeFreeInodes !== null && (want.neededInodes ?? 0) > seen.storeFreeInodes) {
    const message = `${name} has ${seen.storeFreeInodes} inodes free in /nix/store, and needs ${want.neededInodes}`;
    found.push(refuse("disk-full", message, `flurry gc ${name}`));
  }
  const boot = want.neededBootBytes ?? 0;
  if (seen.bootFreeBytes !== null && boot > 0 && boot + bootReserve > seen.bootFreeBytes) {
    const message = `${name} has ${mebibytes(seen.bootFreeBytes)} free in /boot, and needs ${mebibytes(boot + bootReserve)}`;
    found.push(refuse("disk-full", message, `flurry gc ${name}`));
  }
  return found;
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / mebibyte)} MiB`;
}

/** What others did: running system, profile and boot default differ, and it was not us on purpose. */
function drift({ name }: Host, seen: SeenHost, want: Want): readonly ProblemReport[] {
  const said = driftOf(seen);
  if (said === null || want.acceptDrift || want.goal === "dry-activate") return [];
  return [refuse("host-drifted", `${name} ${said}`, `flurry deploy ${name} --accept-drift`)];
}

/** How running system, profile and boot default part, in words; null if they agree, or we left it so. */
export function driftOf(seen: SeenHost): string | null {
  const { running, profile, bootDefault, left } = seen;
  if (running === null || profile === null) return null;
  const runsOther = running !== profile;
  const bootsOther = bootDefault !== null && bootDefault !== profile;
  if (!runsOther && !bootsOther) return null;
  if (left && !bootsOther) return null;
  if (left?.goal === "test" && bootDefault === profile) return null;
  const parts = [
    `runs ${shortName(running)}`,
    `has ${shortName(profile)} as its profile`,
    ...(bootDefault === null ? [] : [`boots ${shortName(bootDefault)}`]),
  ];
  return parts.join(", ");
}

/** The first letters of the hash tell two systems of one name apart. */
function shortName(path: string): string {
  const name = path.slice("/nix/store/".length);
  return `${name.slice(0, 7)}…${name.slice(32)}`;
}

function risksOf({ name, settings }: Host, seen: SeenHost, want: Want): readonly Risk[] {
  const { readiness, failedUnits } = seen;
  const drifted = driftOf(seen);
  const skew = readiness.clock === null ? 0 : Math.abs(readiness.clock - seen.at);
  return [
    ...(seen.hostName === settings.hostName || seen.hostName === ""
      ? []
      : [risk("other", `calls itself ${seen.hostName}, not ${settings.hostName}`)]),
    ...(drifted !== null && want.acceptDrift ? [risk("drift", drifted)] : []),
    ...(seen.needsReboot ? [risk("kernel", "waits for a reboot already")] : []),
    ...(failedUnits.length > 0
      ? [risk("other", `${failedUnits.slice(0, 3).join(", ")} failed before`)]
      : []),
    ...seen.otherSwitchers.map((unit) => risk("switchers", `is also switched by ${unit}`)),
    ...(seen.bootDefault === null && seen.asRoot
      ? [risk("boot-default", "what it boots cannot be read")]
      : []),
    ...(skew > clockTolerance
      ? [risk("other", `its clock is ${Math.round(skew / 60_000)} minutes from ours`)]
      : []),
    ...(readiness.leftovers.length > 0
      ? [risk("other", "a killed switch left unfinished work that the next takes over")]
      : []),
    ...(readiness.wakesAtBoot || !seen.asRoot
      ? []
      : [
          risk(
            "other",
            `/etc of ${name} is read-only: after a power cut it settles when next asked`,
          ),
        ]),
    ...(settings.policy.fallback
      ? []
      : [risk("other", "does not go back if the new system fails")]),
  ];
}

function risk(kind: Risk["kind"], message: string): Risk {
  return { kind, message };
}
