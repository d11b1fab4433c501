import type { Happening } from "../event/event.ts";
import type { SeenHost } from "../fleet/seen.ts";
import { describedOrThrow } from "../fleet/selector.ts";
import { type Builder, builderOf, type BuildPlace } from "../inventory/build.ts";
import { closuresHere, type Comparison, diffHosts } from "../inventory/closures.ts";
import { copySize, copySystem } from "../inventory/copy.ts";
import { type Evaluator, evaluatorOf } from "../inventory/evaluate.ts";
import { storeName } from "../nix/store-name.ts";
import type { Errand } from "../run/errand.ts";
import type { Workshop } from "../run/prepare-host.ts";
import { placesFor } from "./build-places.ts";
import type { OpenFleet } from "./open-fleet.ts";

/** The real Nix for one run, and what must be put away after it. */
export interface RealWorkshop extends Workshop {
  /** The builder for derivations that are built here. */
  readonly here: Builder;
  /** Removes what the run rooted here. */
  readonly close: () => Promise<void>;
}

export interface WorkshopOptions {
  readonly cores: number;
  readonly checkSignatures: boolean;
  /** What a system changes on its host will be shown: it is found out while copies go on. */
  readonly compares: boolean;
  /** Some hosts have not said yet what they run. */
  readonly isLooking: () => boolean;
  /** What the hosts were last seen to be; builds on them need it. */
  readonly seen: (host: string) => SeenHost | null;
}

/** Nix as this call asked for it: evaluator, one builder a place, and the way of a closure to its host. */
export async function openWorkshop(
  { fleet, flags, snapshot }: OpenFleet,
  errand: Errand,
  options: WorkshopOptions,
): Promise<RealWorkshop> {
  const { world, run, emit, control } = errand;
  const signal = control.cancel;
  const warn = (message: string, host: string | null): void =>
    emit({ kind: "warning.given", host, message });
  let evaluator: Promise<Evaluator> | null = null;
  const evaluating = (): Promise<Evaluator> =>
    (evaluator ??= snapshot().then((tree) =>
      evaluatorOf(world, tree, {
        flags,
        cores: options.cores,
        folder: fleet.source.folder,
        tell: warn,
      }),
    ));

  const evaluations = new Set<Promise<string>>();
  /** No evaluation goes on, and what the last one gave has been handed on. */
  const evaluated = async (): Promise<void> => {
    await Promise.allSettled(evaluations);
    await world.sleep(0);
  };

  const builders = new Map<string, Builder>();
  const builderAt = (place: BuildPlace): Builder => {
    const name = place.kind === "here" ? "here" : `${place.host.name} ${place.keepThere}`;
    const known = builders.get(name);
    if (known) return known;
    const builder = builderOf(world, {
      run,
      flags,
      at: place,
      tell: (told) => tellBuild(told),
      more: evaluated,
    });
    builders.set(name, builder);
    return builder;
  };
  const waiting = new Map<Builder, Set<string>>();
  const tellBuild = (told: BuildTold): void => {
    if (told.kind === "build.progressed") {
      const { done, expected, unit } = told;
      for (const step of [...waiting.values()].flatMap((steps) => [...steps])) {
        emit({ kind: "step.progressed", step, done, expected, unit });
      }
    } else if (told.kind === "build.printed") printed(told.derivation, told.line);
    else emit(told);
  };

  /** `-L`: what builders say, under one of the hosts that wait for it. */
  function printed(derivation: string, line: string): void {
    const [step] = [...waiting.values()].flatMap((steps) => [...steps]);
    if (!flags.buildLogs || step === undefined) return;
    emit({ kind: "step.printed", step, line: `${storeName(derivation)}> ${line}` });
  }

  const placeOf = placesFor(fleet, world, options.seen);
  const built = new Map<string, string>();

  /** What will be asked about soon, so that one process of Nix answers for many hosts. */
  function soonAsked(): readonly string[] {
    return [...built].flatMap(([name, system]) => {
      const running = options.seen(name)?.running ?? null;
      if (running === system) return [];
      return options.compares && running !== null ? [system, running] : [system];
    });
  }

  const uncompared: Comparison[] = [];

  /** Begins what will be wanted; with all hosts seen, so that again one process answers for many. */
  function compareAhead(): void {
    if (!options.compares || options.isLooking()) return;
    // What fails here fails again where it is wanted, and is told there.
    const next = uncompared.splice(0);
    void closuresHere(world, soonAsked())
      .then(() => diffHosts(world, next))
      .then(undefined, () => undefined);
  }

  return {
    here: builderAt({ kind: "here" }),
    evaluate: async (host) => {
      describedOrThrow(fleet, host);
      const evaluation = evaluating().then((one) => one.evaluate(host, signal));
      evaluations.add(evaluation);
      return evaluation.finally(() => evaluations.delete(evaluation));
    },
    build: async (host, derivation, on) => {
      const builder = builderAt(await placeOf(host, on));
      const step = `${host.name}.build`;
      const steps = waiting.get(builder) ?? new Set();
      waiting.set(builder, steps.add(step));
      const system = await builder.build(derivation, signal).finally(() => steps.delete(step));
      built.set(host.name, system);
      return system;
    },
    missingOn: async (host, system) => {
      const seen = options.seen(host.name);
      if (!seen) return { paths: 0, bytes: 0 };
      const { running, generations } = seen;
      const isLikelyThere =
        running === system || generations.some((generation) => generation.system === system);
      return copySize(world, host, [system], { isLikelyThere, soon: soonAsked() });
    },
    copy: async (host, seen, system, substitutes) => {
      uncompared.push({ host, seen, to: system });
      compareAhead();
      await copySystem(world, host, seen, [system], {
        run,
        substitutes,
        checkSignatures: options.checkSignatures,
        signal,
        tell: (message) => warn(message, host.name),
        onProgress: (done, expected, unit) =>
          emit({ kind: "step.progressed", step: `${host.name}.copy`, done, expected, unit }),
      });
      compareAhead();
    },
    close: async () => {
      await Promise.all([...builders.values()].map((builder) => builder.close()));
    },
  };
}

type BuildTold =
  | Extract<Happening, { readonly kind: `build.${string}` | "warning.given" }>
  | { readonly kind: "build.printed"; readonly derivation: string; readonly line: string }
  | {
      readonly kind: "build.progressed";
      readonly done: number;
      readonly expected: number;
      readonly unit: "builds" | "bytes";
    };
