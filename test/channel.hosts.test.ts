import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Host, HostSettings } from "../src/fleet/host.ts";
import { SecretValue } from "../src/lib/secret-value.ts";
import { startFleet, testPassword, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import type { TestHost } from "../src/testing/fleet/test-host.ts";
import { hostOf } from "../src/testing/hosts.ts";
import { type RealWorld, realWorld } from "../src/world/real.ts";
import type { HostCommand, Output } from "../src/world/world.ts";

// Claim: the real sudo and doas do what test/elevation.test.ts takes their stand-ins to do.
describeOnHosts("how to become root there", () => {
  let fleet: TestFleet;
  let machine: TestHost;
  let world: RealWorld | null = null;

  beforeAll(async () => {
    fleet = await startFleet({ hosts: 1 });
    const [first] = fleet.hosts;
    if (!first) throw new Error("no host");
    machine = first;
  }, 300_000);
  afterEach(() => world?.close());
  afterAll(() => fleet?.[Symbol.asyncDispose]());

  async function ask(
    settings: Partial<HostSettings>,
    more: Partial<HostCommand> = {},
    password?: string,
  ): Promise<Output> {
    world = realWorld({
      env: { ...process.env, SSH_CONFIG_FILE: fleet.sshConfig },
      ...(password !== undefined && { askPassword: async () => new SecretValue(password) }),
    });
    const host: Host = hostOf("h1", { addresses: ["h1"], port: null, ...settings });
    await world.meet([host]);
    const command: HostCommand = { host, script: "id -u", asRoot: true, timeoutSeconds: 60 };
    return await world.onHost({ ...command, ...more });
  }

  /** How often a password of pwuser was refused, as the host's own log has it. */
  async function refusals(): Promise<number> {
    const log = await machine.exec(["journalctl", "-q", "-o", "cat", "--no-pager"]);
    return log.split("\n").filter((line) => /pam_unix\(sudo:auth\): auth.* failure/.test(line))
      .length;
  }

  test("sudo without a password, and doas", async () => {
    expect(await ask({ user: "deployer" })).toMatchObject({ stdout: "0\n", asRoot: true });
    const doas = await ask({ user: "deployer", elevate: "doas" });
    expect(doas).toMatchObject({ stdout: "0\n", asRoot: true });
  });

  test("sudo with the right password, which is nowhere in what comes back", async () => {
    const script = "id -u; cat; tr '\\0' ' ' </proc/$PPID/cmdline";
    const { stdout } = await ask({ user: "pwuser" }, { script }, testPassword);
    expect(stdout).toMatch(/^0\n/);
    expect(stdout).not.toContain(testPassword);
  });

  test("a wrong password is one refused attempt", async () => {
    const before = await refusals();
    await expect(ask({ user: "pwuser" }, {}, "wrong")).rejects.toMatchObject({
      code: "password-wrong",
    });
    expect((await refusals()) - before).toBe(1);
  });

  test("root if possible is pwuser, and nobody is asked", async () => {
    const output = await ask({ user: "pwuser" }, { asRoot: "if-possible", script: "id -un" });
    expect(output).toMatchObject({ stdout: "pwuser\n", asRoot: false });
  });

  test("doas that wants a password is a refusal", async () => {
    await expect(ask({ user: "pwuser", elevate: "doas" })).rejects.toMatchObject({
      code: "elevation-refused",
      message: expect.stringContaining("doas"),
    });
  });
});
