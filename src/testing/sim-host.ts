import type { SimWish } from "./sim.ts";

/** What may go wrong on one host in one simulated run. */
export interface Faults {
  readonly offline?: boolean;
  /** Someone else switches it between our look and our arming. */
  readonly changedMeanwhile?: boolean;
  /** The new system runs, but a unit of it fails. */
  readonly unhealthy?: boolean;
  /** Ended with 2: half of the new system is active. */
  readonly activationFails?: boolean;
  readonly activationHangs?: boolean;
  /** The new system has no network: no one gets in until the old one is back. */
  readonly losesNetwork?: boolean;
  /** The boot loader cannot be written for the new system. */
  readonly bootFull?: boolean;
  /** The power fails, and returns, right after this verb. */
  readonly powerFailsAfter?: string;
}

export interface Reply {
  readonly code: number;
  readonly text: string;
  readonly holdSeconds: number;
}

const activationSeconds = 3;
export const theirs = "/nix/store/33333333333333333333333333333333-theirs";

type Phase = "armed" | "activating" | "waiting" | "confirmed" | "undoing" | "kept" | "undone";

/** The guard as we mean it; the tests of the script see to it that the script means the same. */
interface Guard {
  readonly run: string;
  readonly plan: ReadonlyMap<string, string>;
  phase: Phase;
  until: number;
  endsAt: number;
  cause: string;
  because: string;
  word: string;
}

const settledPhases: ReadonlySet<string> = new Set(["kept", "undone"]);

/** A machine in memory: what it runs, boots and has as its profile, and the guard on its disk. */
export class SimHost {
  readonly #wish: SimWish;
  readonly #faults: Faults;
  running: string;
  boots: string;
  profile: string;
  number = 1;
  /** Every change of the running system, in order: nothing else may ever have run. */
  readonly ran: string[];
  guard: Guard | null = null;
  #lease: { readonly run: string; readonly until: number } | null = null;
  #boot = 1;
  #powerFailed = false;

  constructor(wish: SimWish) {
    this.#wish = wish;
    this.#faults = wish.faults ?? {};
    this.running = wish.from;
    this.boots = wish.from;
    this.profile = wish.from;
    this.ran = [wish.from];
  }

  get reachable(): boolean {
    const { from, to } = this.#wish;
    const deaf = this.#faults.losesNetwork === true && this.running === to && to !== from;
    return !this.#faults.offline && !deaf;
  }

  /** Pulls the plug once, right after that verb. */
  losesPowerAfter(verb: string): boolean {
    if (verb !== this.#faults.powerFailsAfter || this.#powerFailed) return false;
    this.#powerFailed = true;
    this.#boot += 1;
    this.#run(this.boots);
    const { guard } = this;
    if (!guard || settledPhases.has(guard.phase)) return true;
    // The unit for the next boot looks, and does not believe.
    const to = guard.plan.get("to");
    if (this.profile === to && this.boots === to && guard.phase === "confirmed")
      guard.phase = "kept";
    else if (guard.phase !== "undoing")
      this.#undo("rebooted", `the host rebooted while ${guard.phase}`);
    return true;
  }

  carryOut(verb: string, args: readonly string[], payload: string, now: number): Reply {
    const [run = ""] = args;
    const { guard } = this;
    switch (verb) {
      case "look":
        return { code: 0, text: this.#look(now), holdSeconds: 0 };
      case "take":
        if (this.#lease && this.#lease.run !== run && this.#lease.until > now)
          return refuse(75, "busy");
        this.#lease = { run, until: now + 90 };
        if (this.#faults.changedMeanwhile) this.#become(theirs);
        return done("");
      case "renew":
      case "root":
      case "record":
        return done("");
      case "release":
        if (this.#lease?.run === run) this.#lease = null;
        return done("");
      case "rehearse":
      case "check":
        return done("code 0\n");
      case "arm":
        return this.#arm(run, payload, now);
    }
    if (!guard || guard.run !== run) return refuse(79, "no such run");
    switch (verb) {
      case "activate":
        if (guard.phase !== "armed") return refuse(77, `this run is ${guard.phase}`);
        guard.phase = "activating";
        guard.until = now + Number(guard.plan.get("silent"));
        guard.endsAt = this.#faults.activationHangs ? Infinity : now + activationSeconds;
        return done("");
      case "follow":
        return {
          code: 0,
          text: `${this.#told()}log 0\n`,
          holdSeconds: args[1] === guard.phase ? 2 : 0,
        };
      case "challenge":
        if (guard.phase === "activating") return { code: 30, text: "", holdSeconds: 2 };
        if (guard.phase !== "waiting") return refuse(77, `this run is ${guard.phase}`);
        return done(`word ${guard.word}\n`);
      case "confirm":
        return this.#confirm(guard, payload.trim());
      case "abort":
        if (!settledPhases.has(guard.phase) && guard.phase !== "confirmed")
          this.#undo("aborted", "asked to go back");
        return done("");
      case "outcome":
        return this.#outcome(guard);
      default:
        return refuse(64, `unknown verb ${verb}`);
    }
  }

  /** The guard does one thing at a time, so that the power may fail between any two. */
  guarded(now: number): void {
    const { guard } = this;
    if (!guard) return;
    const plan = (key: string): string => guard.plan.get(key) ?? "";
    switch (guard.phase) {
      case "armed":
        if (now >= guard.until) this.#undo("unarmed", "nobody activated");
        return;
      case "activating":
        if (now >= guard.endsAt) {
          this.#run(plan("as"));
          if (this.#faults.activationFails) this.#undo("code", "the activation ended with 2");
          else if (this.#faults.unhealthy)
            this.#undo("units", "failed now, but not before: web.service");
          else {
            guard.phase = "waiting";
            guard.word = `word-of-${guard.run}`;
            guard.until = now + Number(plan("confirm"));
          }
        } else if (now >= guard.until) this.#undo("silent", "the activation was silent");
        return;
      case "waiting":
        if (now >= guard.until) this.#undo("unconfirmed", "nobody confirmed");
        return;
      case "confirmed":
        return this.#commit(guard);
      case "undoing":
        this.#run(plan("from"));
        guard.phase = "undone";
        return;
      case "kept":
      case "undone":
        return;
    }
  }

  #commit(guard: Guard): void {
    const to = guard.plan.get("to") ?? "";
    if (guard.plan.get("goal") !== "test") {
      if (this.#faults.bootFull) return this.#undo("commit", "the commit failed");
      this.profile = to;
      this.number += 1;
      this.boots = to;
    }
    guard.phase = "kept";
  }

  #arm(run: string, payload: string, now: number): Reply {
    if (this.guard && !settledPhases.has(this.guard.phase)) return refuse(75, "a run is open");
    if (this.#lease?.run !== run) return refuse(75, "it does not have the lease");
    const plan = new Map(
      payload.split("\n").flatMap((line): [string, string][] => {
        const [key = "", ...value] = line.split(" ");
        return key === "" ? [] : [[key, value.join(" ")]];
      }),
    );
    if (this.running !== plan.get("from") || this.boots !== plan.get("default")) {
      return refuse(76, `this host runs ${this.running}`);
    }
    const clocks = { until: now + 120, endsAt: Infinity };
    this.guard = { run, plan, phase: "armed", ...clocks, cause: "", because: "", word: "" };
    this.#lease = null;
    return done("");
  }

  #confirm(guard: Guard, word: string): Reply {
    if (guard.plan.get("goal") === "boot" && guard.phase === "armed") guard.phase = "confirmed";
    if (guard.phase === "confirmed" || guard.phase === "kept") return done("");
    if (guard.phase !== "waiting") return refuse(77, `too late: ${guard.because}`);
    if (word !== guard.word) return refuse(79, "that is not the word of this run");
    guard.phase = "confirmed";
    return done("");
  }

  #outcome(guard: Guard): Reply {
    if (!settledPhases.has(guard.phase)) return { code: 30, text: this.#told(), holdSeconds: 1 };
    const text = `settled yes\n${this.#told()}cause ${guard.cause}\nprofile system-${this.number}-link\n`;
    return { code: guard.phase === "kept" ? 0 : 77, text, holdSeconds: 0 };
  }

  #told(): string {
    const { guard } = this;
    return guard
      ? `phase ${guard.phase}\n${guard.because ? `because ${guard.because}\n` : ""}`
      : "";
  }

  #undo(cause: string, because: string): void {
    if (!this.guard) return;
    this.guard.phase = "undoing";
    this.guard.cause = cause;
    this.guard.because = because;
  }

  #look(now: number): string {
    const facts = {
      protocol: "1",
      hostname: this.#wish.host.settings.hostName,
      user: "root",
      uid: "0",
      machine: "Linux x86_64",
      "nix-version": "nix (Nix) 2.8.0",
      "nix-daemon": "/usr/bin/nix-daemon",
      boot: `boot-${this.#boot}`,
      running: this.running,
      booted: this.boots,
      link: `system-${this.number}-link`,
      profile: this.profile,
      default: this.boots,
      disk: "store 1000000000 1000000000 1000000 1000000",
      time: String(Math.round(now)),
      looked: "yes",
    };
    const { guard } = this;
    const open = guard && !settledPhases.has(guard.phase);
    const lines = Object.entries(facts).map(([name, value]) => `${name} ${value}\n`);
    return lines.join("") + (open ? `open ${guard.run}\nopen/phase ${guard.phase}\n` : "");
  }

  /** What somebody else makes of it: all three at once. */
  #become(system: string): void {
    this.#run(system);
    this.boots = system;
    this.profile = system;
    this.number += 1;
  }

  #run(system: string): void {
    if (this.running !== system) this.ran.push(system);
    this.running = system;
  }
}

function done(text: string): Reply {
  return { code: 0, text, holdSeconds: 0 };
}

function refuse(code: number, text: string): Reply {
  return { code, text, holdSeconds: 0 };
}
