import { join } from "node:path";
import { nixpkgsFolder } from "./place.ts";
import { run } from "./program.ts";

/** A system for a test host; the arguments of nixpkgs/system.nix, which says what each means. */
export interface SystemWish {
  readonly name?: string;
  readonly version?: string;
  readonly revision?: string;
  /** Name → version. */
  readonly packages?: Readonly<Record<string, string>>;
  readonly packageKiB?: number;
  /** File name → text of a systemd unit. */
  readonly units?: Readonly<Record<string, string>>;
  /** Units that exist and are not started by themselves. */
  readonly unwanted?: readonly string[];
  /** Path below /etc → text. */
  readonly etc?: Readonly<Record<string, string>>;
  /** Shell lines run in the middle of an activation. */
  readonly activation?: string;
  /** Name → shell lines; where they fail, the switch is refused before anything happened. */
  readonly preSwitchChecks?: Readonly<Record<string, string>>;
  /** Shell lines run when all else of a switch is done; where they fail, it ends with 4. */
  readonly afterSwitch?: string;
  /** Null: the system has none, so nobody reaches it. */
  readonly address?: string | null;
  readonly sshdConfig?: string;
  readonly loader?: "systemd-boot" | "grub";
  /** The text of a script in place of that loader's own. */
  readonly loaderScript?: string;
  readonly loaderFails?: boolean;
  readonly kernel?: string;
  /** Name → what differs. */
  readonly specialisation?: Readonly<Record<string, SystemWish>>;
}

/** A NixOS-like system as a Nix expression; `{}` is generation 1 of every test host. */
export function systemExpression(wish: SystemWish, folder: string = nixpkgsFolder): string {
  return `import ${join(folder, "system.nix")} ${nixLiteral(wish)}`;
}

/** Builds a system here, with the installed Nix, and gives its store path. */
export async function buildSystem(wish: SystemWish): Promise<string> {
  const argv = ["nix-build", "--no-out-link", "--expr", systemExpression(wish)];
  return (await run(argv, { env: nixEnvironment() })).trim();
}

/**
 * What the installed Nix needs to build test systems and to reach test hosts: nothing from outside,
 * no registry, and as root no group of build users.
 */
export function nixEnvironment(): Readonly<Record<string, string>> {
  return {
    NIX_CONFIG: [
      "substituters =",
      "sandbox = false",
      "build-users-group =",
      "flake-registry =",
      "experimental-features = nix-command flakes",
      "",
    ].join("\n"),
  };
}

/** A value of JSON's kind in Nix's own words; keys without a value are left out. */
export function nixLiteral(value: unknown): string {
  if (typeof value === "string") return nixString(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[ ${value.map(nixLiteral).join(" ")} ]`;
  const pairs = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => `${nixString(key)} = ${nixLiteral(item)};`);
  return `{ ${pairs.join(" ")} }`;
}

function nixString(text: string): string {
  return `"${text.replaceAll(/["\\]|\$\{/g, "\\$&")}"`;
}
