import { Problem } from "../lib/problem.ts";
import type { Command } from "../world/world.ts";

// What flurry says to Nix here, as words. They are the same for Nix 2.8 to 2.36. `nix-store` builds,
// not `nix build`: it takes derivations on all versions, and its exit code says more.

const minute = 60;
/** The log as JSON on stderr, plan and progress included. */
const asJson: readonly string[] = ["-v", "--log-format", "internal-json"];
/**
 * 1: anything, and 96 plus bits: 1 a timeout, 2 a hash mismatch, 4 a build failed, 8 not
 * deterministic. What went wrong stands in the log.
 */
const failures: readonly number[] = [1, ...Array.from({ length: 15 }, (_, bits) => 97 + bits)];

/** Where the system of a host is found: a flake, its flags, and the attribute's names. */
export interface AttributeReference {
  readonly reference: string;
  readonly attribute: readonly string[];
}

/** Which derivation an attribute is; one path on stdout. It is answered from Nix's evaluation cache where that can be. */
export function derivationOf(
  { reference, attribute }: AttributeReference,
  flags: readonly string[],
  timeoutSeconds: number,
): Command {
  const installable = `${reference}#${attributeText(attribute)}`;
  const keepLock = flags.includes("--no-write-lock-file") ? [] : ["--no-write-lock-file"];
  const argv = ["nix", "path-info", "--derivation", ...asJson, ...keepLock, ...flags, installable];
  return { argv, timeoutSeconds, accepts: failures };
}

/**
 * An attribute path as it stands behind `#`: each name in quotes, so that dots in it do not split it,
 * and percent signs for everything that a URL cannot hold.
 */
export function attributeText(names: readonly string[]): string {
  const broken = names.find((name) => name.includes('"'));
  if (broken !== undefined) {
    // Nix knows no way to write it.
    throw new Problem("host-described-badly", `the name ${broken} has a quotation mark in it`, {
      hint: "Rename it: Nix cannot be asked for such an attribute.",
    });
  }
  return names.map((name) => `"${encodeURIComponent(name)}"`).join(".");
}

/** What would be built and fetched for these derivations: a plan in the log. Nothing is done. */
export function planBuild(derivations: readonly string[], flags: readonly string[]): Command {
  const argv = ["nix-store", "--realise", "--dry-run", ...asJson, ...flags, ...derivations];
  return { argv, timeoutSeconds: 10 * minute, accepts: failures };
}

/** Where the roots of a build are put. */
export interface RootLink {
  readonly link: string;
}

/**
 * Builds derivations, all that can be. If all could be, their outputs are rooted by links: see
 * `linkOf`. If one failed, nothing is rooted, and the store must be asked what became of the others.
 */
export function realise(
  derivations: readonly string[],
  root: RootLink | null,
  flags: readonly string[],
): Command {
  const words = ["nix-store", "--realise", "-k", ...asJson, ...flags, ...derivations];
  const argv = root ? [...words, "--add-root", root.link, "--indirect"] : words;
  // Nix has limits of its own for builds (`timeout`, `max-silent-time`), which people set.
  return { argv, timeoutSeconds: 7 * 24 * 60 * minute, accepts: failures };
}

/** The link that `realise` makes for the output `out` of its nth derivation, counted from 1. */
export function linkOf({ link }: RootLink, nth: number): string {
  return nth === 1 ? link : `${link}-${nth}`;
}

/** Roots paths that are in the store already; the links are as of `realise`. */
export function rootPaths(paths: readonly string[], { link }: RootLink): Command {
  const argv = ["nix-store", "--realise", ...paths, "--add-root", link, "--indirect"];
  return { argv, timeoutSeconds: 5 * minute };
}

/** The output paths of derivations, one a line, whether they are there or not. */
export function outputsOf(derivations: readonly string[]): Command {
  const argv = ["nix-store", "--query", "--outputs", ...derivations];
  return { argv, timeoutSeconds: 5 * minute };
}

/** Everything that a derivation needs to be built, one a line, itself included. */
export function requisitesOf(derivation: string): Command {
  const argv = ["nix-store", "--query", "--requisites", derivation];
  return { argv, timeoutSeconds: 5 * minute };
}

/** Which of these paths the store does not have, one a line. */
export function invalidPaths(paths: readonly string[]): Command {
  return {
    argv: ["nix-store", "--check-validity", "--print-invalid", ...paths],
    timeoutSeconds: 5 * minute,
  };
}

/** All paths that these need, with sizes and references: `parsePathInfo`. Fails if one is not in the store. */
export function pathInfo(paths: readonly string[]): Command {
  return {
    argv: ["nix", "path-info", "--recursive", "--json", ...paths],
    timeoutSeconds: 10 * minute,
    accepts: failures,
  };
}

/** Where a copy goes, and how. */
export interface CopyTarget {
  /** What ssh calls the host. */
  readonly alias: string;
  /** What is started on the host, in words; null: what its PATH gives. */
  readonly remoteProgram: readonly string[] | null;
  /** The host fetches what it can from its own caches. */
  readonly substitutes: boolean;
  readonly checkSignatures: boolean;
}

/** Copies paths and all they need to a host. */
export function copyTo(
  paths: readonly string[],
  target: CopyTarget,
  flags: readonly string[],
): Command {
  const argv = [
    "nix",
    "copy",
    ...asJson,
    ...substitution(target),
    ...(target.checkSignatures ? [] : ["--no-check-sigs"]),
    ...flags,
    "--to",
    storeOf(target),
    ...paths,
  ];
  return { argv, timeoutSeconds: 24 * 60 * minute, accepts: failures };
}

/**
 * Nix 2.8 asks a daemon to fetch by the setting for remote builders, whatever the flag says, so both
 * are said.
 */
function substitution({ substitutes }: CopyTarget): readonly string[] {
  return substitutes
    ? ["--substitute-on-destination", "--builders-use-substitutes"]
    : ["--no-builders-use-substitutes"];
}

/** Copies derivations, and all they need, to a host that builds them. */
export function copyDerivations(derivations: readonly string[], target: CopyTarget): Command {
  const argv = ["nix", "copy", ...asJson, "--derivation", "--to", storeOf(target), ...derivations];
  return { argv, timeoutSeconds: 60 * minute, accepts: failures };
}

/** Copies paths and all they need from a host to here. */
export function copyFrom(paths: readonly string[], target: CopyTarget): Command {
  const checks = target.checkSignatures ? [] : ["--no-check-sigs"];
  const argv = ["nix", "copy", ...asJson, ...checks, "--from", storeOf(target), ...paths];
  return { argv, timeoutSeconds: 24 * 60 * minute, accepts: failures };
}

/** The same question to a host's store in place of our own. Roots can only be set in our own. */
export function atStore(command: Command, target: CopyTarget): Command {
  const [program = "", ...words] = command.argv;
  return { ...command, argv: [program, "--store", storeOf(target), ...words] };
}

/** Writes paths as one stream, for `nix-store --import`. They must be closed: all they need is among them. */
export function exportPaths(paths: readonly string[]): Command {
  return { argv: ["nix-store", "--export", ...paths], timeoutSeconds: 24 * 60 * minute };
}

/** Nix splits the remote program at blanks; none of our words has any. */
function storeOf({ alias, remoteProgram }: CopyTarget): string {
  const program = remoteProgram && encodeURIComponent(remoteProgram.join(" "));
  return `ssh-ng://${alias}${program === null ? "" : `?remote-program=${program}`}`;
}
