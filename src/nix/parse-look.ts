import type { Generation, Lease, OpenRun, Readiness, SeenHost } from "../fleet/seen.ts";

/** What the guard's `look` said, by name; a name may stand several times. */
type Facts = ReadonlyMap<string, readonly string[]>;

/**
 * Reads what `look` printed: lines `name value`. Unknown names are skipped, so that a newer guard may
 * say more; what is missing becomes null. `at` is now, in milliseconds since 1970.
 */
export function parseLook(
  text: string,
  at: number,
  more: { readonly chatter?: string | null } = {},
): SeenHost {
  const facts = factsOf(text);
  const running = storePath(only(facts, "running"));
  const link = only(facts, "link") ?? "none";
  const profile = storePath(only(facts, "profile"));
  const notes = notesOf(facts);
  const noted = running === null ? undefined : notes.get(nameOf(running));
  const origin = noted ?? originIn(only(facts, "configuration-revision"));
  return {
    answers: true,
    at,
    protocol: count(only(facts, "protocol")) ?? 0,
    hostName: only(facts, "hostname") ?? "",
    machineId: only(facts, "machine-id"),
    loginUser: only(facts, "user") ?? "",
    asRoot: only(facts, "uid") === "0",
    system: systemOf(only(facts, "machine") ?? ""),
    nixVersion: nixVersionOf(facts),
    nixDaemon: only(facts, "nix-daemon"),
    bootId: only(facts, "boot") ?? "",
    running,
    booted: storePath(only(facts, "booted")),
    profile,
    link,
    generation: numberOf(link),
    bootDefault: storePath(only(facts, "default")),
    revision: origin.revision,
    revisionDirty: origin.dirty,
    failedUnits: facts.get("failed") ?? [],
    needsReboot: needsReboot(facts),
    uptimeSeconds: count(only(facts, "uptime")),
    since: seconds(only(facts, "since")),
    load: amount(only(facts, "load")),
    ...disksOf(facts),
    generations: generationsOf(facts, notes),
    open: openRunOf(facts),
    lease: leaseOf(facts),
    left: leftOf(facts, running, profile),
    otherSwitchers: (facts.get("switcher") ?? []).map(switcherOf),
    chatter: more.chatter ?? null,
    readiness: readinessOf(facts),
  };
}

/** Whether `look` came to its end: a host that has no shell, or ends early, said less than all. */
export function isWholeLook(text: string): boolean {
  return /^looked yes$/m.test(text);
}

function factsOf(text: string): Facts {
  const facts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [, name = "", value = ""] = /^([a-z/-]+) (.*?)\s*$/.exec(line) ?? [];
    const values = facts.get(name);
    if (value === "") continue;
    if (values) values.push(value);
    else facts.set(name, [value]);
  }
  return facts;
}

function only(facts: Facts, name: string): string | null {
  return facts.get(name)?.[0] ?? null;
}

function count(text: string | null | undefined): number | null {
  return text && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function amount(text: string | null): number | null {
  return text && /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

/** Seconds since 1970 as the host says them, in milliseconds. */
function seconds(text: string | null | undefined): number | null {
  const whole = count(text);
  return whole === null ? null : whole * 1000;
}

/** A host is not to be believed blindly: only what is plainly a store path counts as one. */
function storePath(text: string | null | undefined): string | null {
  return text && /^\/nix\/store\/[a-z0-9]{32}-[A-Za-z0-9+._?=-]+$/.test(text) ? text : null;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function numberOf(link: string): number | null {
  return count(/^system-(\d+)-link$/.exec(link)?.[1]);
}

const machines: Readonly<Record<string, string>> = {
  arm64: "aarch64",
  i386: "i686",
  i586: "i686",
  armv8l: "armv7l",
};

/** `Linux x86_64`, as `uname -sm` says it. */
function systemOf(said: string): string {
  const [kernel = "", machine = ""] = said.split(" ");
  return `${machines[machine] ?? machine}-${kernel.toLowerCase()}`;
}

function nixVersionOf(facts: Facts): string | null {
  const path = only(facts, "nix-path");
  if (path) return /\/nix\/store\/[a-z0-9]{32}-nix-(\d+(?:\.\d+)*)/.exec(path)?.[1] ?? null;
  return /(\d+(?:\.\d+)+)/.exec(only(facts, "nix-version") ?? "")?.[1] ?? null;
}

/** The kernel, its modules or the initrd that booted are not those of what runs. */
function needsReboot(facts: Facts): boolean | null {
  if (storePath(only(facts, "booted")) === null) return null;
  if (storePath(only(facts, "running")) === null) return null;
  const moved = (["kernel", "initrd", "modules"] as const).map((part) => {
    const [before, after] = [only(facts, `booted-${part}`), only(facts, part)];
    const known = before?.startsWith("/nix/store/") && after?.startsWith("/nix/store/");
    return known ? baseOf(before, facts, "booted") !== baseOf(after, facts, "running") : false;
  });
  return moved.includes(true);
}

/** A kernel that lies in the system itself moves with each system, and says nothing. */
function baseOf(path: string | null | undefined, facts: Facts, system: string): string {
  const inside = `${only(facts, system) ?? ""}/`;
  return (path ?? "").startsWith(inside) ? (path ?? "").slice(inside.length) : (path ?? "");
}

function disksOf(
  facts: Facts,
): Pick<SeenHost, "storeBytes" | "storeFreeBytes" | "storeFreeInodes" | "bootFreeBytes"> {
  const disk = (path: string): readonly (number | null)[] => {
    const said = facts.get("disk")?.find((line) => line.endsWith(path));
    return (said?.split(" ") ?? []).map(count);
  };
  const [size, all, free, inodes] = disk("/nix/store");
  const [bootSize, , bootFree] = disk("/boot");
  return {
    storeBytes: bytes(size, all),
    storeFreeBytes: bytes(size, free),
    // Some file systems have no fixed number of them, and say 0.
    storeFreeInodes: inodes === undefined || inodes === 0 ? null : inodes,
    bootFreeBytes: bytes(bootSize, bootFree),
  };
}

function bytes(size: number | null | undefined, blocks: number | null | undefined): number | null {
  return typeof size === "number" && typeof blocks === "number" ? size * blocks : null;
}

interface Note {
  readonly revision: string | null;
  readonly dirty: boolean;
}

/** `…/systems/NAME:revision abc`, as grep says it. */
function notesOf(facts: Facts): ReadonlyMap<string, Note> {
  const notes = new Map<string, Note>();
  for (const line of facts.get("note-of") ?? []) {
    const [, name = "", key, value = ""] = /\/systems\/([^/:]+):(\w+) ?(.*)$/.exec(line) ?? [];
    const note = notes.get(name) ?? { revision: null, dirty: false };
    if (key === "revision") notes.set(name, { ...note, revision: value === "" ? null : value });
    if (key === "dirty") notes.set(name, { ...note, dirty: value === "yes" });
  }
  return notes;
}

/**
 * What a system says of itself, where flurry noted nothing: `system.configurationRevision`, mostly
 * `self.rev or "dirty"`, or `self.dirtyRev`, which ends so. Anything but a commit says nothing.
 */
function originIn(text: string | null | undefined): Note {
  const [, revision = null, dirty] = /^([0-9a-f]{7,64})(-dirty)?$/.exec(text ?? "") ?? [];
  return { revision, dirty: dirty !== undefined };
}

const stated = /^(?:(\d+) )?'?.*?\/system-(\d+)-link(?:\/kernel)?'? -> '?([^']+)'?$/;

function generationsOf(facts: Facts, notes: ReadonlyMap<string, Note>): readonly Generation[] {
  const kernels = new Map(
    (facts.get("kernel-of") ?? []).map((line) => {
      const [, , number, target = ""] = stated.exec(line) ?? [];
      return [number, kernelVersion(target)] as const;
    }),
  );
  const said = new Map(
    (facts.get("fact-of") ?? []).map((line) => {
      const [, number, fact, value] = /\/system-(\d+)-link\/([a-z-]+):(.*)$/.exec(line) ?? [];
      return [`${number} ${fact}`, value ?? null] as const;
    }),
  );
  const found = (facts.get("generation") ?? []).flatMap((line): Generation[] => {
    const [, at, number, target] = stated.exec(line) ?? [];
    const n = count(number);
    if (n === null) return [];
    const system = storePath(target);
    const noted = system === null ? undefined : notes.get(nameOf(system));
    const origin = noted ?? originIn(said.get(`${number} configuration-revision`));
    const nixosVersion = said.get(`${number} nixos-version`) ?? null;
    return [
      {
        number: n,
        system: nixosVersion === null && !kernels.has(number) ? null : system,
        at: seconds(at),
        nixosVersion,
        kernel: kernels.get(number) ?? null,
        revision: origin.revision,
        revisionDirty: origin.dirty,
      },
    ];
  });
  return found.toSorted((one, other) => one.number - other.number);
}

/** `…-linux-6.12.11/bzImage` → `6.12.11`. */
function kernelVersion(path: string): string | null {
  return /\/[a-z0-9]{32}-linux-(?:[a-z_-]+-)?(\d[^/]*?)(?:\/|$)/.exec(path)?.[1] ?? null;
}

function openRunOf(facts: Facts): OpenRun | null {
  const run = only(facts, "open");
  if (run === null) return null;
  return {
    run,
    phase: only(facts, "open/phase") ?? "unknown",
    because: only(facts, "open/because"),
    owner: only(facts, "open/owner"),
    rebooted: only(facts, "open/rebooted") === "yes",
  };
}

function leaseOf(facts: Facts): Lease | null {
  const [, run, left, owner = ""] = /^(\S+) (\d+) ?(.*)$/.exec(only(facts, "lease") ?? "") ?? [];
  const secondsLeft = count(left);
  return run === undefined || secondsLeft === null ? null : { run, owner, secondsLeft };
}

/** Only as long as it is true: after a reboot, or another switch, nothing of it is left. */
function leftOf(facts: Facts, running: string | null, profile: string | null): SeenHost["left"] {
  const [goal = "", path] = (only(facts, "left") ?? "").split(" ");
  const system = storePath(path);
  const there = goal === "boot" ? profile : running;
  return system !== null && system === there ? { goal, system } : null;
}

/** `nixos-upgrade.timer Thu 2026-11-26 04:40:00 CET` → with its next run, if it said one. */
function switcherOf(said: string): string {
  const [unit = "", ...next] = said.split(" ");
  return next.length === 0 || next[0] === "n/a" ? unit : `${unit}, next ${next.join(" ")}`;
}

function readinessOf(facts: Facts): Readiness {
  return {
    toolsMissing: facts.get("missing") ?? [],
    stateProblem: only(facts, "trouble"),
    clock: seconds(only(facts, "clock")),
    switching: only(facts, "switching") === "yes",
    leftovers: facts.get("leftover") ?? [],
    wakesAtBoot: only(facts, "wakes") === "yes",
  };
}
