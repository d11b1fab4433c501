import { parseJson } from "../lib/json.ts";
import type { Command } from "../world/world.ts";

// What flurry asks about a flake as a whole. None of these evaluates a host.

/** Which tree a reference means now, and what it would be locked to: `parseMetadata`. */
export function flakeMetadata(reference: string, flags: readonly string[]): Command {
  return {
    // `metadata` locks the inputs, and would write what it found.
    argv: ["nix", "flake", "metadata", "--json", "--no-write-lock-file", ...flags, reference],
    timeoutSeconds: 600,
    accepts: [1],
  };
}

/** The names in `nixosConfigurations`, as JSON. Fails with `does not provide attribute` without any. */
export function hostNames(reference: string, flags: readonly string[]): Command {
  const attribute = `${reference}#nixosConfigurations`;
  const words = ["--json", "--no-write-lock-file", ...flags, attribute];
  return {
    argv: ["nix", "eval", ...words, "--apply", "builtins.attrNames"],
    timeoutSeconds: 600,
    accepts: [1],
  };
}

/** The schema of `lib.fleet`, which only our library makes. Fails where there is none. */
export function librarySchema(reference: string, flags: readonly string[]): Command {
  const words = ["--json", "--no-write-lock-file", ...flags, `${reference}#lib.fleet.schema`];
  return { argv: ["nix", "eval", ...words], timeoutSeconds: 600, accepts: [1] };
}

/**
 * Both of them with one process, and Nix's version: `{ hosts, schema, nix }`; no schema is null. Only for a reference that
 * is fixed (`rev=`, `narHash=`) and needs no flags: `getFlake` takes no others.
 */
export function hostsAndSchema(reference: string): Command {
  const text = JSON.stringify(reference).replaceAll("${", "\\${");
  const hosts = "builtins.attrNames (flake.nixosConfigurations or { })";
  const schema = "flake.lib.fleet.schema or null";
  const all = `{ hosts = ${hosts}; schema = ${schema}; nix = builtins.nixVersion; }`;
  return {
    argv: ["nix", "eval", "--json", "--expr", `let flake = builtins.getFlake ${text}; in ${all}`],
    timeoutSeconds: 600,
    accepts: [1],
  };
}

/** What `nix flake metadata --json` says, as far as we need it. */
export interface FlakeMetadata {
  /** The tree in the store. */
  readonly path: string;
  readonly narHash: string;
  /** Seconds since 1970. */
  readonly lastModified: number | null;
  /** The locked reference, such as `github:o/r/REVISION`. */
  readonly url: string;
  readonly revision: string | null;
  /** Below the tree, where the flake lies in a folder. */
  readonly dir: string;
  /** The inputs of the flake itself, with what each would be locked to; those that can be said. */
  readonly inputs: ReadonlyMap<string, string>;
}

/** Reads the answer; undefined for what is none. */
export function parseMetadata(text: string): FlakeMetadata | undefined {
  const whole = recordOf(parseJson(text));
  const locked = recordOf(whole["locked"]);
  const { path, url } = whole;
  const { narHash, lastModified, rev, dir } = locked;
  if (typeof path !== "string" || typeof url !== "string" || typeof narHash !== "string") {
    return undefined;
  }
  return {
    path,
    url,
    narHash,
    lastModified: typeof lastModified === "number" ? lastModified : null,
    revision: typeof rev === "string" ? rev : null,
    dir: typeof dir === "string" ? dir : "",
    inputs: inputsOf(recordOf(whole["locks"])),
  };
}

/** A tree in the store as a reference that nobody can change any more. */
export function lockedPath({ path, narHash, lastModified, dir }: FlakeMetadata): string {
  const words = [
    ...(dir === "" ? [] : [`dir=${encodeURIComponent(dir)}`]),
    ...(lastModified === null ? [] : [`lastModified=${lastModified}`]),
    `narHash=${encodeURIComponent(narHash)}`,
  ];
  return `path:${path}?${words.join("&")}`;
}

function inputsOf(locks: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const nodes = recordOf(locks["nodes"]);
  const root = recordOf(nodes[String(locks["root"])]);
  const inputs = Object.entries(recordOf(root["inputs"])).flatMap(([name, node]) => {
    const url = typeof node === "string" ? urlOf(recordOf(recordOf(nodes[node])["locked"])) : null;
    return url === null ? [] : [[name, url] as const];
  });
  return new Map(inputs);
}

/** A locked input in the form of a reference; null for kinds that have none we know. */
function urlOf(locked: Readonly<Record<string, unknown>>): string | null {
  const word = (key: string): string => {
    const value = locked[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const query = (...keys: readonly string[]): string => {
    const words = keys.filter((key) => word(key) !== "");
    if (words.length === 0) return "";
    return `?${words.map((key) => `${key}=${encodeURIComponent(word(key))}`).join("&")}`;
  };
  switch (word("type")) {
    case "github":
    case "gitlab":
    case "sourcehut": {
      const place = `${word("type")}:${word("owner")}/${word("repo")}/${word("rev")}`;
      return `${place}${query("dir", "host", "narHash")}`;
    }
    case "git":
      return `git+${word("url")}${query("dir", "ref", "rev", "submodules", "shallow")}`;
    case "path":
      if (!word("path").startsWith("/")) return null;
      return `path:${word("path")}${query("dir", "lastModified", "narHash")}`;
    case "tarball":
      return `${word("url")}${query("narHash")}`;
    default:
      return null;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
