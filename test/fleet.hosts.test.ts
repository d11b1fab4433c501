import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFleet, testPassword, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import { attempt, until, type Ended } from "../src/testing/fleet/program.ts";
import { buildSystem } from "../src/testing/fleet/system.ts";
import type { TestHost } from "../src/testing/fleet/test-host.ts";

/** Image and hosts; the first time on a machine that takes a minute or two. */
const startLimit = 300_000;

/** A host of that number, from 1. */
function hostOf(fleet: TestFleet, number: number): TestHost {
  const host = fleet.hosts[number - 1];
  if (host === undefined) throw new Error(`no host ${number}`);
  return host;
}

/** A command on a host over its network. */
function ssh(
  fleet: TestFleet,
  host: TestHost,
  command: string,
  ...words: string[]
): Promise<Ended> {
  return attempt([
    "ssh",
    "-F",
    fleet.sshConfig,
    "-o",
    "ConnectTimeout=3",
    ...words,
    host.name,
    command,
  ]);
}

describeOnHosts("a test fleet", () => {
  let fleet: TestFleet;
  let h1: TestHost;
  let h2: TestHost;
  let first: string;
  beforeAll(async () => {
    fleet = await startFleet({ hosts: 2 });
    [h1, h2] = [hostOf(fleet, 1), hostOf(fleet, 2)];
    first = await buildSystem({});
  }, startLimit);
  afterAll(() => fleet[Symbol.asyncDispose]());

  test("starts hosts that answer by name and run what is built here from the same words", async () => {
    expect(await ssh(fleet, h2, "uname -n; readlink /run/current-system")).toEqual({
      code: 0,
      stdout: `h2\n${first}\n`,
      stderr: "",
    });
    expect(await h2.state()).toEqual({
      running: first,
      booted: first,
      profile: first,
      bootDefault: first,
      generations: { 1: first },
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test("has users as decided: deployer becomes root freely, pwuser by password", async () => {
    const asRoot = await ssh(
      fleet,
      h1,
      "sudo -n id -u; doas id -u; nix store ping 2>&1",
      "-l",
      "deployer",
    );
    expect(asRoot.stdout).toBe("0\n0\nStore URL: daemon\nVersion: 2.8.0\n");
    expect((await ssh(fleet, h1, "sudo -n id -u", "-l", "pwuser")).code).toBe(1);
    const command = `echo '${testPassword}' | sudo -S id -u`;
    expect((await ssh(fleet, h1, command, "-l", "pwuser")).stdout).toBe("0\n");
  });

  test("after a power cut boots the default, not what was tested", async () => {
    const next = await buildSystem({ version: "26.05.1" });
    await h1.receive(next);
    await h1.exec([`${next}/bin/switch-to-configuration`, "test"]);
    const tested = await h1.state();
    expect(tested).toMatchObject({ running: next, profile: first, bootDefault: first });
    await h1.cutPower();
    expect(await h1.state()).toMatchObject({ running: null, bootId: null, bootDefault: first });
    await h1.powerOn();
    const after = await h1.state();
    expect(after).toMatchObject({ running: first, booted: first });
    expect(after.bootId).not.toBe(tested.bootId);
  });

  test("boots a one-shot entry once", async () => {
    const next = await buildSystem({ version: "26.05.2" });
    await h2.receive(next);
    await h2.exec(["nix-env", "-p", "/nix/var/nix/profiles/system", "--set", next]);
    await h2.exec([`${first}/bin/switch-to-configuration`, "boot"]);
    await h2.exec(["nix-env", "-p", "/nix/var/nix/profiles/system", "--switch-generation", "1"]);
    const entries: unknown = JSON.parse(await h2.exec(["bootctl", "list", "--json=short"]));
    expect(entries).toMatchObject([
      { id: "nixos-generation-1.conf", isDefault: true },
      { id: "nixos-generation-2.conf", isDefault: false },
    ]);
    await h2.exec(["bootctl", "set-oneshot", "nixos-generation-2.conf"]);
    await h2.reboot();
    expect(await h2.state()).toMatchObject({ running: next, booted: next, bootDefault: first });
    await h2.reboot();
    expect(await h2.state()).toMatchObject({ running: first, booted: first, bootDefault: first });
  });

  test("shuts down in order, and stays off until its power is on", async () => {
    await h2.powerOff();
    expect((await h2.state()).running).toBeNull();
    await expect(h2.exec(["true"])).rejects.toThrow("h2 is off");
    await h2.powerOn();
    expect(await h2.exec(["uname", "-n"])).toBe("h2\n");
  });

  describe("breaks hosts from outside, and heals them", () => {
    test("packets are dropped, the state is still seen", async () => {
      await h1.fault({ kind: "packets-dropped" });
      expect((await ssh(fleet, h1, "true")).code).not.toBe(0);
      expect((await h1.state()).running).toBe(first);
      await h1.heal();
      expect((await ssh(fleet, h1, "true")).code).toBe(0);
    });

    test("the cable is out: the host sees it", async () => {
      await h1.fault({ kind: "link-down" });
      expect(await h1.exec(["ip", "link", "show", "host0"])).toContain("NO-CARRIER");
      await h1.heal();
      await until("the cable is in", async () => (await ssh(fleet, h1, "true")).code === 0);
    });

    test("the disk is full, for Nix too", async () => {
      await h1.fault({ kind: "disk-full", leftKib: 500 });
      const big = await buildSystem({ packageKiB: 3000 });
      await expect(h1.receive(big)).rejects.toThrow("No space left on device");
      await h1.heal();
      await h1.receive(big);
      expect(existsSync(`${h1.disk}${big}`)).toBe(true);
    });

    test("a folder can only be read", async () => {
      await h1.fault({ kind: "read-only", path: "/boot" });
      await expect(h1.exec(["touch", "/boot/x"])).rejects.toThrow("Read-only file system");
      await h1.heal();
      await h1.exec(["touch", "/boot/x"]);
    });

    test("the wire is slow", async () => {
      await h1.fault({ kind: "delay", milliseconds: 150 });
      const began = Date.now();
      expect((await ssh(fleet, h1, "true")).code).toBe(0);
      expect(Date.now() - began).toBeGreaterThan(900);
      await h1.heal();
    });

    test("the wire is narrow, lossy, the machine slow and short of memory", async () => {
      await h1.fault({ kind: "rate", kilobits: 2000 });
      await h1.fault({ kind: "loss", percent: 1 });
      await h1.fault({ kind: "cpu", percent: 50 });
      await h1.fault({ kind: "memory", mebibytes: 200 });
      expect((await ssh(fleet, h1, "true", "-o", "ConnectTimeout=30")).code).toBe(0);
      await h1.heal();
    });

    test("the host key is another", async () => {
      await h1.fault({ kind: "host-key-changed" });
      const refused = await ssh(fleet, h1, "true");
      expect(refused.code).toBe(255);
      expect(refused.stderr).toContain("REMOTE HOST IDENTIFICATION HAS CHANGED");
      await h1.heal();
      await until("the key is the old one", async () => (await ssh(fleet, h1, "true")).code === 0);
    });

    test("another machine answers at the address", async () => {
      await h1.fault({ kind: "address-swapped", with: "h2" });
      expect((await ssh(fleet, h1, "uname -n")).stdout).toBe("h2\n");
      expect((await ssh(fleet, h2, "uname -n")).stdout).toBe("h1\n");
      await h1.heal();
      expect((await ssh(fleet, h1, "uname -n")).stdout).toBe("h1\n");
    });
  });

  describe("has a stand-in for switch-to-configuration that ends as the real one does", () => {
    /** Brings a system to h1 and activates it as `test`; the words and the exit code. */
    async function activate(
      wish: Parameters<typeof buildSystem>[0],
      action = "test",
    ): Promise<Ended> {
      const system = await buildSystem(wish);
      await h1.receive(system);
      return ssh(fleet, h1, `${system}/bin/switch-to-configuration ${action} 2>&1`);
    }

    test("4 when a unit fails, and names it", async () => {
      const ended = await activate({
        units: { "bad.service": "[Service]\nExecStart=/bin/false\n" },
      });
      expect(ended.code).toBe(4);
      expect(ended.stdout).toContain("warning: the following units failed: bad.service\n\n");
    });

    test("2 when the activation fails, though the new system is the running one", async () => {
      expect((await activate({ activation: "false", version: "26.05.3" })).code).toBe(2);
      expect((await h1.state()).running).toContain("26.05.3");
    });

    test("11 at once when somebody else is switching", async () => {
      const lock = "/run/nixos/switch-to-configuration.lock";
      await h1.exec(["mkdir", "-p", "/run/nixos"]);
      const held = h1.exec(["sh", "-c", `flock ${lock} sleep 1000; true`]);
      await until("the lock is held", async () => {
        const asked = await ssh(fleet, h1, `flock -n ${lock} true`);
        return asked.code === 1;
      });
      expect(await activate({})).toMatchObject({ code: 11, stdout: "Could not acquire lock\n" });
      await h1.exec(["pkill", "-x", "sleep"]);
      await held;
    });

    test("1 when a check before the switch says no, unless checks are off; `boot` asks none", async () => {
      const wish = { preSwitchChecks: { switchInhibitors: "echo 'dbus -> broker'; exit 1" } };
      const before = (await h1.state()).running;
      for (const action of ["check", "switch", "test", "dry-activate"]) {
        expect(await activate(wish, action)).toMatchObject({
          code: 1,
          stdout:
            "dbus -> broker\nPre-switch check 'switchInhibitors' failed\nPre-switch checks failed\n",
        });
      }
      expect((await h1.state()).running).toBe(before);
      const system = await buildSystem(wish);
      expect(
        (await ssh(fleet, h1, `NIXOS_NO_CHECK=1 ${system}/bin/switch-to-configuration check`)).code,
      ).toBe(0);
      expect((await ssh(fleet, h1, `${system}/bin/switch-to-configuration boot`)).code).toBe(0);
    });

    test("says which units it stops, skips, restarts and starts", async () => {
      const unit = (text: string, setting: string) =>
        `[Unit]\n${setting}\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/echo ${text}\n`;
      const units = (text: string) => ({
        "web.service": unit(text, ""),
        "kept.service": unit(text, "X-RestartIfChanged=false"),
        "quick.service": unit(text, "X-StopIfChanged=false"),
      });
      const begun = await activate({ units: { ...units("one"), "old.service": unit("old", "") } });
      expect(begun.stdout).toContain(
        "the following new units were started: kept.service, old.service, quick.service, web.service\n",
      );
      expect((await activate({ units: units("two") })).stdout).toBe(`\
stopping the following units: old.service, web.service
NOT restarting the following changed units: kept.service
activating the configuration...
setting up /etc...
restarting the following units: quick.service
starting the following units: web.service
`);
    });
  });
});

describeOnHosts("files of this machine", () => {
  test("are seen on the hosts, and can only be read there", async () => {
    const binds = [{ from: process.execPath, to: "/usr/local/bin/node" }];
    const fleet = await startFleet({ hosts: 1, binds });
    try {
      const host = hostOf(fleet, 1);
      const version = await ssh(fleet, host, "node --version");
      expect(version.stdout).toBe(`${process.version}\n`);
      await expect(host.exec(["sh", "-c", ": > /usr/local/bin/node"])).rejects.toThrow("Read-only");
    } finally {
      await fleet[Symbol.asyncDispose]();
    }
  }, 300_000);
});

describeOnHosts("GRUB's habit", () => {
  test("what grub.cfg names first is what boots, in a generation or not", async () => {
    const fleet = await startFleet({ hosts: ["gateway"], loader: "grub" });
    try {
      const host = hostOf(fleet, 1);
      expect(await host.state()).toMatchObject({
        bootDefault: await buildSystem({ loader: "grub" }),
      });
      const next = await buildSystem({ loader: "grub", version: "26.05.1" });
      await host.receive(next);
      await host.exec([`${next}/bin/switch-to-configuration`, "boot"]);
      expect((await host.state()).bootDefault).toBe(next);
      await host.reboot();
      expect(await host.state()).toMatchObject({ running: next, booted: next });
      await expect(host.exec(["bootctl", "list", "--json=short"])).rejects.toThrow("not installed");
    } finally {
      await fleet[Symbol.asyncDispose]();
    }
  }, 300_000);
});
