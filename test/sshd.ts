import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childEnvironment } from "../src/world/child-env.ts";
import { runHere } from "../src/world/shell.ts";

/** A real sshd on loopback, with keys of its own, that only the tests know of. */
export interface Sshd {
  readonly folder: string;
  readonly port: number;
  /** Its public host key: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** A client's configuration that knows its key and has one of our own, for `-F`. */
  readonly config: string;
  readonly stop: () => Promise<void>;
}

/** sshd can be started here: it is installed, and we are root. */
export const canRunSshd: boolean = process.getuid?.() === 0 && existsSync("/usr/sbin/sshd");

/** Starts it. `settings` are more lines of its configuration. */
export async function startSshd(settings = ""): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), "flurry-sshd-"));
  const privileges = "/run/sshd";
  const isOurs = !existsSync(privileges);
  if (isOurs) mkdirSync(privileges, { mode: 0o755 });
  const file = (name: string): string => join(folder, name);
  for (const name of ["host", "client"]) {
    const argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file(name)];
    await runHere({ argv, timeoutSeconds: 30 }, { env: childEnvironment(process.env) });
  }
  const port = await freePort();
  writeFileSync(
    file("sshd"),
    `ListenAddress 127.0.0.1:${port}
HostKey ${file("host")}
AuthorizedKeysFile none
AuthorizedKeysCommand /usr/bin/cat ${file("client.pub")}
AuthorizedKeysCommandUser root
AllowUsers root nobody
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
LogLevel QUIET
${settings}
`,
  );
  const hostKey = readFileSync(file("host.pub"), "utf8").trim();
  writeFileSync(file("known_hosts"), `[127.0.0.1]:${port} ${hostKey}\n`);
  writeFileSync(
    file("config"),
    `Host *
  IdentityFile ${file("client")}
  IdentitiesOnly yes
  UserKnownHostsFile ${file("known_hosts")}
`,
  );
  const daemon = spawn("/usr/sbin/sshd", ["-D", "-f", file("sshd")], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => {
    daemon.once("exit", () => resolve());
  });
  await untilItAnswers(port);
  return {
    folder,
    port,
    hostKey,
    config: file("config"),
    stop: async () => {
      daemon.kill();
      await ended;
      rmSync(folder, { recursive: true });
      if (isOurs) rmSync(privileges, { recursive: true });
    },
  };
}

/** A port nobody listens on, at this moment. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function untilItAnswers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answers = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (answers) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
  throw new Error("sshd does not answer");
}
