import { afterAll, beforeAll, expect, test } from "vitest";
import { testPassword } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import type { TestHost } from "../src/testing/fleet/test-host.ts";
import { all, type Bench, onTerminal, openBench, said } from "./lone-host.ts";

// Claim: whoever logs in, root's work is done as root or not at all; a password is asked once, tried
// once a host, and seen nowhere.
describeOnHosts("becoming root", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await openBench({ hosts: 6 });
  }, 300_000);
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]();
  });

  const asked = /sudo password of pwuser/;

  /** How often sudo was given a wrong password, as the host's journal has it. */
  async function wrongTries(host: TestHost): Promise<number> {
    const lines = await host.exec(["sh", "-c", "journalctl -q -o cat _COMM=sudo || :"]);
    const counted = [...lines.matchAll(/(\d+) incorrect password attempts?/g)];
    return counted.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  test.concurrent("a user whose sudo asks for nothing deploys, goes back and collects garbage", async () => {
    const { ground, ...h1 } = await bench.lone("h1");
    await ground.describe("h1", { user: "deployer" });
    const system = await ground.change("h1", "by-sudo");
    const ended = await ground.flurry("switch", "h1");
    expect(ended, said(ended)).toMatchObject({ code: 0 });
    expect(await h1.all()).toEqual(all(system));
    const back = await ground.flurry("rollback", "h1");
    expect(back, said(back)).toMatchObject({ code: 0 });
    expect(await h1.all()).toEqual(all(h1.old));
    const forward = await ground.flurry("rollback", "h1", "--to", "2");
    expect(forward, said(forward)).toMatchObject({ code: 0 });
    expect(await h1.all()).toEqual(all(system));
    const gone = await ground.flurry("gc", "h1", "--keep", "1", "--yes");
    expect(gone, said(gone)).toMatchObject({ code: 0 });
    const { generations } = await h1.host.state();
    expect(Object.values(generations)).toContain(system);
  }, 240_000);

  test.concurrent.each([
    ["h2", "doas", ""],
    [
      "h3",
      "run0",
      `#!/bin/sh
echo "$1 $2" >>/tmp/run0-was-asked
[ "$1 $2" = "--no-ask-password --" ] || exit 64
shift 2
exec sudo -n -- "$@"
`,
    ],
  ])(
    "%s: %s does as well",
    async (name, elevate, standIn) => {
      const { ground, host, all: everything } = await bench.lone(name);
      if (standIn !== "") {
        await host.exec(
          ["sh", "-c", "cat >/usr/local/bin/run0 && chmod 755 /usr/local/bin/run0"],
          standIn,
        );
      }
      await ground.describe(name, { user: "deployer", elevate });
      if (elevate === "doas") await host.exec(["rm", "/etc/sudoers.d/fleet"]);
      const system = await ground.change(name, elevate);
      const ended = await ground.flurry("switch", name);
      expect(ended, said(ended)).toMatchObject({ code: 0 });
      expect(await everything()).toEqual(all(system));
      if (standIn !== "") {
        expect(await host.exec(["cat", "/tmp/run0-was-asked"])).toMatch(
          /^(--no-ask-password --\n)+$/,
        );
      }
    },
    240_000,
  );

  test.concurrent("a password is asked once; a wrong one is tried once, and nothing changes", async () => {
    const h4 = await bench.lone("h4");
    const { ground, host, old } = h4;
    await ground.describe("h4", { user: "pwuser" });
    const system = await ground.change("h4", "by-password");

    const nobody = await ground.flurry("switch", "h4");
    expect(nobody, said(nobody)).toMatchObject({ code: 77 });
    expect(said(nobody)).toMatch(/sudo wants the password of pwuser/);

    const wrong = await onTerminal(h4, ["switch", "h4", "--yes"], asked, "not this one\r");
    expect(wrong, wrong.screen).toMatchObject({ code: 77 });
    expect(wrong.seconds).toBeLessThan(15);
    expect(await wrongTries(host)).toBe(1);
    expect(await h4.all()).toEqual(all(old));

    const right = await onTerminal(h4, ["switch", "h4", "--yes"], asked, `${testPassword}\r`);
    expect(right, right.screen).toMatchObject({ code: 0 });
    expect(right.screen.match(/sudo password of pwuser/g)).toHaveLength(1);
    expect(right.screen).not.toContain(testPassword);
    expect(await h4.all()).toEqual(all(system));
    expect(await wrongTries(host)).toBe(1);
  }, 240_000);

  test.concurrent("an account that may not use sudo is refused before anything is built", async () => {
    const { ground, host, old, ...h5 } = await bench.lone("h5");
    await ground.describe("h5", { user: "deployer" });
    await host.exec(["rm", "/etc/sudoers.d/fleet"]);
    await ground.change("h5", "never");
    const ended = await ground.flurry("switch", "h5", "--format", "jsonl");
    expect(ended, said(ended)).toMatchObject({ code: 77 });
    expect(ended.stdout).toMatch(/"elevation-refused"|"password-needed"/);
    expect(await h5.all()).toEqual(all(old));

    await ground.describe("h5", { user: "nobody-here" });
    const wrong = await ground.flurry("switch", "h5");
    expect(wrong, said(wrong)).toMatchObject({ code: 12 });
    expect(said(wrong)).toMatch(/nobody-here may not log in/);
  }, 240_000);

  // NixOS/nixpkgs#371156: sudo of that age, written anew, knows no option for its prompt.
  test.concurrent("sudo is the Rust one", async () => {
    const h6 = await bench.lone("h6");
    const { ground, host, old } = h6;
    const standIn = `#!/bin/sh
for word; do
  case $word in
  --) break ;;
  -p* | --prompt* | -A | -B) echo "usage: sudo [-u user] [-g group] [-D directory] [-knS] [<command>]" >&2; exit 1 ;;
  esac
done
exec /usr/bin/sudo -p '[sudo] Password: ' "$@"
`;
    await host.exec(
      ["sh", "-c", "cat >/usr/local/bin/sudo && chmod 755 /usr/local/bin/sudo"],
      standIn,
    );
    await ground.describe("h6", { user: "pwuser" });
    const system = await ground.change("h6", "rust");
    const wrong = await onTerminal(h6, ["switch", "h6", "--yes"], asked, "not this one\r");
    expect(wrong, wrong.screen).toMatchObject({ code: 77 });
    expect(wrong.seconds).toBeLessThan(15);
    expect(await wrongTries(host)).toBe(1);
    expect(await h6.all()).toEqual(all(old));
    const right = await onTerminal(h6, ["switch", "h6", "--yes"], asked, `${testPassword}\r`);
    expect(right, right.screen).toMatchObject({ code: 0 });
    expect(wrong.screen + right.screen).not.toContain("[sudo] Password");
    expect(await h6.all()).toEqual(all(system));
  }, 240_000);
});
