import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../src/testing/fleet/place.ts";
import { run } from "../src/testing/fleet/program.ts";
import { nixEnvironment } from "../src/testing/fleet/system.ts";

/** A copy of examples/homelab, as a repository of its own, with all that it needs beside it. */
export interface Lab {
  /** The repository. */
  readonly folder: string;
  /** The program, of which this demo has a copy: the project may be built anew meanwhile. */
  readonly bundle: string;
  /** What flurry, nix and ssh need to work there: a home of their own, and the way to the hosts. */
  readonly env: Readonly<Record<string, string>>;
  /** Changes one file and commits; gives the lines that changed. Throws where the words are not in it. */
  edit(path: string, words: string, others: string): Promise<string>;
  /** The store paths of the hosts' systems as the repository has them now, by plain Nix. */
  systems(hosts: readonly string[]): Promise<Readonly<Record<string, string>>>;
}

/** Where the inputs of the example come from on this machine, in place of the real ones. */
const standIns: Readonly<Record<string, string>> = {
  nixpkgs: "src/testing/nixpkgs",
  "home-manager": "src/testing/home-manager",
  flurry: "nix",
};

/** Copies the example into a folder that is not there yet. */
export async function makeLab(parent: string, sshConfig: string): Promise<Lab> {
  const home = join(parent, "home");
  const folder = join(home, "homelab");
  const scratch = join(parent, "tmp");
  for (const made of [home, scratch]) mkdirSync(made, { recursive: true });
  cpSync(join(projectFolder, "examples/homelab"), folder, { recursive: true });
  for (const [input, source] of Object.entries(standIns)) {
    cpSync(join(projectFolder, source), join(parent, input), { recursive: true });
  }
  const bundle = join(parent, "flurry.js");
  cpSync(join(projectFolder, "dist/flurry.js"), bundle);
  const flake = join(folder, "flake.nix");
  writeFileSync(flake, withStandIns(readFileSync(flake, "utf8"), parent));

  const env = {
    ...nixEnvironment(),
    HOME: home,
    XDG_CACHE_HOME: join(home, ".cache"),
    XDG_STATE_HOME: join(home, ".local/state"),
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_RUNTIME_DIR: scratch,
    TMPDIR: scratch,
    SSH_CONFIG_FILE: sshConfig,
  };
  const git = (words: readonly string[]): Promise<string> =>
    run(
      ["git", "-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@home.example", ...words],
      {
        env,
      },
    );
  await git(["init", "--quiet", "--initial-branch=main"]);
  await git(["add", "--all"]);
  await run(["nix", "flake", "lock"], { cwd: folder, env });
  await git(["add", "--all"]);
  await git(["commit", "--quiet", "-m", "three machines"]);

  return {
    folder,
    bundle,
    env,
    async edit(path, words, others) {
      const file = join(folder, path);
      const before = readFileSync(file, "utf8");
      if (!before.includes(words)) throw new Error(`${path} does not hold: ${words}`);
      writeFileSync(file, before.replace(words, others));
      const difference = await git(["diff", "--unified=0", "--no-color"]);
      await git(["commit", "--quiet", "--all", "-m", `${path}: ${others}`]);
      const lines = difference.split("\n").filter((line) => /^[-+](?![-+])/.test(line));
      return [path, ...lines].join("\n");
    },
    async systems(hosts) {
      const built = await Promise.all(
        hosts.map(async (host) => {
          const attribute = `.#nixosConfigurations.${host}.config.system.build.toplevel`;
          const words = ["nix", "build", "--no-link", "--json", attribute];
          const [made] = JSON.parse(await run(words, { cwd: folder, env }));
          return [host, String(made.outputs.out)] as const;
        }),
      );
      return Object.fromEntries(built);
    },
  };
}

/** The flake with `path:` inputs. Only its input lines change: all else is as a person wrote it. */
export function withStandIns(flake: string, parent: string): string {
  let text = flake.replace(/^.*\.follows = .*\n/gm, "");
  for (const input of Object.keys(standIns)) {
    const line = new RegExp(`^( *${input}\\.url = )".*";$`, "m");
    if (!line.test(text)) throw new Error(`flake.nix of the example has no line ${input}.url = …`);
    text = text.replace(line, `$1"path:${join(parent, input)}";`);
  }
  return text;
}
