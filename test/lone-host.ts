import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startFleet, type FleetWish, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { attempt, type Ended } from "../src/testing/fleet/program.ts";
import type { TestHost } from "../src/testing/fleet/test-host.ts";
import { makeBundle, makePlayground, type Playground } from "../src/testing/playground.ts";

/** One host of a fleet that is used side by side, and a repository that describes it alone. */
export interface LoneHost {
  readonly name: string;
  readonly host: TestHost;
  readonly ground: Playground;
  /** What it runs when it is handed out. */
  readonly old: string;
  /** Running system, profile and boot default, seen from outside. */
  readonly all: () => Promise<Everything>;
  /** Runs flurry in another environment. */
  readonly flurryWith: (env: Env, ...words: readonly string[]) => Promise<Ended>;
}

type Env = Readonly<Record<string, string>>;

/** What decides what a host is, now and after a boot. */
export interface Everything {
  readonly running: string | null;
  readonly profile: string | null;
  readonly bootDefault: string | null;
}

/** All three are this system. */
export function all(system: string): Everything {
  return { running: system, profile: system, bootDefault: system };
}

/** A fleet, the bundle, and what must be put away with them. */
export interface Bench extends AsyncDisposable {
  readonly fleet: TestFleet;
  readonly lone: (name: string, ...others: readonly string[]) => Promise<LoneHost>;
}

/** Starts a fleet for tests that each take hosts of their own. */
export async function openBench(wish: FleetWish): Promise<Bench> {
  const bundle = await makeBundle();
  const fleet = await startFleet(wish);
  const grounds: Playground[] = [];
  return {
    fleet,
    lone: async (name, ...others) => {
      const host = fleet.hosts.find((each) => each.name === name);
      if (!host) throw new Error(`no host ${name}`);
      const ground = await makePlayground(bundle.path, fleet, [name, ...others]);
      grounds.push(ground);
      const { running } = await host.state();
      return {
        name,
        host,
        ground,
        old: running ?? "",
        all: async () => {
          const state = await host.state();
          const { profile, bootDefault } = state;
          return { running: state.running, profile, bootDefault };
        },
        flurryWith: (env, ...words) =>
          attempt(ground.argv(...words), {
            cwd: ground.flake,
            env: { ...ground.env, ...env },
            timeoutSeconds: 300,
          }),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await fleet[Symbol.asyncDispose]();
      for (const ground of grounds) ground.remove();
      bundle.remove();
    },
  };
}

/** A module that gives a host another version, one changed unit, and what is said here. */
export function module(version: string, more = ""): string {
  return `{ pkgs, inputs, ... }: {
  system.nixos.version = "26.05.${version}";
  systemd.services.variant = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { Type = "oneshot"; RemainAfterExit = true; ExecStart = "/bin/echo ${version}"; };
  };
${more}
}
`;
}

/** An ssh configuration that says this before what the fleet says. */
export function sshConfig({ ground }: LoneHost, text: string): string {
  const path = join(ground.env["HOME"] ?? "", `ssh-config-${Math.random().toString(36).slice(2)}`);
  writeFileSync(path, `${text}\nMatch all\nInclude ${ground.env["SSH_CONFIG_FILE"]}\n`);
  return path;
}

/** What a person saw and how it ended. */
export interface Typed {
  readonly code: number;
  readonly screen: string;
  readonly seconds: number;
}

/** Runs flurry on a terminal of its own, and types these keys when the screen shows the question. */
export function onTerminal(
  { ground }: LoneHost,
  words: readonly string[],
  question: RegExp,
  keys: string,
): Promise<Typed> {
  const line = ground.argv(...words).map((word) => `'${word}'`);
  const startedAt = Date.now();
  return new Promise((resolve) => {
    const child = spawn("script", ["-qefc", line.join(" "), "/dev/null"], {
      cwd: ground.flake,
      env: { ...process.env, ...ground.env, TERM: "xterm" },
      stdio: ["pipe", "pipe", "inherit"],
      timeout: 120_000,
      killSignal: "SIGKILL",
    });
    let screen = "";
    let answered = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      screen += text;
      if (answered || !question.test(screen)) return;
      answered = true;
      child.stdin.write(keys);
    });
    child.once("close", (code) =>
      resolve({ code: code ?? 128, screen, seconds: (Date.now() - startedAt) / 1000 }),
    );
  });
}

/** All that was printed, for the message of a claim that does not hold. */
export function said({ stdout, stderr }: Ended): string {
  return `${stderr}\n${stdout}`;
}
