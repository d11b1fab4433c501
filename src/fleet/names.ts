const label = "[a-zA-Z0-9](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?";
const hostName = new RegExp(`^${label}(?:\\.${label})*$`);

/** A name that a machine can have: labels of letters, digits, `-` and `_`, at most 63 each. */
export function isHostName(text: string): boolean {
  return hostName.test(text);
}

/**
 * What the selector reads as something else than a name: `all`, `-`, `@tag`, `%system`, `!name`, a
 * glob, or several at once. No host can be called so.
 */
export function isSelector(text: string): boolean {
  return /^(?:all|-|[@%!].*)$|[*?,\s]/s.test(text);
}

/** A label by which hosts are selected: `@web`. */
export function isTag(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]*$/.test(text);
}

/** A login name that can stand in an argument list and in ssh's configuration. */
export function isUserName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@\\+-]{0,255}$/.test(text);
}

/** `alice@nas`, `nas`, `global` and their kin: reserved as users and as hosts. */
export const reservedNames: ReadonlySet<string> = new Set(["global", "droid"]);

/** The systems of nixpkgs (`lib.systems.flakeExposed`) and the older ones that people still have. */
export const knownSystems: ReadonlySet<string> = new Set([
  "x86_64-linux",
  "aarch64-linux",
  "x86_64-darwin",
  "aarch64-darwin",
  "i686-linux",
  "armv5tel-linux",
  "armv6l-linux",
  "armv7l-linux",
  "loongarch64-linux",
  "mips64el-linux",
  "mipsel-linux",
  "powerpc64-linux",
  "powerpc64le-linux",
  "riscv32-linux",
  "riscv64-linux",
  "s390x-linux",
  "x86_64-freebsd",
]);
