import { hostname } from "node:os";
import { afterEach, expect, test } from "vitest";
import type { Host } from "../src/fleet/host.ts";
import { hostOf } from "../src/testing/hosts.ts";
import { type RealOptions, type RealWorld, realWorld } from "../src/world/real.ts";

// The world without a network: this machine, as a host of the fleet too.
let world: RealWorld | null = null;
afterEach(() => world?.close());

function open(options: Partial<RealOptions> = {}): RealWorld {
  world = realWorld({ env: process.env, ...options });
  return world;
}

function self(): Host {
  const local = { local: true, sshHostKey: [], addresses: ["unreachable.invalid"] };
  return hostOf("here", { hostName: hostname(), ...local });
}

test("a host that is this machine is spoken to without ssh", async () => {
  const commands: string[] = [];
  const here = open({ showCommand: (line) => commands.push(line) });
  const host = self();
  expect(await here.isHere(host)).toBe(true);
  await here.meet([host]);
  const { stdout } = await here.onHost({
    host,
    script: 'echo "$1" $$',
    args: ["a b"],
    timeoutSeconds: 30,
  });
  expect(stdout).toMatch(/^a b \d+\n$/);
  const fresh = await here.onHost({ host, script: "uname -n", fresh: true, timeoutSeconds: 30 });
  expect(fresh.stdout).toBe(`${hostname()}\n`);
  expect(commands).toEqual([]);
});

test("a payload reaches this machine too", async () => {
  const here = open();
  const host = self();
  await here.meet([host]);
  const source = { argv: ["printf", "%s", "some bytes"], timeoutSeconds: 30 };
  const { stdout } = await here.sendTo(source, { host, script: "wc -c", timeoutSeconds: 30 });
  expect(stdout.trim()).toBe("10");
});

test("children here know nothing of ssh as long as no host needs it", async () => {
  const here = open({ env: { PATH: process.env["PATH"], NIX_SSHOPTS: "-v" } });
  await here.meet([self()]);
  const { stdout } = await here.here({
    argv: ["sh", "-c", "echo $NIX_SSHOPTS"],
    timeoutSeconds: 30,
  });
  expect(stdout).toBe("-v\n");
});

test("a command is shown as a line to paste", async () => {
  const commands: string[] = [];
  const here = open({ showCommand: (line) => commands.push(line) });
  await here.here({ argv: ["printf", "it's %s", "$HOME"], input: "secret", timeoutSeconds: 30 });
  expect(commands).toEqual([`printf 'it'\\''s %s' '$HOME'`]);
});

test("a sleep ends early where it is told to", async () => {
  const here = open();
  const control = new AbortController();
  const slept = here.sleep(1000, control.signal);
  control.abort();
  await slept;
  await here.sleep(1000, AbortSignal.abort());
  await here.sleep(0.01);
  expect(here.random(12)).toMatch(/^[a-z0-9]{12}$/);
});

test("a program on the person's terminal gives its exit code", async () => {
  expect(await open().attach(["sh", "-c", "exit 3"])).toBe(3);
  expect(await open().attach(["sh", "-c", "kill -9 $$"])).toBe(137);
});

test("who was not met cannot be spoken to", async () => {
  const stranger = hostOf("nas");
  const asked = open().onHost({ host: stranger, script: "true", timeoutSeconds: 30 });
  await expect(asked).rejects.toMatchObject({ code: "bug" });
});
