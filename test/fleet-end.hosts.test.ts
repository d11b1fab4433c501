import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import { fleetsFolder, projectFolder } from "../src/testing/fleet/place.ts";
import { attempt, run, until } from "../src/testing/fleet/program.ts";

/** What a fleet of that name has on this machine. */
async function remainsOf(name: string): Promise<readonly string[]> {
  const lines = async (...argv: string[]) => (await run(argv)).split("\n").filter(Boolean);
  const named = (line: string) => line.includes(name);
  const folder = `${fleetsFolder}/${name}`;
  return [
    ...(await lines("find", "/sys/fs/cgroup", "-name", `flurry-fleet.${name}`)),
    ...(await lines("ps", "-eo", "args")).filter((line) => line.includes(`/${name}/`)),
    ...(await lines("cat", "/proc/self/mountinfo")).filter(named),
    ...(await lines("ip", "-o", "link")).filter(
      (line) => line.includes("vb-") || line.includes("br0"),
    ),
    ...(existsSync(folder) ? [folder] : []),
  ];
}

/** A process of its own that starts a host and says the fleet's name, and then waits. */
const starter = `
  const { bundled } = await import(process.argv[1]);
  const { startFleet } = await bundled("src/testing/fleet/fleet.ts");
  const fleet = await startFleet({ hosts: 1 });
  process.stdout.write(fleet.name + "\\n");
  setInterval(() => {}, 1000);
`;

describeOnHosts("the end of a fleet", () => {
  test("leaves nothing on this machine", async () => {
    const fleet = await startFleet({ hosts: 2 });
    expect(await remainsOf(fleet.name)).not.toEqual([]);
    await fleet[Symbol.asyncDispose]();
    expect(await remainsOf(fleet.name)).toEqual([]);
  }, 300_000);

  test("comes with the end of who started it, by SIGKILL too", async () => {
    const bundled = `${projectFolder}/scripts/bundled.mjs`;
    const words = ["--input-type=module", "-e", starter, bundled];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    const [name] = await new Promise<string[]>((resolve, reject) => {
      createInterface(child.stdout).once("line", (line) => resolve([line]));
      child.once("exit", () => reject(new Error("it did not start its fleet")));
    });
    expect(await remainsOf(name ?? "")).not.toEqual([]);
    child.kill("SIGKILL");
    await until("nothing is left", async () => (await remainsOf(name ?? "")).length === 0, 30);
  });

  test("is made good by the next start, where its janitor was killed too", async () => {
    const fleet = await startFleet({ hosts: 1 });
    const holder = Number(await run(["cat", `${fleetsFolder}/${fleet.name}/holder`]));
    const keeper = Number(await run(["cat", `${fleetsFolder}/${fleet.name}/keeper`]));
    process.kill(holder, "SIGKILL");
    process.kill(keeper, "SIGKILL");
    await until("its hosts have ended", async () => {
      return (await remainsOf(fleet.name)).every((one) => !one.includes("systemd-nspawn"));
    });
    expect(await remainsOf(fleet.name)).toContain(`${fleetsFolder}/${fleet.name}`);
    const next = await startFleet({ hosts: 1 });
    expect(await remainsOf(fleet.name)).toEqual([]);
    await next[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });
});

describeOnHosts("the fleet command", () => {
  const name = `test-${process.pid}`;
  const script = `${projectFolder}/scripts/fleet.mjs`;
  /** `npm run -s fleet -- …` without npm. */
  const command = (...words: string[]) =>
    attempt([process.execPath, script, ...words, "--fleet", name], { timeoutSeconds: 300 });
  let up: { flake: string; env: Record<string, string>; hosts: { name: string; ssh: string[] }[] };

  beforeAll(async () => {
    const ended = await command("up", "--names", "nas,gateway", "--json");
    if (ended.code !== 0) throw new Error(ended.stderr);
    up = JSON.parse(ended.stdout);
  }, 300_000);
  afterAll(() => command("down"));

  test("says in one document how the hosts are reached", async () => {
    expect(up.hosts.map((host) => [host.name, host.ssh.at(-1)])).toEqual([
      ["nas", "nas"],
      ["gateway", "gateway"],
    ]);
    for (const { name: host, ssh } of up.hosts) {
      expect(await run([...ssh, "uname -n"])).toBe(`${host}\n`);
    }
  });

  test("gives an environment in which plain ssh and nix reach the hosts by name", async () => {
    const shell = (line: string) => attempt(["sh", "-c", line], { env: up.env, cwd: up.flake });
    expect((await shell("ssh nas uname -n")).stdout).toBe("nas\n");
    expect((await shell("nix store ping --store ssh-ng://gateway 2>&1")).stdout).toContain(
      "Store URL: ssh-ng://gateway",
    );
  });

  test("starts hosts with what their flake says, committed, so there is nothing to do", async () => {
    const argv = ["nix", "build", "--no-link", "--json"];
    const attribute = ".#nixosConfigurations.nas.config.system.build.toplevel";
    const built = await run([...argv, attribute], { env: up.env, cwd: up.flake });
    const [{ outputs }] = JSON.parse(built);
    const state = JSON.parse((await command("state", "nas")).stdout);
    expect(state).toMatchObject({ running: outputs.out, bootDefault: outputs.out });
    expect(state.generations).toEqual({ 1: outputs.out });
    expect(await run(["git", "-C", up.flake, "status", "--short"])).toBe("");
  });

  describe("makes variants that end as their fault says", () => {
    test.each([
      ["none", 0],
      ["unit-fails", 4],
      ["activation-fails", 2],
      ["kills-sshd", 255],
    ])("%s: %i", async (fault, code) => {
      const made = await command("variant", "nas", `v-${fault}`, "--fault", fault);
      const { system } = JSON.parse(made.stdout);
      expect(await run(["git", "-C", up.flake, "status", "--short"])).toBe(
        "M  systems/nas/variant.nix\n",
      );
      const copy = ["nix", "copy", "--no-check-sigs", "--to", "ssh-ng://nas", system];
      await run(copy, { env: up.env });
      const ssh = up.hosts[0]?.ssh ?? [];
      const ended = await attempt([...ssh, `${system}/bin/switch-to-configuration test`]);
      expect(ended.code).toBe(code);
      expect((await command("fault", "nas", "power-cut")).code).toBe(0);
      // A power cut is over when it boots; this waits for its sshd.
      expect((await command("fault", "nas", "power-on")).code).toBe(0);
    });
  });

  test("brings faults about and takes them away; a power cut is another boot", async () => {
    const bootId = async () => JSON.parse((await command("state", "gateway")).stdout).bootId;
    const ssh = (line: string) => attempt(["timeout", "5", ...(up.hosts[1]?.ssh ?? []), line]);
    const before = await bootId();
    await command("fault", "gateway", "cut-link");
    expect((await ssh("true")).code).not.toBe(0);
    await command("fault", "gateway", "restore-link");
    expect((await ssh("true")).code).toBe(0);
    await command("fault", "gateway", "fill-disk");
    const written = await ssh(
      "dd if=/dev/zero of=/big bs=1k count=2000 2>/dev/null; stat -c %s /big; rm /big",
    );
    expect(Number(written.stdout)).toBeLessThanOrEqual(500 * 1024);
    await command("fault", "gateway", "free-disk");
    await command("fault", "gateway", "power-off");
    expect(await bootId()).toBeNull();
    await command("fault", "gateway", "power-on");
    const after = await bootId();
    expect(after).not.toBe(before);
    await command("fault", "gateway", "power-cut");
    expect([before, after, null]).not.toContain(await bootId());
  });

  test("refuses what it does not know, and a second fleet of the name", async () => {
    expect(await command("up", "--json")).toMatchObject({ code: 64, stdout: "" });
    expect((await command("fault", "nas", "earthquake")).code).toBe(64);
    expect((await command("variant", "nas", "a b")).code).toBe(1);
    expect((await command("state", "h9")).stderr).toContain("no host named h9");
  });

  test("ends it, and nothing is left", async () => {
    expect(await remainsOf(name)).not.toEqual([]);
    expect((await command("down")).code).toBe(0);
    expect(await remainsOf(name)).toEqual([]);
    expect((await command("down")).code).toBe(0);
  });
});
