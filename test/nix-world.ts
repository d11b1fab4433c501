import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { childEnvironment } from "../src/world/child-env.ts";
import { realFiles } from "../src/world/files.ts";
import { runHere } from "../src/world/shell.ts";
import type { Command, HostCommand, Output, Print, World } from "../src/world/world.ts";

/** A store of one's own, for tests that talk to the installed Nix as any user. */
export interface NixWorld extends World {
  /** The temporary folder that holds everything. */
  readonly folder: string;
  /** What was started, in order: the words of each command. */
  readonly started: readonly Command[];
  /** Forgets what was started. */
  readonly forget: () => void;
  /** Instantiates an attribute of an expression; gives the derivation. */
  readonly instantiate: (expression: string, attribute: string) => Promise<string>;
  /** A line more in the settings of the hosts' Nix. */
  readonly setFar: (line: string) => Promise<void>;
  readonly writeFiles: (files: Readonly<Record<string, string>>) => Promise<void>;
}

/**
 * A world in a folder: real programs, a store that nobody else uses, and hosts that are this very
 * machine: a script for one runs here, and ssh is a stand-in that starts what it is told here. With
 * `far` they have a store of their own, whose paths have the same names.
 */
export async function openNixWorld({ far = false }: { far?: boolean } = {}): Promise<NixWorld> {
  const folder = await mkdtemp(join(tmpdir(), "flurry-nix-"));
  const env = { ...process.env, ...storeEnvironment(folder, far) };
  const started: Command[] = [];
  const here = (command: Command, print?: Print): Promise<Output> => {
    started.push(command);
    const around = { env: childEnvironment(env, command.env), cwd: folder };
    return runHere(command, around, print);
  };
  const onHost = ({ script, args = [], ...command }: HostCommand, print?: Print): Promise<Output> =>
    runHere(
      {
        ...command,
        argv: ["/bin/sh", "-s", "--", ...args],
        input: `exec 2>&1\n${script}`,
        follow: true,
      },
      {
        env: childEnvironment({
          ...env,
          NIX_CONFIG: hostSettings,
          NIX_REMOTE: env["NIX_FAR_STORE"],
        }),
        cwd: folder,
      },
      print,
    );
  await mkdir(join(folder, "bin"), { recursive: true });
  await writeFile(join(folder, "bin/ssh"), sshStandIn, { mode: 0o755 });
  // Several processes that find no store at all would all make one.
  await here({ argv: ["nix-store", "--init"], timeoutSeconds: 60 });
  started.length = 0;
  return {
    now: () => Date.now(),
    sleep: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
    random: (letters) => "x".repeat(letters),
    env,
    meet: async () => {},
    here,
    onHost,
    sendTo: () => Promise.reject(new Error("not here")),
    dial: async () => {},
    httpStatus: async () => 200,
    files: realFiles,
    close: () => rm(folder, { recursive: true, force: true }),
    folder,
    started,
    forget: () => {
      started.length = 0;
    },
    instantiate: async (expression, attribute) => {
      const argv = ["nix-instantiate", expression, "-A", attribute];
      const { stdout } = await here({ argv, timeoutSeconds: 60 });
      return stdout.trim();
    },
    setFar: async (line) => {
      const text = sshStandIn.replace("export", `export NIX_CONFIG="$NIX_CONFIG\n${line}"\nexport`);
      await writeFile(join(folder, "bin/ssh"), text, { mode: 0o755 });
    },
    writeFiles: async (files) => {
      for (const [name, text] of Object.entries(files)) {
        const path = join(folder, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text);
      }
    },
  };
}

/** Nothing of the machine's own settings, no caches, no daemon, no sandbox. */
const storeSettings = [
  "substituters =",
  "sandbox = false",
  "build-users-group =",
  "builders =",
  "flake-registry =",
  "max-jobs = 2",
].join("\n");
const hostSettings = `${storeSettings}\nextra-experimental-features = nix-command`;

function storeEnvironment(folder: string, far: boolean): Readonly<Record<string, string>> {
  return {
    NIX_STORE_DIR: join(folder, "store"),
    NIX_STATE_DIR: join(folder, "var"),
    NIX_LOG_DIR: join(folder, "log"),
    NIX_CONF_DIR: join(folder, "conf"),
    NIX_CONFIG: storeSettings,
    NIX_REMOTE: "",
    HOME: join(folder, "home"),
    XDG_CACHE_HOME: join(folder, "cache"),
    XDG_STATE_HOME: join(folder, "state"),
    PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
    NIX_FAR_STORE: far ? `local?state=${folder}/far/var&real=${folder}/far/store` : "",
  };
}

/** Drops ssh's options and the host, and runs the rest; the far store is another folder. */
const sshStandIn = `#!/bin/sh
host=
while [ $# -gt 0 ]; do
  case $1 in
    -O) exit 0 ;;
    -o|-F|-l|-p|-i) shift ;;
    -*) ;;
    *) if [ -z "$host" ]; then host=$1; else break; fi ;;
  esac
  shift
done
# From 2.20 on Nix waits for this line before it trusts a connection.
[ $# -gt 0 ] || { echo started; exit 0; }
export NIX_REMOTE="$NIX_FAR_STORE"
exec /bin/sh -c "$*"
`;
