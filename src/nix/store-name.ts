/** What the name of a store path tells. Parts that are not there are empty. */
export interface StoreName {
  readonly name: string;
  readonly version: string;
  /** `bin`, `dev`, …; only where the name says so beyond doubt. */
  readonly output: string;
}

/** A name's last word is an output only if it is one of these. Other words belong to the version. */
const outputs: ReadonlySet<string> = new Set(
  [
    "bin dev out lib man doc info devdoc debug static dist lib32 lib64 libgcc terminfo modules",
    "headers data getent locale tex texdoc py env p11kit sendmail pam server client daemon host",
    "dnsutils tools examples scripts xml gui firmware plugins",
  ].flatMap((line) => line.split(" ")),
);

/** `/nix/store/HASH-glibc-2.40-66-bin` → `glibc`, `2.40-66`, `bin`. */
export function parseName(path: string): StoreName {
  const { rest, output } = splitOutput(storeName(path).replace(/\.drv$/, ""));
  const { name, version } = splitVersion(rest);
  return { name, version, output };
}

/** What people call a store path: folder and hash are left out. */
export function storeName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/^[0-9a-z]{32}-/, "");
}

/** An output is the last word behind a version: `foo-bin` without one may be a package of that name. */
function splitOutput(name: string): { rest: string; output: string } {
  const completions = /\d.*[-_](fish-completions)$/.exec(name)?.[1];
  const word = /-\d.*-([A-Za-z0-9]+)$/.exec(name)?.[1];
  const output = completions ?? (word !== undefined && outputs.has(word) ? word : "");
  return { rest: output === "" ? name : name.slice(0, -output.length - 1), output };
}

function splitVersion(text: string): { name: string; version: string } {
  const unstable = /^(.*?)-(unstable-\d{4}-\d{2}-\d{2}.*)$/.exec(text);
  const before = unstable?.[1] ?? "";
  if (unstable && !/-\d/.test(before)) return { name: before, version: unstable[2] ?? "" };
  const split = /^(.+?)-(\d.*)$/.exec(text);
  return { name: split?.[1] ?? text, version: split?.[2] ?? "" };
}

/**
 * Orders versions as `builtins.compareVersions` does: -1, 0 or 1. Only numbers above 2³¹ differ, on
 * purpose: Nix compares them as text.
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 {
  const left = componentsOf(a);
  const right = componentsOf(b);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const one = left[index] ?? "";
    const other = right[index] ?? "";
    if (isLess(one, other)) return -1;
    if (isLess(other, one)) return 1;
  }
  return 0;
}

function componentsOf(version: string): readonly string[] {
  return version.match(/\d+|[^\d.-]+/g) ?? [];
}

/** `pre`, then nothing, then words by letters, then numbers: `2.3pre1` < `2.3` < `2.3a` < `2.3.1`. */
function isLess(one: string, other: string): boolean {
  const isNumber = /^\d/.test(one);
  const otherIsNumber = /^\d/.test(other);
  if (isNumber && otherIsNumber) return BigInt(one) < BigInt(other);
  if (one === "" && otherIsNumber) return true;
  if (one === "pre" && other !== "pre") return true;
  if (other === "pre" || isNumber) return false;
  return otherIsNumber || one < other;
}
