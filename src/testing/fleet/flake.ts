import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nixpkgsFolder, projectFolder } from "./place.ts";
import { run } from "./program.ts";
import { nixEnvironment, nixLiteral } from "./system.ts";

/** What can be wrong with the next system of a host. */
export const variantFaults = [
  "none",
  "unit-fails",
  "activation-fails",
  "activation-hangs",
  "kills-sshd",
  "breaks-network",
] as const;
/** See `variantFaults`. */
export type VariantFault = (typeof variantFaults)[number];

/**
 * Makes the repository that describes a fleet's hosts: `systems/NAME/` for each, found by our own
 * mkFleet, on the stand-in for nixpkgs. Both stand beside it as `path:` inputs, and the lock is whole,
 * so nothing is fetched. Returns its folder, with everything committed.
 */
export async function makeFlake(
  parent: string,
  hosts: readonly string[],
  loader: "systemd-boot" | "grub",
): Promise<string> {
  const flake = join(parent, "flake");
  const inputs = { flurry: join(parent, "flurry"), nixpkgs: join(parent, "nixpkgs") };
  cpSync(join(projectFolder, "nix"), inputs.flurry, { recursive: true });
  cpSync(nixpkgsFolder, inputs.nixpkgs, { recursive: true });
  mkdirSync(flake);
  writeFileSync(join(flake, "flake.nix"), flakeText(inputs));
  for (const host of hosts) {
    const folder = hostFolderIn(flake, host);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "meta.json"), metaText(host));
    writeFileSync(join(folder, "default.nix"), hostText(loader));
    writeFileSync(join(folder, "variant.nix"), variantText("first", "none"));
  }
  await git(flake, ["init", "--quiet", "--initial-branch=main"]);
  await git(flake, ["config", "user.name", "Test fleet"]);
  await git(flake, ["config", "user.email", "fleet@localhost"]);
  await git(flake, ["add", "--all"]);
  await run(["nix", "flake", "lock"], { cwd: flake, env: nixEnvironment() });
  await git(flake, ["add", "--all"]);
  await git(flake, ["commit", "--quiet", "-m", "fleet: begin"]);
  return flake;
}

/** Builds the systems of these hosts as the flake has them now; store paths by host. */
export async function buildHosts(
  flake: string,
  hosts: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const here = { cwd: flake, env: nixEnvironment() };
  const systems = hosts.map((host) => `.#nixosConfigurations.${host}.config.system.build.toplevel`);
  await run(["nix", "build", "--no-link", ...systems], here);
  // `nix build --json` gives its results in an order of its own, so the paths are asked for by name.
  const wanted = nixLiteral(Object.fromEntries(hosts.map((host) => [host, null])));
  const path = "_: host: host.config.system.build.toplevel.outPath";
  const pick = `all: builtins.mapAttrs (${path}) (builtins.intersectAttrs ${wanted} all)`;
  return JSON.parse(
    await run(["nix", "eval", "--json", ".#nixosConfigurations", "--apply", pick], here),
  );
}

/** Makes the next system of a host: edits, stages and builds it, and does not commit. */
export async function changeHost(
  flake: string,
  host: string,
  name: string,
  fault: VariantFault,
): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/.test(name))
    throw new Error(`${name}: no name for a variant`);
  return rewriteHost(flake, host, variantText(name, fault));
}

/** The same with a module of one's own in place of a variant. */
export async function rewriteHost(flake: string, host: string, module: string): Promise<string> {
  const path = join(hostFolderIn(flake, host), "variant.nix");
  if (!existsSync(path)) throw new Error(`${flake}: no host named ${host}`);
  writeFileSync(path, module);
  await git(flake, ["add", path]);
  return (await buildHosts(flake, [host]))[host] ?? "";
}

/** Adds settings to a host's meta.json; staged, and not committed. */
export async function describeHost(
  flake: string,
  host: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const path = join(hostFolderIn(flake, host), "meta.json");
  const before = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, `${JSON.stringify({ ...before, ...settings }, null, 2)}\n`);
  await git(flake, ["add", path]);
}

function hostFolderIn(flake: string, host: string): string {
  return join(flake, "systems", host);
}

async function git(flake: string, words: readonly string[]): Promise<void> {
  await run(["git", "-C", flake, ...words]);
}

function flakeText(inputs: { readonly flurry: string; readonly nixpkgs: string }): string {
  return `{
  description = "The hosts of a test fleet";

  inputs.flurry.url = ${nixLiteral(`path:${inputs.flurry}`)};
  inputs.nixpkgs.url = ${nixLiteral(`path:${inputs.nixpkgs}`)};

  outputs =
    inputs:
    inputs.flurry.lib.mkFleet {
      inherit inputs;
      root = ./.;
    };
}
`;
}

/** The address is the host's name: the fleet's ssh configuration knows it. */
function metaText(host: string): string {
  const system = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux`;
  return `${JSON.stringify({ system, address: host, user: "root" }, null, 2)}\n`;
}

function hostText(loader: "systemd-boot" | "grub"): string {
  return `{
  imports = [ ./variant.nix ];
  boot.loader.${loader}.enable = true;
  system.stateVersion = "26.05";
}
`;
}

/** Each variant has a version of its own and changes one unit, so that no two are the same system. */
function variantText(name: string, fault: VariantFault): string {
  return `{
  system.nixos.version = "26.05.${name}";
  systemd.services.variant = {
    description = "Which variant this is";
    wantedBy = [ "multi-user.target" ];
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      ExecStart = "/bin/echo ${name}";
    };
  };
${faultText[fault]}}
`;
}

const faultText: Readonly<Record<VariantFault, string>> = {
  none: "",
  "unit-fails": `
  systemd.services.broken = {
    description = "Fails as soon as it is started";
    wantedBy = [ "multi-user.target" ];
    serviceConfig.ExecStart = "/bin/false";
  };
`,
  "activation-fails": `
  system.activationScripts.broken = "false";
`,
  "activation-hangs": `
  system.activationScripts.hangs = "sleep 1000";
`,
  // Ends all sessions as well; the switch brings sshd back when it starts multi-user.target.
  "kills-sshd": `
  system.activationScripts.kills-sshd = "systemctl stop sshd; pkill -9 -x sshd; true";
`,
  "breaks-network": `
  testHost.address = null;
`,
};
