import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import { run } from "../src/testing/fleet/program.ts";
import { all, type Bench, module, openBench, said, sshConfig } from "./lone-host.ts";

// Claim: what people met with other tools ends well here; the names say what they met.
describeOnHosts("reports of people who deploy:", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await openBench({ hosts: 11 });
  }, 300_000);
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]();
  });

  test.concurrent("the login shell is fish, then tcsh, then none", async () => {
    const h1 = await bench.lone("h1");
    await h1.ground.describe("h1", { user: "deployer" });
    for (const shell of ["fish", "tcsh"]) {
      await h1.host.exec(["chsh", "-s", `/usr/bin/${shell}`, "deployer"]);
      const system = await h1.ground.change("h1", shell);
      expect(await h1.ground.flurry("switch", "h1"), shell).toMatchObject({ code: 0 });
      expect(await h1.all(), shell).toEqual(all(system));
      const told = await h1.ground.flurry("exec", "h1", "--", "printf", "%s|", "a b", "$HOME");
      expect(told, shell).toMatchObject({ code: 0, stdout: "a b|$HOME|\n" });
    }
    expect(await h1.ground.flurry("status", "h1")).toMatchObject({ code: 0 });
    expect(await h1.ground.flurry("rollback", "h1", "--to", "1")).toMatchObject({ code: 0 });
    expect(await h1.all()).toEqual(all(h1.old));
    await h1.host.exec(["chsh", "-s", "/usr/sbin/nologin", "deployer"]);
    const startedAt = Date.now();
    const refused = await h1.ground.flurry("switch", "h1");
    expect(refused).toMatchObject({ code: 12, stdout: expect.stringMatching(/deployer.*nologin/) });
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    expect(await h1.all()).toEqual(all(h1.old));
  }, 240_000);

  test.concurrent("the address is an IPv6 literal, on a port of its own, and the key is pinned", async () => {
    const h2 = await bench.lone("h2");
    const { ground, host } = h2;
    const keeper = /\/proc\/(\d+)\/ns\/net/.exec(readFileSync(bench.fleet.sshConfig, "utf8"))?.[1];
    await run(bench.fleet.enter(["ip", "address", "add", "fd77::1/64", "dev", "br0", "nodad"]));
    await host.exec(["ip", "address", "add", "fd77::11/64", "dev", "host0", "nodad"]);
    await host.exec(["systemd-run", "--unit=sshd-2222", "/usr/sbin/sshd", "-D", "-p", "2222"]);
    const config = sshConfig(
      h2,
      `Host fd77::11
  ProxyCommand nsenter --net=/proc/${keeper}/ns/net nc -F %h %p
  ProxyUseFdpass yes`,
    );
    const key = await host.exec(["cat", "/etc/ssh/ssh_host_ed25519_key.pub"]);
    const env = { SSH_CONFIG_FILE: config };
    for (const more of [{}, { port: 2222 }]) {
      await ground.describe("h2", { address: "fd77::11", sshHostKey: key.trim(), ...more });
      const system = await ground.change("h2", `v6-${Object.keys(more).length}`);
      expect(await h2.flurryWith(env, "switch", "h2")).toMatchObject({ code: 0 });
      expect(await h2.all()).toEqual(all(system));
      expect(await h2.flurryWith(env, "status", "h2")).toMatchObject({ code: 0 });
      expect(await h2.flurryWith(env, "ssh", "h2", "--", "true")).toMatchObject({ code: 0 });
    }
  }, 240_000);

  test.concurrent("ssh is told to force a terminal", async () => {
    const h3 = await bench.lone("h3");
    const forced = sshConfig(h3, "Host *\n  RequestTTY force");
    for (const env of [{ SSH_CONFIG_FILE: forced }, { NIX_SSHOPTS: "-tt" }]) {
      const name = Object.keys(env).join("");
      const system = await h3.ground.rewrite(
        "h3",
        module(
          name.replaceAll("_", ""),
          `environment.systemPackages = [ (pkgs.runCommand "blob-${name.length}" { pname = "blob"; } "mkdir -p $out/bin; head -c 3145728 /dev/urandom > $out/bin/blob") ];`,
        ),
      );
      const ended = await h3.flurryWith(env, "switch", "h3");
      expect(ended, name).toMatchObject({ code: 0, stderr: expect.stringMatching(/terminal/) });
      expect(ended.stdout + ended.stderr, name).not.toContain("\r");
      expect(await h3.all(), name).toEqual(all(system));
      const sum = 'sha256sum $(nix-store -qR "$0" | grep blob-)/bin/blob';
      expect(await h3.host.exec(["sh", "-c", sum, system]), name).toBe(
        await run(["sh", "-c", sum, system]),
      );
    }
  }, 240_000);

  test.concurrent("Nix is installed, but not on the PATH of a bare ssh command", async () => {
    const h4 = await bench.lone("h4");
    const { ground, host } = h4;
    const links = "/nix/var/nix/profiles/default/bin";
    await host.exec([
      "sh",
      "-euc",
      `mkdir -p /opt/n/bin ${links}; for p in /usr/bin/nix*; do mv $p /opt/n/bin/; ln -s /opt/n/bin/\${p##*/} ${links}/; done; echo 'PATH=/opt/n/bin:$PATH' >/etc/profile.d/n.sh`,
    ]);
    const system = await ground.change("h4", "hidden");
    expect(await ground.flurry("switch", "h4")).toMatchObject({ code: 0 });
    expect(await h4.all()).toEqual(all(system));

    await host.exec(["rm", "-r", links]);
    await ground.change("h4", "gone");
    const refused = await ground.flurry("switch", "h4");
    const why =
      /bare ssh command of root on h4 finds no Nix.*\/nix\/var\/nix\/profiles\/default\/bin/;
    expect(refused).toMatchObject({ code: 77, stderr: expect.stringMatching(why) });
    expect(refused.stderr).not.toContain("end-of-file");
    expect(await h4.all()).toEqual(all(system));
  }, 240_000);

  test.concurrent("the new system says: not while running", async () => {
    const h5 = await bench.lone("h5");
    const { ground, old } = h5;
    const { generations } = await h5.host.state();
    const system = await ground.rewrite(
      "h5",
      module(
        "inhibited",
        `testHost.preSwitchChecks.switchInhibitors = "echo 'dbus-implementation : dbus -> broker'; exit 1";`,
      ),
    );
    const refused = await ground.flurry("switch", "h5");
    expect(refused).toMatchObject({
      code: 16,
      stdout: expect.stringMatching(/dbus-implementation : dbus -> broker[^]*flurry boot h5/),
      stderr: expect.stringMatching(/dbus-implementation : dbus -> broker[^]*flurry boot h5/),
    });
    expect(await h5.all()).toEqual(all(old));
    expect((await h5.host.state()).generations).toEqual(generations);
    expect(await ground.flurry("plan", "h5")).toMatchObject({ code: 0 });

    expect(await ground.flurry("boot", "h5")).toMatchObject({ code: 0 });
    expect(await h5.all()).toEqual({ ...all(system), running: old });
    expect(await ground.flurry("reboot", "h5", "--yes")).toMatchObject({ code: 0 });
    expect(await h5.all()).toEqual(all(system));
  }, 240_000);

  test.concurrent("waiting for the network fails at every switch", async () => {
    const h6 = await bench.lone("h6");
    const { ground } = h6;
    const wait = (name: string): string =>
      `systemd.services."${name}" = { wantedBy = [ "multi-user.target" ]; serviceConfig = { Type = "oneshot"; ExecStart = "/bin/false"; }; };`;
    const system = await ground.rewrite("h6", module("waits", wait("NetworkManager-wait-online")));
    const kept = await ground.flurry("switch", "h6");
    expect(kept).toMatchObject({
      code: 15,
      stdout: expect.stringMatching(/kept, although NetworkManager-wait-online\.service failed/),
    });
    expect(await h6.all()).toEqual(all(system));

    const strict = 'h6.policy.units={"systemd-networkd-wait-online.service":"undo"}';
    await ground.rewrite("h6", module("strict", wait("systemd-networkd-wait-online")));
    const undone = await ground.flurry("switch", "h6", "--set", strict);
    expect(undone).toMatchObject({ code: 14 });
    expect(await h6.all()).toEqual(all(system));
  }, 240_000);

  test.concurrent("a unit of a logged-in user fails", async () => {
    const h7 = await bench.lone("h7");
    const system = await h7.ground.rewrite(
      "h7",
      module(
        "panel",
        `testHost.afterSwitch = ''
    echo "warning: the following user units failed: panel.service"
    echo "warning: user activation for alice failed"
    false
  '';`,
      ),
    );
    const kept = await h7.ground.flurry("switch", "h7", "--json");
    expect(kept).toMatchObject({ code: 15 });
    expect(JSON.parse(kept.stdout)).toMatchObject({
      exit: 15,
      hosts: {
        h7: {
          outcome: "done",
          because: expect.stringMatching(/panel\.service of user alice.*well/),
        },
      },
    });
    expect(await h7.all()).toEqual(all(system));
  }, 240_000);

  test.concurrent("boot entries are named by content, and have a counter", async () => {
    const h8 = await bench.lone("h8");
    const { ground, host } = h8;
    cpSync(
      join(import.meta.dirname, "data/counted-entries.sh"),
      join(ground.flake, "systems/h8/loader.sh"),
    );
    await run(["git", "-C", ground.flake, "add", "systems/h8/loader.sh"]);
    const counted = "testHost.loaderScript = builtins.readFile ./loader.sh;";
    const bootDefault = async (): Promise<unknown> => {
      const { stdout } = await ground.flurry("status", "h8", "--json");
      return JSON.parse(stdout).hosts.h8.bootDefault;
    };
    const system = await ground.rewrite("h8", module("counted", counted));
    expect(await ground.flurry("switch", "h8")).toMatchObject({ code: 0 });
    expect(await h8.all()).toEqual(all(system));
    expect(await bootDefault()).toBe(system);

    const bad = `systemd.services.bad = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/false"; };`;
    await ground.rewrite("h8", module("counted-bad", counted + bad));
    expect(await ground.flurry("switch", "h8")).toMatchObject({ code: 14 });
    expect(await h8.all()).toEqual(all(system));

    // As a boot would.
    const count =
      "cd /boot/loader/entries; for f in *+3.conf; do mv $f ${f%+3.conf}+2-1.conf; done";
    await host.exec(["sh", "-euc", count]);
    expect(await bootDefault()).toBe(system);
    await ground.rewrite("h8", module("counted", counted));
    expect(await ground.flurry("switch", "h8", "--json")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/"unchanged"/),
    });
    expect(await ground.flurry("plan", "h8")).toMatchObject({ code: 0 });
  }, 240_000);

  test.concurrent("a path counts as there, and is damaged on the disk", async () => {
    const h9 = await bench.lone("h9");
    const { ground, host, old } = h9;
    const program = `systemd.services.tool = { wantedBy = [ "multi-user.target" ]; serviceConfig = { Type = "oneshot"; ExecStart = "\${pkgs.writeShellScriptBin "tool" "exit 0"}/bin/tool"; }; };`;
    const system = await ground.rewrite("h9", module("tool", program));
    expect(await ground.flurry("dry-activate", "h9")).toMatchObject({ code: 0 });
    const path = (
      await host.exec(["sh", "-c", 'nix-store -qR "$0" | grep -- -tool$', system])
    ).trim();
    await host.exec(["sh", "-euc", 'chmod u+w "$0/bin" "$0/bin/tool"; : >"$0/bin/tool"', path]);

    const failed = await ground.flurry("switch", "h9");
    expect(failed).toMatchObject({ code: 14, stderr: expect.stringContaining(path) });
    expect(failed.stderr).toContain("flurry switch h9 --repair-store");
    expect(await h9.all()).toEqual(all(old));

    const repaired = await ground.flurry("switch", "h9", "--repair-store");
    expect(repaired).toMatchObject({ code: 0, stderr: expect.stringContaining(path) });
    expect(await h9.all()).toEqual(all(system));
    expect(await host.exec(["nix-store", "--verify-path", path])).toBe("");
  }, 240_000);

  test.concurrent("the host has a cache configured, but no way to it", async () => {
    const h10 = await bench.lone("h10");
    const { ground, host } = h10;
    await host.exec([
      "sh",
      "-c",
      "echo 'substituters = https://cache.invalid' >> /etc/nix/nix.conf",
    ]);
    const many = Array.from(
      { length: 20 },
      (_, index) => `(pkgs.writeShellScriptBin "tool${index}" "echo ${index}")`,
    );
    const system = await ground.rewrite(
      "h10",
      module("island", `environment.systemPackages = [ ${many.join(" ")} ];`),
    );
    const startedAt = Date.now();
    const sent = await ground.flurry("switch", "h10");
    expect(Date.now() - startedAt).toBeLessThan(60_000);
    expect(sent).toMatchObject({ code: 0, stderr: expect.stringMatching(/cache/) });
    expect(await h10.all()).toEqual(all(system));

    await ground.describe("h10", { build: { substitutes: false } });
    await ground.change("h10", "quiet");
    const quiet = await ground.flurry("switch", "h10");
    expect(quiet).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/cache/) });
  }, 240_000);

  // What each of these does to the tree alone is claimed in snapshot.contract.test.ts.
  test.concurrent("the repository is shallow, behind links, with a filtered file, and needs a feature", async () => {
    const h11 = await bench.lone("h11");
    const { ground } = h11;
    const home = dirname(ground.flake);
    const git = (...words: readonly string[]): Promise<string> =>
      run(["git", "-C", ground.flake, ...words]);
    const planned = async (folder: string, env = {}): Promise<string> => {
      const words = ["plan", "h11", "--flake", folder, "--json"];
      const ended = await h11.flurryWith(env, ...words);
      expect(ended, said(ended)).toMatchObject({ code: 0 });
      return JSON.parse(ended.stdout).hosts.h11.to;
    };

    await git("config", "filter.rot.clean", "tr a-z n-za-m");
    await git("config", "filter.rot.smudge", "tr n-za-m a-z");
    writeFileSync(join(ground.flake, ".gitattributes"), "systems/h11/private.nix filter=rot\n");
    writeFileSync(
      join(ground.flake, "systems/h11/private.nix"),
      '{ environment.etc."private".text = "in clear"; }\n',
    );
    await git("add", ".");
    const needs = `
  imports = [ ./private.nix ];
  system.configurationRevision = inputs.self.rev or "dirty";`;
    const dirty = await ground.rewrite("h11", module("filtered", needs));
    expect(await planned(ground.flake)).toBe(dirty);
    await git("commit", "-qam", "filtered");
    const clean = await planned(ground.flake);
    expect(clean).not.toBe(dirty);

    await run(["git", "clone", "-q", "--depth", "1", `file://${ground.flake}`, join(home, "sh")]);
    const locked = await h11.flurryWith({}, "plan", "h11", "--flake", join(home, "sh"));
    expect(locked, said(locked)).toMatchObject({ code: 10 });
    expect(said(locked)).toMatch(/private\.nix is filtered by rot, and not unlocked here/);
    await run(["git", "-C", join(home, "sh"), "config", "filter.rot.clean", "tr a-z n-za-m"]);
    await run(["git", "-C", join(home, "sh"), "config", "filter.rot.smudge", "tr n-za-m a-z"]);
    await run(["git", "-C", join(home, "sh"), "rm", "-q", "--cached", "-r", "."]);
    await run(["git", "-C", join(home, "sh"), "reset", "-q", "--hard"]);
    expect(await planned(join(home, "sh"))).toBe(clean);

    await run(["ln", "-s", join(home, "sh"), join(home, "l1")]);
    await run(["ln", "-s", join(home, "l1"), join(home, "l2")]);
    const ended = await h11.flurryWith({}, "switch", "--flake", `${join(home, "l2")}#h11`);
    expect(ended, said(ended)).toMatchObject({ code: 0 });
    expect(await h11.all()).toEqual(all(clean));

    await ground.rewrite("h11", module("plain", ""));
    const feature = `system.nixos.label = assert builtins ? fetchClosure; "has it";`;
    writeFileSync(join(ground.flake, "systems/h11/variant.nix"), module("feature", feature));
    const config = `${ground.env["NIX_CONFIG"]}\nextra-experimental-features = fetch-closure\n`;
    expect(await planned(ground.flake, { NIX_CONFIG: config })).toContain("26.05.feature");
  }, 240_000);
});
