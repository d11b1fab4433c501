import { Problem } from "../lib/problem.ts";
import { parseSettings } from "../nix/nix-settings.ts";
import type { World } from "../world/world.ts";
import { askNix } from "./ask-nix.ts";
import { isInstalled } from "./nix-problem.ts";

/** What was found out about the programs here. */
export interface Tools {
  /** `2.8.0`; null where Nix was not needed. */
  readonly nixVersion: string | null;
}

const oldest = [2, 8] as const;

/**
 * Are the programs here that a verb needs? Throws `nix-missing`, `nix-too-old`, `tool-missing`, or
 * `build-users-missing` where Nix would refuse every build by root.
 */
export async function checkTools(
  world: World,
  needs: readonly ("nix" | "git" | "ssh")[],
): Promise<Tools> {
  for (const program of needs) {
    if (!(await isInstalled(world, program))) throw missing(program);
  }
  if (!needs.includes("nix")) return { nixVersion: null };
  const [nixVersion] = await Promise.all([versionOf(world), checkBuildUsers(world)]);
  return { nixVersion };
}

/** Lix and Determinate print other words before the number, so the last number counts. */
export function parseNixVersion(text: string): string | undefined {
  return [...text.matchAll(/\d+\.\d+(?:\.\d+)?/g)].at(-1)?.[0];
}

/** Is it 2.8 or newer? */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** Asked once: who reads a fleet may need Nix, and who evaluates it as well. */
const versions = new WeakMap<World["here"], Promise<string>>();

function versionOf(world: World): Promise<string> {
  const known = versions.get(world.here) ?? checkVersion(world);
  versions.set(world.here, known);
  return known;
}

async function checkVersion(world: World): Promise<string> {
  const { stdout } = await world.here({ argv: ["nix", "--version"], timeoutSeconds: 30 });
  return newEnoughOrThrow(stdout);
}

/** Nix told its version while it was asked something else, so it need not be asked for it. */
export function noteVersion(world: World, text: string): void {
  const version = parseNixVersion(text);
  if (version !== undefined && isNewEnough(version)) {
    versions.set(world.here, Promise.resolve(version));
  }
}

function newEnoughOrThrow(text: string): string {
  const version = parseNixVersion(text);
  if (version !== undefined && isNewEnough(version)) return version;
  const found = version ?? JSON.stringify(text.trim());
  throw new Problem("nix-too-old", `Nix ${found} is here, and flurry needs 2.8 or newer`, {
    hint: "nix upgrade-nix",
  });
}

/** As root without a daemon, Nix builds as the members of a group, and fails where there is none. */
async function checkBuildUsers(world: World): Promise<void> {
  const status = (await world.files.read("/proc/self/status")) ?? "";
  if (!/^Uid:\s+0\s/m.test(status)) return;
  const remote = world.env["NIX_REMOTE"] ?? "";
  if (!["", "auto", "local"].includes(remote)) return;
  const groups = (await world.files.read("/etc/group")) ?? "";
  if (hasMembers(groups, "nixbld")) return;
  // Said to be none: by far the commonest case where there is no such group.
  const written = [world.env["NIX_CONFIG"], await world.files.read("/etc/nix/nix.conf")];
  if (written.some((text) => /^\s*build-users-group\s*=\s*$/m.test(text ?? ""))) return;
  const { stdout, code } = await askNix(world, {
    argv: ["nix", "show-config"],
    timeoutSeconds: 30,
    accepts: [1],
  });
  const group = parseSettings(stdout)["build-users-group"];
  if (code !== 0 || group === undefined || group === "" || hasMembers(groups, group)) return;
  const message = `Nix builds as members of the group ${group}, and there is no such group here`;
  throw new Problem("build-users-missing", message, {
    hint: "echo 'build-users-group =' >>/etc/nix/nix.conf    (root then builds as itself)",
  });
}

function hasMembers(groups: string, name: string): boolean {
  return groups.split("\n").some((line) => {
    const [group, , , members = ""] = line.split(":");
    return group === name && members !== "";
  });
}

function missing(program: "nix" | "git" | "ssh"): Problem {
  if (program === "nix") {
    return new Problem("nix-missing", "Nix is not on PATH here", {
      hint: "apt-get install nix-bin    (Debian, Ubuntu), or see https://nixos.org/download",
    });
  }
  const packages = { git: "git", ssh: "openssh-client" };
  return new Problem("tool-missing", `${program} is not on PATH here`, {
    hint: `apt-get install ${packages[program]}    (Debian, Ubuntu)`,
  });
}
