import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectFolder } from "../src/testing/fleet/place.ts";
import { attempt, run, type Ended } from "../src/testing/fleet/program.ts";
import { nixEnvironment } from "../src/testing/fleet/system.ts";
import { hasNix } from "../src/testing/nix-repository.ts";

// The program itself is only evaluated here: building it needs the real nixpkgs.
describe.runIf(hasNix)("the project's own flake", () => {
  const standIn = `path:${join(projectFolder, "src/testing/nixpkgs")}`;
  let cache: string;
  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), "flurry-nix-package-"));
  });
  afterAll(() => rm(cache, { recursive: true, force: true }));

  function evaluate(attribute: string, apply: string, nixpkgs = standIn): Promise<Ended> {
    const words = ["--override-input", "nixpkgs", nixpkgs, "--no-write-lock-file"];
    return attempt(["nix", "eval", "--json", ...words, `.#${attribute}`, "--apply", apply], {
      cwd: projectFolder,
      env: { ...nixEnvironment(), XDG_CACHE_HOME: cache },
    });
  }

  async function answer(attribute: string, apply: string): Promise<unknown> {
    const ended = await evaluate(attribute, apply);
    if (ended.code !== 0) throw new Error(ended.stderr);
    return JSON.parse(ended.stdout);
  }

  test("gives the package, the app, the overlay and a shell for every platform", async () => {
    const { version } = JSON.parse(await readFile(join(projectFolder, "package.json"), "utf8"));
    const platforms = ["aarch64-darwin", "aarch64-linux", "x86_64-darwin", "x86_64-linux"];
    const each = (value: string): Record<string, string> =>
      Object.fromEntries(platforms.map((platform) => [platform, value]));
    expect(
      await answer(
        "packages",
        "builtins.mapAttrs (_: p: assert p.default.drvPath != null; p.flurry.name)",
      ),
    ).toEqual(each(`flurry-${version}`));
    expect(await answer("apps", "builtins.mapAttrs (_: a: baseNameOf a.default.program)")).toEqual(
      each("flurry"),
    );
    expect(await answer("devShells", "builtins.mapAttrs (_: s: s.default.type)")).toEqual(
      each("derivation"),
    );
    expect(await answer("overlays", "builtins.attrNames")).toEqual(["default"]);
    expect(await answer("nixosModules", "builtins.attrNames")).toEqual(["default", "host"]);
  });

  test("hands on the library without looking at nixpkgs", async () => {
    await writeFile(join(cache, "flake.nix"), '{ outputs = _: throw "nixpkgs was looked at"; }');
    const library = await evaluate("lib", "l: builtins.isFunction l.mkFleet", `path:${cache}`);
    expect(library.stdout).toBe("true");
    const shell = await evaluate("devShells", "s: s.x86_64-linux.default.name", `path:${cache}`);
    expect(shell.stderr).toContain("nixpkgs was looked at");
  });

  test("knows what npm makes of the lock file on this platform", async () => {
    const system = (
      await run(["nix", "eval", "--raw", "--impure", "--expr", "builtins.currentSystem"], {
        env: nixEnvironment(),
      })
    ).trim();
    const hashes = await readFile(join(projectFolder, "nix/node-modules-hashes.nix"), "utf8");
    const written = new RegExp(`${system} = "(sha256-[^"]*)";`).exec(hashes)?.[1];
    const made = await run([
      process.execPath,
      join(projectFolder, "scripts/nix-hashes.mjs"),
      system,
    ]);
    expect(made.trim()).toBe(written);
  });
});
