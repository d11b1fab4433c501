import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Host } from "../src/fleet/host.ts";
import { type Evaluator, evaluationWidth, evaluatorOf } from "../src/inventory/evaluate.ts";
import { noNixFlags } from "../src/nix/nix-flags.ts";
import { hostOf } from "../src/testing/hosts.ts";
import { hasNix } from "../src/testing/nix-repository.ts";
import { type NixWorld, openNixWorld } from "./nix-world.ts";

const flake = `{
  nixConfig.extra-substituters = "https://cache.example.org";
  outputs = _: let
    system = name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; };
    host = config: { config.system.build.toplevel = config; };
  in {
    nixosConfigurations = {
      nas = host (system "nas");
      "a.b" = host (system "dotted");
      "50% off" = host (system "percent");
      broken = host (import ./systems/broken.nix);
      spins = host (let fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2); in fib 40);
      recurses = host (let x = x; in x);
      warns = host (builtins.trace "warning: old option" (system "warns"));
    };
  };
}
`;

describe.runIf(hasNix)("evaluating hosts with the installed Nix", () => {
  let world: NixWorld;
  let warnings: (string | null)[];
  let evaluator: Evaluator;

  beforeEach(async () => {
    world = await openNixWorld();
    warnings = [];
    await world.writeFiles({
      "fleet/flake.nix": flake,
      "fleet/systems/broken.nix": "{\n  a = 1;\n  b = notThere;\n}.b\n",
    });
    const folder = join(world.folder, "fleet");
    evaluator = evaluatorOf(
      world,
      { reference: `path:${folder}`, flags: [] },
      {
        flags: noNixFlags,
        cores: 2,
        folder,
        tell: (warning, host) => warnings.push(host, warning),
      },
    );
  });
  afterEach(() => world.close());

  test("gives the derivation of each, one process a host", async () => {
    const names = ["nas", "a.b", "50% off"];
    const derivations = await Promise.all(names.map((name) => evaluator.evaluate(hostOf(name))));
    expect(derivations.map((path) => path.replace(/^.*\/[0-9a-z]{32}-/, ""))).toEqual([
      "nas.drv",
      "dotted.drv",
      "percent.drv",
    ]);
    expect(world.started.filter(({ argv }) => argv[0] === "nix")).toHaveLength(3);
  });

  test("a host that fails says what and where, and stops no other", async () => {
    const [broken, nas] = await Promise.allSettled([
      evaluator.evaluate(hostOf("broken")),
      evaluator.evaluate(hostOf("nas")),
    ]);
    expect(nas.status).toBe("fulfilled");
    expect(broken).toMatchObject({
      reason: {
        code: "evaluation-failed",
        message: "broken does not evaluate: undefined variable 'notThere' (systems/broken.nix:3:7)",
        evidence: expect.arrayContaining([expect.stringContaining("b = notThere;")]),
      },
    });
  });

  test("endless recursion and missing attributes are failures like others", async () => {
    await expect(evaluator.evaluate(hostOf("recurses"))).rejects.toMatchObject({
      code: "evaluation-failed",
      message: expect.stringContaining("infinite recursion"),
    });
    await expect(evaluator.evaluate(hostOf("missing"))).rejects.toMatchObject({
      code: "evaluation-failed",
      message: expect.stringContaining("missing"),
    });
  });

  test("an evaluation that goes on and on is ended by its limit", async () => {
    const { policy } = hostOf("spins").settings;
    const host: Host = hostOf("spins", { policy: { ...policy, evaluateSeconds: 1 } });
    await expect(evaluator.evaluate(host)).rejects.toMatchObject({
      code: "evaluation-timed-out",
      message: "spins was not evaluated within 1 s",
    });
  });

  test("one that is called off starts nothing more", async () => {
    const control = new AbortController();
    control.abort();
    await expect(evaluator.evaluate(hostOf("nas"), control.signal)).rejects.toMatchObject({
      code: "interrupted",
    });
    expect(world.started).toEqual([]);
  });

  test("each warning is told once, with a host that gave it, and the flake's own settings are one", async () => {
    await evaluator.evaluate(hostOf("warns"));
    await evaluator.evaluate(hostOf("warns"));
    expect(warnings).toEqual([
      "warns",
      "the flake's own settings (extra-substituters) are not used; to allow them: -- --accept-flake-config",
      "warns",
      "old option",
    ]);
  });

  test("the machine's memory limits how many run side by side, and one always may", async () => {
    const meminfo = (available: number): NixWorld => ({
      ...world,
      files: { ...world.files, read: async () => `MemAvailable:   ${available} kB\n` },
    });
    expect(await evaluationWidth(meminfo(24_000_000), 8)).toBe(8);
    expect(await evaluationWidth(meminfo(3_400_000), 8)).toBe(3);
    expect(await evaluationWidth(meminfo(100_000), 8)).toBe(1);
  });
});
