import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bringAbout, undo, inHost, type Fault } from "./fault.ts";
import { hostState, type HostState } from "./host-state.ts";
import { diskOf, hostFolder, initOf, textOf, type Place } from "./place.ts";
import { attempt, run, until } from "./program.ts";
import { sshdAnswers } from "./sshd-answers.ts";

/** One host of a test fleet: a machine whose power, cable and disk are in our hands. */
export interface TestHost {
  readonly name: string;
  /** Inside the fleet's network. */
  readonly address: string;
  /**
   * The root of its file system, as a folder here, whether the host is on or off. Absolute links in
   * it lead to this machine when followed. `/run` and `/tmp` of a running host are not in it.
   */
  readonly disk: string;
  /** What is really so, read from outside: works with the network cut and with the host off. */
  state(): Promise<HostState>;
  /**
   * Runs on the host as root without the network, and gives what it printed on stdout; throws unless
   * it ends with 0. For looking and preparing, never the thing under test.
   */
  exec(argv: readonly string[], input?: string): Promise<string>;
  /** Brings a system that was built here, with its closure, into the host's store, past its network. */
  receive(system: string): Promise<void>;
  /** Lasts until `heal()` or the end of the fleet. Resolves when it is so. */
  fault(fault: Fault): Promise<void>;
  /** Takes away all faults that this object brought about. The host must be on. */
  heal(): Promise<void>;
  /** A clean reboot; resolves when sshd answers again, with the boot default. */
  reboot(): Promise<void>;
  /** Process 1 dies now; resolves when it has. The disk stays, and the host stays off. */
  cutPower(): Promise<void>;
  /** A clean shutdown; resolves when the host is off. */
  powerOff(): Promise<void>;
  /** Starts what the boot loader says; resolves as soon as it boots. */
  pressPower(): Promise<void>;
  /** The same; resolves when sshd answers. */
  powerOn(): Promise<void>;
  /** What the host and its firmware have printed since the fleet began. */
  console(): string;
}

/** Where programs are on a host, for those that get no login shell. */
const hostPath =
  "PATH=/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/** A host of a fleet that is up. */
export function testHost(place: Place, name: string): TestHost {
  const folder = hostFolder(place, name);
  const off = join(folder, "off");
  const faults: Fault[] = [];
  const exec = async (argv: readonly string[], input = "") =>
    run(inHost(place, name, ["env", "-i", hostPath, "HOME=/root", "LANG=C.UTF-8", ...argv]), {
      input,
    });
  const pressPower = async () => {
    rmSync(off, { force: true });
    await until(`${name} boots`, () => hostState(place, name).bootId !== null);
  };
  return {
    name,
    address: textOf(join(folder, "address")).trim(),
    disk: diskOf(place, name),
    state: async () => hostState(place, name),
    exec,
    receive: async (system) => {
      const importer = inHost(place, name, ["env", "-i", hostPath, "nix-store", "--import"]);
      const script =
        'system=$1; shift; nix-store --export $(nix-store -qR "$system") | "$@" >/dev/null';
      await run(["sh", "-euc", script, "receive", system, ...importer]);
    },
    fault: async (fault) => {
      await bringAbout(place, name, fault);
      faults.push(fault);
    },
    heal: async () => {
      for (let fault = faults.pop(); fault !== undefined; fault = faults.pop()) {
        await undo(place, name, fault);
      }
    },
    reboot: async () => {
      const before = hostState(place, name).bootId;
      await attempt(inHost(place, name, ["systemctl", "reboot"]));
      await until(`${name} boots again`, () => {
        const now = hostState(place, name).bootId;
        return now !== null && now !== before;
      });
      await sshdAnswers(place, name);
    },
    cutPower: async () => {
      writeFileSync(off, "");
      const init = initOf(place, name);
      if (init === undefined) return;
      process.kill(init, "SIGKILL");
      // Until it has ended, or a power-on right after this would find the dying sshd.
      await until(`${name} is off`, () => !existsSync(`/proc/${init}`));
    },
    powerOff: async () => {
      await attempt(inHost(place, name, ["systemctl", "poweroff"]));
      await until(`${name} is off`, () => existsSync(off) && initOf(place, name) === undefined);
    },
    pressPower,
    powerOn: async () => {
      await pressPower();
      await sshdAnswers(place, name);
    },
    console: () => textOf(join(folder, "console.log")),
  };
}
