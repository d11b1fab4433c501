import type { Host, HostSettings } from "../fleet/host.ts";
import type { SeenHost } from "../fleet/seen.ts";

/** A host with nothing special about it. */
export function hostOf(name: string, settings: Partial<HostSettings> = {}): Host {
  return {
    name,
    path: `systems/${name}`,
    attribute: ["nixosConfigurations", name, "config", "system", "build", "toplevel"],
    deployable: true,
    settings: { ...plainSettings(name), ...settings },
    origins: {},
    homes: {},
    flaw: null,
  };
}

/** A host that answers, runs `system`, and has nothing to be said about it. */
export function seenOf(host: string, system: string, seen: Partial<SeenHost> = {}): SeenHost {
  return {
    answers: true,
    at: 0,
    protocol: 1,
    hostName: host,
    machineId: null,
    loginUser: "root",
    asRoot: true,
    system: "x86_64-linux",
    nixVersion: "2.8.0",
    nixDaemon: "/usr/bin/nix-daemon",
    bootId: "b1",
    running: system,
    booted: system,
    profile: system,
    link: "system-1-link",
    generation: 1,
    bootDefault: system,
    revision: null,
    revisionDirty: false,
    failedUnits: [],
    needsReboot: false,
    uptimeSeconds: 60,
    since: 0,
    load: 0,
    storeBytes: 1e12,
    storeFreeBytes: 1e11,
    storeFreeInodes: 1e6,
    bootFreeBytes: 1e8,
    generations: [
      {
        number: 1,
        system,
        at: 0,
        nixosVersion: "26.05",
        kernel: "6.12.1",
        revision: null,
        revisionDirty: false,
      },
    ],
    open: null,
    lease: null,
    left: null,
    otherSwitchers: [],
    chatter: null,
    readiness: {
      toolsMissing: [],
      stateProblem: null,
      clock: null,
      switching: false,
      leftovers: [],
      wakesAtBoot: true,
    },
    ...seen,
  };
}

function plainSettings(name: string): HostSettings {
  return {
    class: "nixos",
    system: "x86_64-linux",
    hostName: name,
    description: null,
    tags: [],
    enabled: true,
    users: [],
    addresses: [name],
    port: null,
    user: null,
    sshOptions: [],
    sshHostKey: [],
    elevate: null,
    machineId: null,
    local: true,
    build: { on: "here", substitutes: true },
    profiles: { system: { user: "root" } },
    profileOrder: ["system"],
    policy: {
      goal: "switch",
      confirm: true,
      fallback: true,
      canary: false,
      activationSeconds: 240,
      activationLimitSeconds: 1800,
      confirmSeconds: 30,
      soakSeconds: 0,
      evaluateSeconds: 600,
      units: {},
    },
    probes: [],
  };
}
