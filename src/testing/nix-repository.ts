import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { projectFolder } from "./fleet/place.ts";
import { attempt, run, type Ended } from "./fleet/program.ts";
import { nixEnvironment } from "./fleet/system.ts";

/** Whether the installed Nix can be asked; tests that need it are skipped, and counted, where not. */
export const hasNix: boolean = spawnSync("nix", ["--version"]).status === 0;

/** A flake repository made for a test, with the stand-ins of this folder as its inputs. */
export interface NixRepository extends AsyncDisposable {
  readonly folder: string;
  /** Writes files, and tells git of them. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** What `nix eval --json` prints of an attribute, parsed. */
  evaluate(attribute: string, apply?: string): Promise<unknown>;
  /** `nix` with these words in this folder, whatever comes of it. */
  nix(words: readonly string[]): Promise<Ended>;
}

/** The flake that most tests want. */
export function fleetFlake(options = ""): string {
  return `{
  inputs.nixpkgs.url = "path:${projectFolder}/src/testing/nixpkgs";
  inputs.home-manager.url = "path:${projectFolder}/src/testing/home-manager";
  inputs.flurry.url = "path:${projectFolder}/nix";
  outputs = inputs: inputs.flurry.lib.mkFleet { inherit inputs; root = ./.; ${options} };
}
`;
}

/** Makes a repository with these files, and `fleetFlake()` where no flake.nix is among them. */
export async function makeNixRepository(
  files: Readonly<Record<string, string>>,
): Promise<NixRepository> {
  const place = await realpath(await mkdtemp(join(tmpdir(), "flurry-nix-repository-")));
  const folder = join(place, "fleet");
  const env = { ...nixEnvironment(), XDG_CACHE_HOME: join(place, "cache") };

  async function write(more: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(more)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await run(["git", "add", "--all"], { cwd: folder });
  }

  await mkdir(folder);
  await run(["git", "init", "--quiet", folder]);
  await write({ "flake.nix": fleetFlake(), ...files });

  const nix = (words: readonly string[]): Promise<Ended> =>
    attempt(["nix", ...words], { cwd: folder, env });
  return {
    folder,
    write,
    nix,
    async evaluate(attribute, apply) {
      const words = apply === undefined ? [] : ["--apply", apply];
      const ended = await nix(["eval", "--json", `.#${attribute}`, ...words]);
      if (ended.code !== 0) throw new Error(ended.stderr);
      return JSON.parse(ended.stdout);
    },
    async [Symbol.asyncDispose]() {
      await rm(place, { recursive: true, force: true });
    },
  };
}
