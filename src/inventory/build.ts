import type { Happening } from "../event/event.ts";
import { Problem } from "../lib/problem.ts";
import { buildProblem } from "../nix/build-error.ts";
import { planBuild } from "../nix/commands.ts";
import type { NixFlags } from "../nix/nix-flags.ts";
import { type Build, NixLog } from "../nix/parse-log.ts";
import type { World } from "../world/world.ts";
import { askNix } from "./ask-nix.ts";
import { buildBatch, type BuildEnd, failedAll } from "./build-batch.ts";
import type { BuildPlace } from "./build-place.ts";
import { rootsOf } from "./roots.ts";

export type { BuildPlace } from "./build-place.ts";

/** Builds derivations at one place, one process at a time, shared by all lanes. */
export interface Builder {
  /**
   * The store path of the derivation's output, which is there and rooted until `close`. What arrives
   * while a build goes on is built together by the next process. Throws `build-failed`,
   * `build-users-missing`, `copy-failed`, `interrupted`.
   */
  readonly build: (derivation: string, signal?: AbortSignal) => Promise<string>;
  /** What building these would take. Nothing is built or fetched. */
  readonly count: (derivations: readonly string[]) => Promise<BuildCount>;
  /** Of the builds that go on now. */
  readonly progress: () => { readonly done: number; readonly expected: number };
  /** Removes the roots. Call it at the end of the run, whatever came of it. */
  readonly close: () => Promise<void>;
}

/** What `count` says. */
export interface BuildCount {
  /** Derivations to be built, and store paths to be fetched from caches. */
  readonly build: readonly string[];
  readonly fetch: readonly string[];
  readonly downloadBytes: number;
  readonly unpackBytes: number;
}

export interface BuilderOptions {
  /** The run's id, for the names of roots. */
  readonly run: string;
  readonly flags: NixFlags;
  readonly at: BuildPlace;
  readonly tell: (happening: BuildHappening) => void;
  /** Resolves when nothing more is on its way. What has come waits for it, though not long. */
  readonly more?: () => Promise<void>;
}

/** What a builder tells while it works. Progress comes at most ten times a second. */
export type BuildHappening =
  | Extract<Happening, { readonly kind: `build.${string}` | "warning.given" }>
  | { readonly kind: "build.printed"; readonly derivation: string; readonly line: string }
  | {
      readonly kind: "build.progressed";
      readonly done: number;
      readonly expected: number;
      readonly unit: "builds" | "bytes";
    };

interface Order {
  readonly derivation: string;
  readonly signal: AbortSignal | undefined;
  /** Another one of its batch kept it from being tried: now it goes by itself. */
  readonly alone: boolean;
  readonly settle: (end: BuildEnd) => void;
}

const progressEveryMs = 100;
/** A process of Nix and some small evaluations take this long; a large build starts this much later. */
const gatherSeconds = 0.25;

/** Makes the builder for one place; nothing is started before the first derivation comes. */
export function builderOf(world: World, options: BuilderOptions): Builder {
  const { flags, at: place } = options;
  const roots = rootsOf(world, options.run);
  const site = { world, flags, place, roots };
  const waiting: Order[] = [];
  let going: NixLog | null = null;
  let busy = false;

  async function work(): Promise<void> {
    if (busy) return;
    busy = true;
    // A moment, so that what is asked for in the same breath is built by the same process.
    await Promise.resolve();
    while (waiting.length > 0) {
      await gather();
      await buildNext(takeBatch(waiting));
    }
    busy = false;
  }

  async function gather(): Promise<void> {
    if (!options.more) return;
    const over = new AbortController();
    await Promise.race([options.more(), world.sleep(gatherSeconds, over.signal)]);
    over.abort();
  }

  async function buildNext(orders: readonly Order[]): Promise<void> {
    const live = orders.filter((order) => !order.signal?.aborted);
    for (const order of orders) if (order.signal?.aborted) order.settle(calledOff());
    if (live.length === 0) return;
    const derivations = [...new Set(live.map(({ derivation }) => derivation))];
    const watched = watchSignals(live);
    const log = new NixLog(listenerOf(options, world, () => log));
    going = log;
    const ends = await buildBatch(derivations, site, log, watched.signal).then(
      (settled) => settled,
      (thrown: unknown) => failedAll(derivations, thrown),
    );
    going = null;
    watched.unwatch();
    for (const order of live) {
      const end = ends.get(order.derivation) ?? calledOff();
      if (end.kind === "untried") waiting.push({ ...order, alone: true });
      else order.settle(end);
    }
  }

  return {
    build: async (derivation, signal) => {
      const end = await new Promise<BuildEnd>((settle) => {
        waiting.push({ derivation, signal, alone: false, settle });
        void work();
      });
      if (end.kind === "built") return end.path;
      throw end.kind === "failed" ? end.problem : new Problem("build-failed", "it was not tried");
    },
    count: async (derivations) => {
      const log = new NixLog();
      if (derivations.length > 0) {
        const command = planBuild([...new Set(derivations)], flags.build);
        const { code } = await askNix(world, command, { print: (line) => log.line(line) });
        if (code !== 0) throw buildProblem(log, []);
      }
      const { download, unpack } = log.planned;
      return {
        build: [...log.builds.keys()],
        fetch: log.fetches,
        downloadBytes: download,
        unpackBytes: unpack,
      };
    },
    progress: () => countBuilds(going),
    close: () => roots.close(),
  };
}

/** All that wait, or the first by itself where it must be alone. */
function takeBatch(waiting: Order[]): readonly Order[] {
  const [first] = waiting;
  const count = first?.alone ? 1 : waiting.findIndex(({ alone }) => alone);
  return waiting.splice(0, count < 0 ? waiting.length : count);
}

function calledOff(): BuildEnd {
  return { kind: "failed", problem: new Problem("interrupted", "nothing more is built") };
}

/** The process ends early only when nobody waits for it any more. */
function watchSignals(orders: readonly Order[]): {
  readonly signal: AbortSignal;
  readonly unwatch: () => void;
} {
  const control = new AbortController();
  const check = (): void => {
    if (orders.every(({ signal }) => signal?.aborted)) control.abort();
  };
  for (const { signal } of orders) signal?.addEventListener("abort", check);
  const unwatch = (): void => {
    for (const { signal } of orders) signal?.removeEventListener("abort", check);
  };
  return { signal: control.signal, unwatch };
}

/** Makes what the log tells into happenings. */
function listenerOf(
  { at: place, tell }: BuilderOptions,
  world: World,
  log: () => NixLog,
): ConstructorParameters<typeof NixLog>[0] {
  const here = place.kind === "here" ? "here" : place.host.name;
  let told = 0;
  const progress = (): void => {
    const now = world.now();
    if (now - told < progressEveryMs) return;
    told = now;
    tell({ kind: "build.progressed", ...countBuilds(log()), unit: "builds" });
    const { done, expected } = log().downloaded;
    if (expected > 0) tell({ kind: "build.progressed", done, expected, unit: "bytes" });
  };
  return {
    heard: progress,
    started: ({ derivation, name, host }) =>
      tell({ kind: "build.started", derivation, name, on: hostOf(host) ?? here }),
    reached: ({ derivation, phase }) =>
      tell({ kind: "build.reached", derivation, phase: phase ?? "" }),
    settled: (build) => {
      tell({ kind: "build.finished", derivation: build.derivation, outcome: outcomeOf(build) });
      told = 0;
      progress();
    },
    printed: (line, build) => {
      if (build) tell({ kind: "build.printed", derivation: build.derivation, line });
    },
    warned: (message) => {
      // Tried again by Nix itself; if it comes to nothing, that is told too.
      if (!/retrying in/.test(message)) tell({ kind: "warning.given", host: null, message });
    },
  };
}

function countBuilds(log: NixLog | null): { readonly done: number; readonly expected: number } {
  const builds = [...(log?.builds.values() ?? [])];
  const open = builds.filter(({ status }) => status === "planned" || status === "running");
  return { done: builds.length - open.length, expected: builds.length };
}

/** The builder's name in the address that Nix calls it by. */
function hostOf(store: string | null): string | null {
  return store && store.replace(/^ssh(?:-ng)?:\/\//, "").replace(/\?.*$/, "");
}

function outcomeOf({ status, reason }: Build): string {
  return status === "stopped" || status === "built" ? "built" : (reason ?? status);
}
