import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { builderOf } from "../src/inventory/build.ts";
import { copySize, copySystem, missingPaths } from "../src/inventory/copy.ts";
import { noNixFlags } from "../src/nix/nix-flags.ts";
import { hostOf, seenOf } from "../src/testing/hosts.ts";
import { hasNix } from "../src/testing/nix-repository.ts";
import { type NixWorld, openNixWorld } from "./nix-world.ts";

const derivations = join(import.meta.dirname, "data/nix-logs/derivations.nix");
const host = hostOf("nas");
const seen = seenOf("nas", "/x", { nixDaemon: "nix-daemon" });

describe.runIf(hasNix)("copying to a host with the installed Nix", () => {
  let world: NixWorld;
  let app: string;
  let warnings: string[];

  beforeEach(async () => {
    world = await openNixWorld({ far: true });
    warnings = [];
    const builder = builderOf(world, {
      run: "r",
      flags: noNixFlags,
      at: { kind: "here" },
      tell: () => {},
    });
    app = await builder.build(await world.instantiate(derivations, "app"));
  });
  afterEach(() => world.close());

  function options(more: object = {}): Parameters<typeof copySystem>[4] {
    return {
      run: "r",
      substitutes: true,
      checkSignatures: false,
      tell: (warning) => warnings.push(warning),
      ...more,
    };
  }

  test("brings a system and all it needs, and then nothing is missing", async () => {
    expect(await missingPaths(world, host, [app])).toEqual([app]);
    const size = await copySize(world, host, [app]);
    expect(size.paths).toBe(3);
    expect(size.bytes).toBeGreaterThan(300);

    const progress: string[] = [];
    await copySystem(world, host, seen, [app], {
      ...options(),
      onProgress: (done, expected, unit) => progress.push(`${done}/${expected} ${unit}`),
    });
    expect(await missingPaths(world, host, [app])).toEqual([]);
    expect(await copySize(world, host, [app])).toEqual({ paths: 0, bytes: 0 });
    expect(progress).toContain("3/3 paths");
    const there = app.replace(`${world.folder}/store`, `${world.folder}/far/store`);
    expect(await readFile(there, "utf8")).toContain("liba");
    expect(warnings).toEqual([]);
  });

  test("is one process, and none more for what is there already", async () => {
    const before = world.started.length;
    await copySystem(world, host, seen, [app], options());
    expect(world.started.slice(before).map(({ argv }) => argv.slice(0, 2).join(" "))).toEqual([
      "nix copy",
    ]);
  });

  test("without signatures fails where they are asked for, and says what to do", async () => {
    await expect(
      copySystem(
        world,
        host,
        { ...seen, loginUser: "ada" },
        [app],
        options({ checkSignatures: true }),
      ),
    ).rejects.toMatchObject({
      code: "copy-failed",
      message: expect.stringContaining("nas takes only signed paths"),
      hint: expect.stringContaining("secret-key-files"),
    });
  });

  test("a path that is not here is a failure with Nix's own words", async () => {
    await expect(copySystem(world, host, seen, [`${app}x`], options())).rejects.toMatchObject({
      code: "copy-failed",
      message: expect.stringContaining(app),
    });
  });

  test("a host without Nix is told before anything is tried", async () => {
    await expect(
      copySystem(world, host, { ...seen, nixDaemon: null }, [app], options()),
    ).rejects.toMatchObject({ code: "host-lacks-tools" });
  });

  test("a cache of the host that does not answer keeps nothing back, and is told of", async () => {
    await world.setFar("substituters = https://cache.invalid");
    await copySystem(world, host, seen, [app], options());
    expect(await missingPaths(world, host, [app])).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("caches")]);
    warnings = [];
    const other = await world.instantiate(derivations, "good");
    const [good = ""] = (
      await world.here({ argv: ["nix-store", "--realise", other], timeoutSeconds: 60 })
    ).stdout.split("\n");
    await copySystem(world, host, seen, [good], options({ substitutes: false }));
    expect(warnings).toEqual([]);
  });

  test("a host fetches from its own cache what that has, and nothing goes from here", async () => {
    const cache = `file://${world.folder}/cache-of-nas`;
    const settings = { NIX_CONFIG: "extra-experimental-features = nix-command" };
    await world.here({
      argv: ["nix", "copy", "--to", cache, app],
      env: settings,
      timeoutSeconds: 60,
    });
    await world.setFar(`substituters = ${cache}\nrequire-sigs = false`);
    // Whatever came from here would be refused as damaged.
    await chmod(app, 0o644);
    await writeFile(app, "tampered with\n");
    await copySystem(world, host, seen, [app], options());
    expect(await missingPaths(world, host, [app])).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test("called off, it ends", async () => {
    const control = new AbortController();
    control.abort();
    await expect(
      copySystem(world, host, seen, [app], options({ signal: control.signal })),
    ).rejects.toMatchObject({ code: "interrupted" });
  });
});
