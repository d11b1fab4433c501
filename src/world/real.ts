import { randomInt } from "node:crypto";
import { hostname } from "node:os";
import type { Host, HostSettings } from "../fleet/host.ts";
import { makeLatch } from "../lib/latch.ts";
import { shLine } from "../lib/quote.ts";
import { childEnvironment } from "./child-env.ts";
import { dial, httpStatus } from "./dial.ts";
import { realFiles } from "./files.ts";
import { keepHosts } from "./hosts.ts";
import { type Met, startMeeting } from "./meeting.ts";
import { type AskPassword, keepPasswords } from "./passwords.ts";
import { runHere, runOnTerminal, type Surroundings } from "./shell.ts";
import { isThisMachine, type ThisMachine } from "./this-machine.ts";
import { afterSeconds, onAbort } from "./waiting.ts";
import type { World } from "./world.ts";

/** What the person said, and how they are spoken to. */
export interface RealOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where programs are started that do not say it themselves. */
  readonly cwd?: string;
  /** Without it, or where it gives undefined, a needed password is `password-needed`. */
  readonly askPassword?: AskPassword;
  readonly warn?: (host: string | null, message: string) => void;
  /** Gets each command as a line to paste, before it is run. */
  readonly showCommand?: (line: string) => void;
  /** Words for ssh to every host; they win over the host's own. */
  readonly sshOptions?: readonly string[];
  /** Who logs in, whatever the fleet says. */
  readonly sshUser?: string;
  /** How to become root, whatever the fleet says. */
  readonly elevate?: HostSettings["elevate"];
}

/** The world we live in: it also has a person in it. */
export interface RealWorld extends World {
  /** Logs into a host on the person's own terminal, as `ssh HOST WORDS` would; gives its exit code. */
  readonly login: (host: Host, words: readonly string[]) => Promise<number>;
  /** Runs an editor or a pager on the person's own terminal; gives its exit code. */
  readonly attach: (argv: readonly string[], cwd?: string) => Promise<number>;
  /** Is the host this machine, to be changed without ssh? */
  readonly isHere: (host: Host) => Promise<boolean>;
}

/** Makes the real world. Nothing is started before it is asked for; `close` ends what was. */
export function realWorld(options: RealOptions): RealWorld {
  const { env, cwd, warn = () => {}, showCommand = () => {} } = options;
  const plain: Surroundings = { env: childEnvironment(env), cwd };
  const machine = once(thisMachine);
  const meeting = startMeeting({ around: plain, env, machine, wishes: options, warn });
  const sshOptions = (): Record<string, string> => {
    const config = meeting.config();
    return config === null ? {} : { NIX_SSHOPTS: `-F ${config}` };
  };
  const show = (words: readonly string[]): void => showCommand(shLine(words));
  const passwords = keepPasswords(options.askPassword);
  const hosts = keepHosts({ now, random, meeting, passwords, around: () => plain, show });
  const personal = (): Record<string, string> => ({ ...definedOf(env), ...sshOptions() });

  return {
    now,
    sleep,
    random,
    env,
    meet: meeting.meet,
    here: (command, print) => {
      show(command.argv);
      const more = { ...sshOptions(), ...command.env };
      return runHere(command, { env: childEnvironment(env, more), cwd }, print);
    },
    onHost: hosts.onHost,
    sendTo: hosts.sendTo,
    dial,
    httpStatus,
    files: realFiles,
    login: async (host, words) => {
      const met = meeting.find(host.name);
      if (met.problem) throw met.problem;
      const argv = loginWords(met, words, meeting.config(), env["SHELL"] ?? "/bin/sh");
      show(argv);
      return await runOnTerminal(argv, { env: personal(), cwd });
    },
    attach: (argv, folder) => runOnTerminal(argv, { env: personal(), cwd: folder ?? cwd }),
    isHere: async (host) => isThisMachine(host, await machine()),
    close: async () => {
      await hosts.close();
      await meeting.close();
    },
  };
}

/** A person answers here, so what the config says for machines is taken back. */
function loginWords(
  { host, isHere, routes }: Met,
  words: readonly string[],
  config: string | null,
  shell: string,
): readonly string[] {
  // As ssh does it: words joined, for the login shell to read.
  if (isHere) return words.length === 0 ? [shell, "-l"] : [shell, "-c", words.join(" ")];
  const personal = [
    "BatchMode=no",
    "RequestTTY=auto",
    "EscapeChar=~",
    "ClearAllForwardings=no",
    ...(host.settings.sshHostKey.length === 0 ? ["StrictHostKeyChecking=ask"] : []),
  ];
  const options = personal.flatMap((option) => ["-o", option]);
  const alias = routes[0]?.alias ?? "";
  return ["ssh", "-F", config ?? "none", ...options, alias, ...words];
}

function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) defined[name] = value;
  return defined;
}

function now(): number {
  return Date.now();
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A mark that nobody guesses, so that no output can look like ours. */
function random(count: number): string {
  return Array.from({ length: count }, () => letters[randomInt(letters.length)]).join("");
}

async function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  const over = makeLatch();
  const lifts = [afterSeconds(seconds, over.open), onAbort(signal, over.open)];
  await over.opened;
  for (const lift of lifts) lift();
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

/** Our name, and our host keys where sshd's are in their usual place. */
async function thisMachine(): Promise<ThisMachine> {
  const folder = "/etc/ssh";
  const entries = (await realFiles.list(folder)) ?? [];
  const files = entries.filter(({ name }) => /^ssh_host_.*_key\.pub$/.test(name));
  const texts = await Promise.all(files.map(({ name }) => realFiles.read(`${folder}/${name}`)));
  const hostKeys = texts.map((text = "") => text.trim().split(/\s+/).slice(0, 2).join(" "));
  return { hostName: hostname(), hostKeys };
}
