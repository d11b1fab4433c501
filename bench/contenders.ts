import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { projectFolder } from "../src/testing/fleet/place.ts";

/** One way to bring all hosts of a flake to what it says; run in the flake's folder. */
export interface Contender {
  readonly name: string;
  readonly argv: (hosts: readonly string[], bundle: string) => readonly string[];
  /** Only where nothing has changed. */
  readonly onlyUnchanged?: boolean;
  /** Only where something has. */
  readonly onlyChanged?: boolean;
  /** Another tool, which may fail here, and is then left out by name. */
  readonly isPeer?: boolean;
}

/** The folder of a program on PATH; undefined where it is not there. */
export function folderOf(program: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.find((folder) => existsSync(join(folder, program)));
}

/** What hosts must see of this machine so that a peer can work there: deploy-rs' other half. */
export function peerBinds(): readonly { readonly from: string; readonly to: string }[] {
  const folder = folderOf("deploy");
  const from = folder && join(dirname(realpathSync(join(folder, "deploy"))), "activate");
  return from && existsSync(from) ? [{ from, to: "/opt/deploy-rs/activate" }] : [];
}

const script = (name: string): string => join(projectFolder, "bench", name);

/** What is always measured. flurry comes first, so that its figures stand at the top. */
export const ours: readonly Contender[] = [
  {
    name: "flurry",
    argv: (_, bundle) => [process.execPath, bundle, "switch", "all", "--yes"],
  },
  { name: "loop", argv: (hosts) => ["sh", script("loop.sh"), ...hosts] },
  { name: "ideal", onlyChanged: true, argv: (hosts) => ["sh", script("ideal.sh"), ...hosts] },
  {
    name: "look",
    onlyUnchanged: true,
    argv: (hosts) => ["sh", script("ideal.sh"), "--look", ...hosts],
  },
];

/** Other tools, by the program that must be on PATH. Those that need outputs of their own get them from peers.nix. */
export const peers: readonly Contender[] = [
  {
    name: "nixos-rebuild",
    isPeer: true,
    argv: (hosts) => [
      "sh",
      "-c",
      'for host; do nixos-rebuild switch --flake ".#$host" --target-host "root@$host" || exit; done',
      "nixos-rebuild",
      ...hosts,
    ],
  },
  { name: "colmena", isPeer: true, argv: () => ["colmena", "apply", "switch"] },
  {
    name: "deploy",
    isPeer: true,
    argv: () => ["sh", "-c", 'exec deploy --skip-checks --ssh-opts="$NIX_SSHOPTS" .'],
  },
];
