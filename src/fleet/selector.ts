import { nearest } from "../lib/nearest.ts";
import { Problem, problemFrom } from "../lib/problem.ts";
import type { Fleet } from "./fleet.ts";
import { flawOf } from "./flaw.ts";
import type { Host } from "./host.ts";
import { isSelector } from "./names.ts";

/** Where the repository is, taken out of the words that name hosts. */
export interface SplitTerms {
  /** As typed, without `#`; undefined where no word holds a reference. */
  readonly flake: string | undefined;
  readonly terms: readonly string[];
}

/**
 * Takes flake references out of the words for hosts: `.#nas` is the host `nas` of `.`, `.` alone is
 * all of it. Throws a usage Problem for two different references, since one run has one source.
 */
export function splitReference(words: readonly string[]): SplitTerms {
  const references = new Set<string>();
  const terms = words.flatMap((word) => {
    const isFolder = /^(?:\.{1,2}$|\.{0,2}\/|~\/)/.test(word);
    if (!word.includes("#") && !isFolder && !scheme.test(word)) return [word];
    const { flake = "", terms: hosts } = readReference(word);
    references.add(flake);
    return hosts;
  });
  if (references.size > 1) {
    const both = [...references].join(" and ");
    throw new Problem("usage", `${both}: one run reads one repository`);
  }
  return { flake: [...references][0], terms };
}

/** The schemes of Nix: a word that begins with one is a repository, and no host. */
const scheme =
  /^(?:path|flake|github|gitlab|sourcehut|https?|(?:git|hg|tarball|file)(?:\+[a-z]+)?):/;

/** One reference, whatever it looks like: `fleet`, `path:/fleet`, `github:me/lab/v3#nas`, `#nas`. */
export function readReference(text: string): SplitTerms {
  const [place = "", ...fragment] = text.split("#");
  const host = hostOfFragment(fragment.join("#"));
  return { flake: place || ".", terms: host === "" ? [] : [host] };
}

/** `nas` of `nas`, `"nas"`, `nixosConfigurations.nas` and `nixosConfigurations.nas.config.system…`. */
export function hostOfFragment(fragment: string): string {
  const inner = fragment
    .replace(/^nixosConfigurations\./, "")
    .replace(/\.config\.system\.build\.toplevel$/, "");
  return /^"(.*)"$/.exec(inner)?.[1] ?? inner;
}

/**
 * The hosts that `terms` select, in the fleet's order; without terms, what `otherwise` says.
 * Throws `unknown-host` where a term matches nothing, and a usage Problem for `none` without terms.
 */
export function selectHosts(
  fleet: Fleet,
  terms: readonly string[],
  otherwise: "all" | "none" | readonly Host[],
): readonly Host[] {
  const parts = terms.flatMap((term) => partsOf(fleet, term));
  const wanted = parts.filter((part) => !part.startsWith("!"));
  const unwanted = parts.filter((part) => part.startsWith("!")).map((part) => part.slice(1));
  const chosen =
    wanted.length > 0
      ? new Set(wanted.flatMap((term) => matching(fleet, term)))
      : new Set(withoutTerms(fleet, otherwise, unwanted.length > 0));
  for (const term of unwanted) for (const host of matching(fleet, term)) chosen.delete(host);
  return fleet.hosts.filter((host) => chosen.has(host));
}

/** Commas and blanks separate: no name has any, except one that is told as reserved. */
function partsOf(fleet: Fleet, term: string): readonly string[] {
  const bare = term.startsWith("!") ? term.slice(1) : term;
  if (!isSelector(bare) && fleet.hosts.some(({ name }) => name === bare)) return [term];
  return term.split(/[\s,]+/).filter((part) => part !== "");
}

function withoutTerms(
  fleet: Fleet,
  otherwise: "all" | "none" | readonly Host[],
  hasExceptions: boolean,
): readonly Host[] {
  // `!nas` alone is "all but nas": someone who excepts has named what is meant.
  if (otherwise === "all" || hasExceptions) return fleet.hosts.filter(isInAll);
  if (otherwise !== "none") return otherwise;
  throw new Problem("usage", "no host is named", { hint: "Name hosts, or say: all" });
}

function matching(fleet: Fleet, term: string): readonly Host[] {
  const named = isSelector(term) ? [] : fleet.hosts.filter(({ name }) => name === term);
  if (named.length > 0) return named;
  const test = testOf(term);
  if (test === undefined) throw unknown(fleet, term);
  const found = fleet.hosts.filter(test);
  const deployable = found.filter(isInAll);
  if (deployable.length > 0 || (term === "all" && fleet.hosts.length === 0)) return deployable;
  if (found.length === 0) throw unknown(fleet, term);
  const names = found.map(({ name }) => name).join(", ");
  throw new Problem("unknown-host", `${term} matches only hosts that are not deployed: ${names}`, {
    hint: "Name them one by one.",
  });
}

function testOf(term: string): ((host: Host) => boolean) | undefined {
  if (term === "all") return () => true;
  if (term.startsWith("@")) return ({ settings }) => settings.tags.includes(term.slice(1));
  if (term.startsWith("%")) return ({ settings }) => settings.system === term.slice(1);
  if (!/[*?]/.test(term)) return undefined;
  const pattern = globOf(term);
  return ({ name }) => pattern.test(name);
}

/** `*` is any letters, `?` one; all others stand for themselves. */
function globOf(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll(/\*+/g, ".*").replaceAll("?", ".")}$`, "su");
}

function unknown(fleet: Fleet, term: string): Problem {
  const reason = fleet.problems.find(({ host }) => host === term);
  if (reason !== undefined) {
    // The reason ends in what to do about it, where there is something.
    const [, message = reason.message, hint] =
      /^(.*?)(?:\. Run: (.*))?$/s.exec(reason.message) ?? [];
    return new Problem("host-described-badly", message, hint === undefined ? {} : { hint });
  }
  const sort = term.startsWith("@") ? "@" : term.startsWith("%") ? "%" : "";
  const candidates = {
    "@": fleet.hosts.flatMap(({ settings }) => settings.tags.map((tag) => `@${tag}`)),
    "%": fleet.hosts.flatMap(({ settings }) =>
      settings.system === null ? [] : `%${settings.system}`,
    ),
    "": fleet.hosts.map(({ name }) => name),
  }[sort];
  const what = {
    "@": "no host has the tag",
    "%": "no host is of the system",
    "": "there is no host",
  }[sort];
  const near = nearest(term, new Set(candidates));
  const hint = near.length > 0 ? `Nearest: ${near.join(", ")}` : "flurry host list";
  return new Problem("unknown-host", `${what} ${sort === "" ? term : term.slice(1)}`, { hint });
}

/** Is it part of `all`, of tags and of globs? */
function isInAll({ deployable }: Host): boolean {
  return deployable;
}

/**
 * Throws where a host, though selected, must not be changed: `host-described-badly` with all
 * complaints where its description has errors, a usage Problem for images and hosts not enabled.
 */
export function deployableOrThrow(fleet: Fleet, host: Host): void {
  describedOrThrow(fleet, host);
  const { class: kind, enabled } = host.settings;
  if (!enabled) {
    throw new Problem("usage", `${host.name} is not enabled`, {
      hint: `Set "enabled": true in ${host.origins["enabled"] ?? "its description"}.`,
    });
  }
  if (kind !== "nixos") {
    throw new Problem("usage", `${host.name} is of class ${kind}, and is only built`, {
      hint: `flurry build ${host.name}`,
    });
  }
}

/** Throws `host-described-badly`, with all complaints, where a host's description has errors. */
export function describedOrThrow({ problems }: Pick<Fleet, "problems">, { name }: Host): void {
  const flaw = flawOf(problems, name);
  if (flaw) throw problemFrom(flaw);
}
