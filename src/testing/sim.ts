import type { Host } from "../fleet/host.ts";
import { Problem, type ProblemCode } from "../lib/problem.ts";
import type { HostCommand, Output, World } from "../world/world.ts";
import { type Faults, SimHost } from "./sim-host.ts";

/** One host of a simulated fleet: what it runs, what a deploy brings, and what goes wrong there. */
export interface SimWish {
  readonly host: Host;
  readonly from: string;
  readonly to: string;
  readonly faults?: Faults;
}

interface Timer {
  readonly at: number;
  readonly ring: () => void;
}

const commandSeconds = 0.2;

/**
 * A fleet in memory under a clock that moves only when everybody waits. It answers the very
 * commands we would send: the guard's verbs, by the script's last line and its arguments.
 */
export class Sim implements World {
  readonly env = {};
  readonly #hosts = new Map<string, SimHost>();
  readonly #timers: Timer[] = [];
  readonly #goneAfter: number;
  #clock = 1_000_000;
  #commands = 0;
  #pumping = false;
  #drawn = 0;

  /** After so many commands nothing gets through to anyone: somebody has closed the laptop. */
  constructor(fleet: readonly SimWish[], goneAfter: number = Infinity) {
    this.#goneAfter = goneAfter;
    for (const wish of fleet) this.#hosts.set(wish.host.name, new SimHost(wish));
  }

  readonly now = (): number => this.#clock;
  readonly random = (letters: number): string => {
    this.#drawn += 1;
    return String(this.#drawn).padStart(letters, "0").slice(-letters);
  };
  readonly meet = async (): Promise<void> => {};
  readonly close = async (): Promise<void> => {};
  readonly here: World["here"] = unused;
  readonly sendTo: World["sendTo"] = unused;
  readonly dial: World["dial"] = unused;
  readonly httpStatus: World["httpStatus"] = unused;
  readonly files: World["files"] = {
    read: unused,
    bytes: unused,
    write: unused,
    list: unused,
    real: unused,
    remove: unused,
    makeFolder: unused,
  };

  readonly sleep = async (seconds: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const ring = (): void => {
        signal?.removeEventListener("abort", ring);
        resolve();
      };
      signal?.addEventListener("abort", ring);
      this.#timers.push({ at: this.#clock + seconds * 1000, ring });
      this.#pump();
    });
  };

  readonly onHost = async (command: HostCommand): Promise<Output> => {
    await this.sleep(commandSeconds);
    const host = this.host(command.host.name);
    this.#commands += 1;
    if (this.#commands > this.#goneAfter || !host.reachable) {
      throw new Problem("host-unreachable", `no route to ${command.host.name}`);
    }
    const verb = verbOf(command);
    const reply = host.carryOut(verb, command.args ?? [], payloadOf(command), this.#clock / 1000);
    // The guard holds on for a moment where it has nothing new to say.
    if (reply.holdSeconds > 0) await this.sleep(reply.holdSeconds);
    if (host.losesPowerAfter(verb)) throw new Problem("host-unreachable", "the power is gone");
    return judged(command, reply.code, reply.text);
  };

  host(name: string): SimHost {
    const host = this.#hosts.get(name);
    if (!host) throw new Error(`the simulation has no host ${name}`);
    return host;
  }

  /** Lets time pass after the run; guards do what is due. */
  pass(seconds: number): void {
    const end = this.#clock + seconds * 1000;
    while (this.#clock < end) this.#moveTo(Math.min(end, this.#clock + 1000));
  }

  /** When all that can go on has gone on, the clock moves to what is due next. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (!next) return;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#moveTo(Math.max(this.#clock, next.at));
      next.ring();
      if (this.#timers.length > 0) this.#pump();
    });
  }

  #moveTo(clock: number): void {
    this.#clock = clock;
    for (const host of this.#hosts.values()) host.guarded(clock / 1000);
  }
}

/** `sh …/guard VERB "$@"` is the last command of every script; `look` comes without an installed guard. */
function verbOf({ script }: HostCommand): string {
  const verbs = [...script.matchAll(/^sh \S+\/guard ([a-z]+) "\$@"/gm)];
  return verbs.at(-1)?.[1] ?? "look";
}

function payloadOf({ script }: HostCommand): string {
  return /"\$@" <<'(\w+)'\n([\s\S]*?)\1\n$/.exec(script)?.[2] ?? "";
}

function judged({ accepts = [], exits = {} }: HostCommand, code: number, text: string): Output {
  if (code === 0 || accepts.includes(code)) return { code, stdout: text, stderr: "" };
  const meaning: ProblemCode = exits[code] ?? "command-failed";
  throw new Problem(meaning, text.trim());
}

async function unused(): Promise<never> {
  throw new Error("the simulation has no such thing");
}
