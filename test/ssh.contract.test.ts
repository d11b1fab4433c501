import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Host, HostSettings } from "../src/fleet/host.ts";
import { hostOf } from "../src/testing/hosts.ts";
import { type RealOptions, type RealWorld, realWorld } from "../src/world/real.ts";
import type { HostCommand, Output } from "../src/world/world.ts";
import { canRunSshd, freePort, type Sshd, startSshd } from "./sshd.ts";

// Claim: with the real ssh and sshd, one connection carries a host's scripts, and each way in which
// it can fail is told apart. Needs root and Debian's openssh-server; else all of it is skipped.
describe.skipIf(!canRunSshd)("over a real sshd", () => {
  let sshd: Sshd;
  let worlds: RealWorld[] = [];
  let warnings: string[] = [];
  let commands: string[] = [];

  beforeAll(async () => {
    sshd = await startSshd("AcceptEnv LC_*");
  });
  afterAll(() => sshd.stop());
  afterEach(async () => {
    await Promise.all(worlds.map((each) => each.close()));
    worlds = [];
    warnings = [];
    commands = [];
  });

  function world(options: Partial<RealOptions> = {}): RealWorld {
    const made = realWorld({
      env: { ...process.env, NIX_SSHOPTS: `-F ${sshd.config}` },
      warn: (host, message) => warnings.push(`${host}: ${message}`),
      showCommand: (line) => commands.push(line),
      ...options,
    });
    worlds.push(made);
    return made;
  }

  function nas(settings: Partial<HostSettings> = {}): Host {
    const at = { addresses: ["127.0.0.1"], port: sshd.port, user: "root" };
    return hostOf("nas", { ...at, ...settings });
  }

  async function ask(
    on: RealWorld,
    script: string,
    more: Partial<HostCommand> = {},
  ): Promise<Output> {
    const host = more.host ?? nas();
    await on.meet([host]);
    return await on.onHost({ script, timeoutSeconds: 60, ...more, host });
  }

  test("many scripts, one connection", async () => {
    const here = world();
    const host = nas();
    const ports = [];
    for (const script of ["echo a", "exit 0", "echo $SSH_CONNECTION"]) {
      ports.push((await ask(here, script, { host })).stdout);
    }
    const again = await ask(here, "echo $SSH_CONNECTION", { host, asRoot: true });
    expect(again).toMatchObject({ stdout: ports[2], asRoot: true });
    expect(commands.filter((line) => line.startsWith("ssh "))).toHaveLength(1);
  });

  test("scripts of one host go one after another, and an aborted one does not wait", async () => {
    const here = world();
    const host = nas();
    await here.meet([host]);
    const control = new AbortController();
    const slow = ask(here, "sleep 1; echo slow", { host });
    const next = ask(here, "echo next", { host });
    const aborted = ask(here, "echo never", { host, signal: control.signal });
    control.abort();
    await expect(aborted).rejects.toMatchObject({ code: "interrupted" });
    expect((await slow).stdout).toBe("slow\n");
    expect((await next).stdout).toBe("next\n");
  });

  test("a line that was lost is opened anew by the next script", async () => {
    const here = world();
    const host = nas();
    await expect(ask(here, "kill -9 0; sleep 5", { host })).rejects.toMatchObject({
      code: "host-unreachable",
      message: expect.stringContaining("nas: the connection was lost"),
    });
    expect((await ask(here, "echo back", { host })).stdout).toBe("back\n");
  });

  test("a fresh connection is another one, and takes the place of the open one", async () => {
    const here = world();
    const host = nas();
    const script = "echo $SSH_CONNECTION";
    const first = await ask(here, script, { host });
    const fresh = await ask(here, script, { host, fresh: true });
    const next = await ask(here, script, { host });
    expect(fresh.stdout).not.toBe(first.stdout);
    expect(next.stdout).toBe(fresh.stdout);
  });

  test("a pinned key is believed under the host's name, another one is not", async () => {
    const [type = "", base64 = ""] = sshd.hostKey.split(" ");
    const right = await ask(world(), "echo in", { host: nas({ sshHostKey: [sshd.hostKey] }) });
    expect(right.stdout).toBe("in\n");
    const letters = base64.at(-5) === "A" ? "B" : "A";
    const other = `${type} ${base64.slice(0, -5)}${letters}${base64.slice(-4)}`;
    await expect(
      ask(world(), "echo in", { host: nas({ sshHostKey: [other] }) }),
    ).rejects.toMatchObject({
      code: "host-key-changed",
      evidence: [expect.stringMatching(/^The fingerprint for the \w+ key sent .* SHA256:\S+[^.]$/)],
      hint: "If the machine is the right one: flurry host scan nas",
    });
    const rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7";
    await expect(
      ask(world(), "echo in", { host: nas({ sshHostKey: [rsa] }) }),
    ).rejects.toMatchObject({
      code: "host-key-changed",
    });
  });

  test("a host key nobody knows is not asked about", async () => {
    const env = withConfig(`IdentityFile ${sshd.folder}/client\nUserKnownHostsFile /dev/null\n`);
    await expect(ask(world({ env }), "true")).rejects.toMatchObject({
      code: "host-key-unknown",
      message: "nas: the host key of 127.0.0.1 is not known",
      evidence: [expect.stringMatching(/host key is known for/)],
      hint: "flurry host scan nas",
    });
  });

  test("a user who may not log in is told with the line to try", async () => {
    await expect(ask(world(), "true", { host: nas({ user: "games" }) })).rejects.toMatchObject({
      code: "login-refused",
      message: expect.stringContaining("nas: games may not log in: Permission denied"),
      hint: expect.stringContaining(
        `ssh -F ${sshd.config} -l games -p ${sshd.port} 127.0.0.1 true`,
      ),
    });
  });

  test("an account without a shell is told", async () => {
    await expect(ask(world(), "true", { host: nas({ user: "nobody" }) })).rejects.toMatchObject({
      code: "login-shell-refused",
      message: expect.stringMatching(/login shell of nobody \(nologin\)/),
    });
  });

  test("a name that is unknown, a port that is closed, a port that is no ssh", async () => {
    await expect(
      ask(world(), "true", { host: nas({ addresses: ["nas.invalid"] }) }),
    ).rejects.toMatchObject({
      code: "host-unreachable",
      message: expect.stringContaining("nas: the name nas.invalid is not known"),
    });
    await expect(
      ask(world(), "true", { host: nas({ port: await freePort() }) }),
    ).rejects.toMatchObject({
      code: "host-unreachable",
      message: "nas: no answer from 127.0.0.1: Connection refused",
    });
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    await expect(ask(world(), "true", { host: nas({ port }) })).rejects.toMatchObject({
      code: "host-unreachable",
      message: expect.stringContaining("nas: 127.0.0.1 answers, but not as ssh does"),
    });
    server.close();
  });

  test("the second address serves where the first does not, and Nix is told so", async () => {
    const here = world();
    const host = nas({ addresses: ["nas.invalid", "127.0.0.1"] });
    expect((await ask(here, "echo in", { host })).stdout).toBe("in\n");
    const { stdout } = await here.here({
      argv: ["sh", "-c", "ssh $NIX_SSHOPTS -G flurry-nas"],
      timeoutSeconds: 30,
    });
    expect(stdout).toContain("\nhostname 127.0.0.1\n");
  });

  test("a terminal that is asked for is not used, and that is said once", async () => {
    const env = withConfig(
      `Include ${sshd.config}\nHost *\n  RequestTTY force\n  RemoteCommand top\n`,
    );
    const here = world({ env });
    const { stdout } = await ask(here, "tty; printf 'a\\nb\\n'", { accepts: [0, 1] });
    expect(stdout).toBe("not a tty\na\nb\n");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^nas: .*terminal/);
  });

  test("what the login prints unasked is told", async () => {
    const chatty = await startSshd('ForceCommand echo Hello; exec sh -c "$SSH_ORIGINAL_COMMAND"');
    const env = { ...process.env, NIX_SSHOPTS: `-F ${chatty.config}` };
    const output = await ask(world({ env }), "echo a", { host: nas({ port: chatty.port }) });
    await chatty.stop();
    expect(output).toMatchObject({ stdout: "a\n", chatter: "Hello" });
  });

  test("broken settings of one host stop that one only", async () => {
    const here = world();
    const bad = { ...nas({ sshOptions: ["-o", "NoSuchOption=1"] }), name: "bad" };
    const good = nas();
    await here.meet([bad, good]);
    expect((await ask(here, "echo in", { host: good })).stdout).toBe("in\n");
    await expect(ask(here, "echo in", { host: bad })).rejects.toMatchObject({
      code: "setting-broken",
      message: expect.stringContaining("bad: ssh does not like its configuration"),
    });
  });

  test("a host that only it reaches itself by is elsewhere", async () => {
    const host = nas({ addresses: ["localhost"], port: null, hostName: "another" });
    await expect(ask(world(), "true", { host })).rejects.toMatchObject({ code: "host-elsewhere" });
  });

  test("a payload arrives whole, and whoever fails first is told", async () => {
    const here = world();
    const host = nas();
    await here.meet([host]);
    const bytes = join(sshd.folder, "bytes");
    writeFileSync(
      bytes,
      Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 7) % 256)),
    );
    const target = join(sshd.folder, "arrived");
    const script = 'echo into "$1"; cat >"$1"; echo done';
    const command: HostCommand = { host, script, args: [target], asRoot: true, timeoutSeconds: 60 };
    const cat = { argv: ["cat", bytes], timeoutSeconds: 60 };
    expect(await here.sendTo(cat, command)).toMatchObject({ stdout: `into ${target}\ndone\n` });
    expect(readFileSync(target).equals(readFileSync(bytes))).toBe(true);

    const failing = { argv: ["sh", "-c", "echo no such path >&2; exit 7"], timeoutSeconds: 60 };
    await expect(here.sendTo(failing, command)).rejects.toMatchObject({
      message: "sh ended with 7",
    });
    const endless = { argv: ["cat", "/dev/zero"], timeoutSeconds: 60 };
    const refusing: HostCommand = { ...command, script: "head -c 9 >/dev/null; echo full; exit 4" };
    await expect(here.sendTo(endless, refusing)).rejects.toMatchObject({
      message: "nas: the script ended with 4",
      evidence: ["full"],
    });
  });

  test("nothing is left of the ssh config, which is for this user alone", async () => {
    const here = world();
    await ask(here, "true");
    const { stdout } = await here.here({
      argv: ["sh", "-c", "echo $NIX_SSHOPTS"],
      timeoutSeconds: 30,
    });
    const file = stdout.trim().slice("-F ".length);
    const mode = await here.here({ argv: ["stat", "-c", "%a %u", file], timeoutSeconds: 30 });
    expect(mode.stdout).toBe(`600 ${process.getuid?.()}\n`);
    await here.close();
    expect(existsSync(file)).toBe(false);
  });

  function withConfig(text: string): Record<string, string | undefined> {
    const file = join(sshd.folder, "another config");
    writeFileSync(file, text);
    return { ...process.env, NIX_SSHOPTS: `-F '${file}'` };
  }
});
