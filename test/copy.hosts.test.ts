import { afterAll, beforeAll, expect, test } from "vitest";
import { startFleet, type TestFleet } from "../src/testing/fleet/fleet.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";
import type { TestHost } from "../src/testing/fleet/test-host.ts";
import { makeBundle, makePlayground, type Playground } from "../src/testing/playground.ts";

describeOnHosts("a closure on its way to a host", () => {
  let fleet: TestFleet;
  let host: TestHost;
  let bundle: { readonly path: string; readonly remove: () => void };
  let ground: Playground;

  beforeAll(async () => {
    bundle = await makeBundle();
    fleet = await startFleet({ hosts: 1 });
    const [first] = fleet.hosts;
    if (!first) throw new Error("no host");
    host = first;
    ground = await makePlayground(bundle.path, fleet, ["h1"]);
  }, 300_000);
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    ground?.remove();
    bundle?.remove();
  });

  /** Makes another system, and expects the host to get it with these words; gives what was said. */
  async function arrives(name: string, ...words: readonly string[]): Promise<string> {
    const system = await ground.change("h1", name);
    const { code, stdout, stderr } = await ground.flurry("test", "h1", ...words);
    expect(code, stderr).toBe(0);
    expect(await host.state()).toMatchObject({ running: system });
    return stdout + stderr;
  }

  test("goes through the daemon of root", async () => {
    await expect(arrives("as-root")).resolves.toContain("confirmed");
  });

  test("goes through root's daemon for a user whom Nix does not trust", async () => {
    await expect(arrives("as-deployer", "--ssh-user", "deployer")).resolves.toContain("confirmed");
  });

  test("goes through the guard where that daemon may not be started", async () => {
    const rule = "deployer ALL=(ALL) NOPASSWD: ALL, !/run/current-system/sw/bin/nix-daemon";
    await host.exec(["sh", "-c", `echo '${rule}' > /etc/sudoers.d/zz-no-daemon`]);
    await expect(arrives("imported", "--ssh-user", "deployer")).resolves.toContain("confirmed");
    await host.exec(["rm", "/etc/sudoers.d/zz-no-daemon"]);
  });

  test("is not kept back by a cache of the host that has no name, and the host is told of", async () => {
    const file = "/etc/nix/nix.conf";
    await host.exec(["cp", file, `${file}.before`]);
    await host.exec(["sh", "-c", `echo 'substituters = https://cache.invalid' >> ${file}`]);
    const said = await arrives("no-cache");
    expect(said).toMatch(/cache/);
    await host.exec(["mv", `${file}.before`, file]);
  });

  test.each(["--build-host=h1", "--build-on-target"])(
    "comes from a build on a host (%s)",
    async (how) => {
      await expect(arrives(`built${how.replaceAll(/[-=]/g, "")}`, how)).resolves.toContain(
        "confirmed",
      );
    },
  );
});
