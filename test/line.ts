import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostOf } from "../src/testing/hosts.ts";
import { type Channel, openChannel } from "../src/world/channel.ts";
import { childEnvironment } from "../src/world/child-env.ts";
import { elevationWords } from "../src/world/elevation.ts";
import type { Place, Wanted } from "../src/world/connection.ts";
import { keepPasswords, type Passwords } from "../src/world/passwords.ts";
import type { HostCommand, Output, Print } from "../src/world/world.ts";

/** What sshd does with a command: it gives it to the login shell. Here without the network. */
export interface Login {
  /** The login shell, with all words before `-c`. */
  readonly shell?: readonly string[];
  readonly root?: Wanted["root"];
  readonly elevate?: Parameters<typeof elevationWords>[0];
  readonly passwords?: Passwords;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

/** Programs that stand before the real ones, and the line that finds them. */
export interface Stubs {
  readonly folder: string;
  readonly add: (name: string, script: string) => void;
  readonly open: (login?: Login) => Promise<Channel>;
  readonly remove: () => void;
}

/** A folder of stand-ins, first on the PATH of what is opened. */
export function makeStubs(): Stubs {
  const folder = mkdtempSync(join(tmpdir(), "flurry-line-"));
  mkdirSync(join(folder, "bin"));
  const add = (name: string, script: string): void => {
    const file = join(folder, "bin", name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  };
  // Nobody needs to be root for these tests, nor may be: who one is, is what a variable says.
  add("id", 'echo "${FAKE_UID-1000}"');
  const env = childEnvironment({ ...process.env, PATH: `${folder}/bin:${process.env["PATH"]}` });
  return {
    folder,
    add,
    open: (login = {}) => openLine({ ...env }, login),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

let marks = 0;

function openLine(env: Record<string, string>, login: Login): Promise<Channel> {
  const { shell = ["/bin/sh"], root = false, elevate = "sudo", signal } = login;
  const place: Place = {
    host: "nas",
    address: "nas.lan",
    user: "ada",
    ssh: [...shell, "-c"],
    tryThis: "ssh ada@nas.lan true",
    around: { env },
  };
  const passwords = login.passwords ?? keepPasswords(undefined);
  const wanted = { root, elevate: elevationWords(elevate), passwords, signal };
  const random = (): string => `mark${(marks += 1)}`;
  return openChannel(place, wanted, { now: login.now ?? Date.now, random });
}

/** Runs a script over a channel, with half a minute for it. */
export function runOn(
  channel: Channel,
  script: string,
  more: Partial<HostCommand> = {},
  print?: Print,
): Promise<Output> {
  return channel.run({ host: hostOf("nas"), script, timeoutSeconds: 30, ...more }, print);
}
