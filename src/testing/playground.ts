import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../event/event.ts";
import { decodeLines } from "../event/journal-line.ts";
import {
  changeHost,
  describeHost,
  makeFlake,
  rewriteHost,
  type VariantFault,
} from "./fleet/flake.ts";
import type { TestFleet } from "./fleet/fleet.ts";
import { attempt, type Ended, run, until } from "./fleet/program.ts";
import { nixEnvironment } from "./fleet/system.ts";

/** A person's repository and home on this machine: what a test runs flurry in. */
export interface Playground {
  /** The repository. */
  readonly flake: string;
  readonly env: Readonly<Record<string, string>>;
  /** Makes the next system of a host, and gives its path. */
  readonly change: (host: string, name: string, fault?: VariantFault) => Promise<string>;
  /** The same with a module of one's own. */
  readonly rewrite: (host: string, module: string) => Promise<string>;
  /** Adds settings to a host's meta.json. */
  readonly describe: (host: string, settings: Readonly<Record<string, unknown>>) => Promise<void>;
  /** The words that run flurry. */
  readonly argv: (...words: readonly string[]) => readonly string[];
  /** Runs flurry to its end. */
  readonly flurry: (...words: readonly string[]) => Promise<Ended>;
  /** Starts flurry, and follows its events. */
  readonly start: (...words: readonly string[]) => Started;
  readonly remove: () => void;
}

/** A flurry that is under way. */
export interface Started {
  readonly pid: number;
  readonly events: readonly Event[];
  /** Resolves with the first event that fits; throws if flurry ends without one. */
  readonly event: (fits: (event: Event) => boolean) => Promise<Event>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

/** A repository of these hosts, in a temporary folder that `remove` takes away. */
export async function makePlayground(
  bundle: string,
  fleet: TestFleet,
  hosts: readonly string[],
  loader: "systemd-boot" | "grub" = "systemd-boot",
): Promise<Playground> {
  const folder = mkdtempSync(join(tmpdir(), "flurry-playground-"));
  const flake = await makeFlake(folder, hosts, loader);
  const env = {
    ...nixEnvironment(),
    SSH_CONFIG_FILE: fleet.sshConfig,
    NIX_SSHOPTS: "",
    HOME: folder,
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CACHE_HOME: join(folder, "cache"),
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_RUNTIME_DIR: folder,
    NO_COLOR: "1",
  };
  const argv = (words: readonly string[]): string[] => [process.execPath, bundle, ...words];
  return {
    flake,
    env,
    change: (host, name, fault = "none") => changeHost(flake, host, name, fault),
    rewrite: (host, module) => rewriteHost(flake, host, module),
    describe: (host, settings) => describeHost(flake, host, settings),
    argv: (...words) => argv(words),
    flurry: (...words) => attempt(argv(words), { cwd: flake, env, timeoutSeconds: 300 }),
    start: (...words) => start(argv([...words, "--format", "jsonl"]), flake, env),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function start(
  [program = "", ...words]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Started {
  const child = spawn(program, words, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const events: Event[] = [];
  let stdout = "";
  let stderr = "";
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) events.push(...decodeLines(`${line}\n`));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  let over = false;
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => {
      over = true;
      resolve({ code: code ?? 128, stdout, stderr });
    });
  });
  return {
    pid: child.pid ?? 0,
    events,
    event: async (fits) => {
      let found: Event | undefined;
      await until("the event", () => (found = events.find(fits)) !== undefined || over, 180);
      if (found) return found;
      throw new Error(`flurry ended without that event\n${stdout}\n${stderr}`);
    },
    kill: (signal) => child.kill(signal),
    ended,
  };
}

/** The bundle, made once for a test file, in a folder that ends with it. */
export async function makeBundle(): Promise<{
  readonly path: string;
  readonly remove: () => void;
}> {
  const folder = mkdtempSync(join(tmpdir(), "flurry-bundle-"));
  const path = join(folder, "flurry.mjs");
  const script = `import(${JSON.stringify(join(process.cwd(), "scripts/build.mjs"))}).then((m) => m.bundle(${JSON.stringify(path)}))`;
  await run([process.execPath, "-e", script]);
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
