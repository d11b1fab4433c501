import { type Layer, layerOf, layerOfAssignment } from "../fleet/layers.ts";
import { readReference, splitReference } from "../fleet/selector.ts";
import { Problem } from "../lib/problem.ts";
import type { Call, Flag } from "./command.ts";
import {
  activationLimitSecondsFlag,
  activationSecondsFlag,
  buildHostFlag,
  buildOnTargetFlag,
  confirmFlag,
  confirmSecondsFlag,
  elevateFlag,
  evaluateSecondsFlag,
  fallbackFlag,
  flakeFlag,
  onFlag,
  setFlag,
  sshUserFlag,
  targetHostFlag,
  useSubstitutesFlag,
} from "./flags.ts";

/** Which repository, and which hosts of it. */
export interface Selection {
  /** Undefined: the repository of this folder. */
  readonly flake: string | undefined;
  readonly terms: readonly string[];
}

/**
 * What was named behind the command and with `--on`, and in which repository. `REF#host` is
 * understood there and in `--flake`. Throws a usage Problem for two repositories at once.
 */
export function flakeAndTerms(call: Call): Selection {
  // Commands that take a run or one host have no --on.
  const on = call.spec.flags.includes(onFlag) ? call.flag(onFlag) : [];
  const named = splitReference([...call.words, ...on]);
  const flag = call.flag(flakeFlag);
  if (flag === "") {
    throw new Problem("usage", `--${flakeFlag.name} is empty; it names a repository`, {
      hint: `--${flakeFlag.name} . is that of this folder`,
    });
  }
  const flagged = flag === undefined ? { flake: undefined, terms: [] } : readReference(flag);
  // What is typed wins over FLURRY_FLAKE; typed twice, it must be the same.
  const typed = call.origin(flakeFlag) === flakeFlag.env ? undefined : flagged.flake;
  if (named.flake !== undefined && typed !== undefined && named.flake !== typed) {
    const message = `${named.flake} and ${typed} are two repositories; a run has one`;
    throw new Problem("usage", message, { hint: "leave one of them out" });
  }
  // `--flake .#nas` names the host, unless others are named as well.
  const terms = named.terms.length > 0 ? named.terms : flagged.terms;
  const { env } = call.context;
  const habitual = flagged.flake ?? env["NH_OS_FLAKE"] ?? env["NH_FLAKE"];
  return { flake: typed ?? named.flake ?? habitual, terms };
}

/**
 * As `flakeAndTerms`, with the names that come by stdin where `-` stands. Throws a usage Problem
 * where none come: that would mean all hosts.
 */
export async function selectionOf(call: Call): Promise<Selection> {
  const { flake, terms } = flakeAndTerms(call);
  if (!terms.includes("-")) return { flake, terms };
  const piped = (await call.context.readInput()).split(/\s+/).filter((name) => name !== "");
  if (piped.length === 0) {
    throw new Problem("usage", "no hosts came by stdin, and - stands for those", {
      hint: `echo nas | flurry ${call.spec.path.join(" ")} -`,
    });
  }
  return { flake, terms: [...terms.filter((term) => term !== "-"), ...piped] };
}

/** Flags that are settings, by the setting's key, and what their value is written as there. */
const settings: readonly {
  readonly flag: Flag<unknown>;
  readonly key: string;
  readonly written?: Readonly<Record<string, string>>;
}[] = [
  { flag: confirmFlag, key: "policy.confirm" },
  { flag: fallbackFlag, key: "policy.fallback" },
  { flag: confirmSecondsFlag, key: "policy.confirmSeconds" },
  { flag: activationSecondsFlag, key: "policy.activationSeconds" },
  { flag: activationLimitSecondsFlag, key: "policy.activationLimitSeconds" },
  { flag: evaluateSecondsFlag, key: "policy.evaluateSeconds" },
  { flag: buildHostFlag, key: "build.on" },
  { flag: buildOnTargetFlag, key: "build.on", written: { true: "target", false: "here" } },
  { flag: useSubstitutesFlag, key: "build.substitutes" },
  { flag: sshUserFlag, key: "user" },
  { flag: elevateFlag, key: "elevate" },
  { flag: targetHostFlag, key: "address" },
];

/**
 * The settings among the flags that were typed, for `readFleet`; those of the environment are a
 * layer of their own there. `--target-host` speaks of all hosts: ask whether only one is meant.
 */
export function settingLayers(call: Call): readonly Layer[] {
  const named = settings.flatMap(({ flag, key, written }) => {
    const origin = call.spec.flags.includes(flag) ? call.origin(flag) : null;
    if (origin === null || origin === flag.env) return [];
    const value = String(call.flag(flag));
    return [layerOf(origin, null, key, written?.[value] ?? value)];
  });
  const set = call.spec.flags.includes(setFlag) ? call.flag(setFlag) : [];
  return [...named, ...set.map(layerOfAssignment)];
}
