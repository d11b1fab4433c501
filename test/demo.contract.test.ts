import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeLab, type Lab } from "../demo/lab.ts";
import { run } from "../src/testing/fleet/program.ts";
import { hasNix } from "../src/testing/nix-repository.ts";

describe.runIf(hasNix)("the example homelab", () => {
  let place: string;
  let lab: Lab;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "flurry-demo-"));
    lab = await makeLab(place, "/dev/null");
  });
  afterAll(() => rm(place, { recursive: true, force: true }));

  const text = (system: string | undefined, path: string): string =>
    readFileSync(join(system ?? "", path), "utf8");

  test("builds, with its modules, its overlay and its home where they belong", async () => {
    const {
      nas = "",
      compute = "",
      gateway = "",
    } = await lab.systems(["nas", "compute", "gateway"]);
    for (const system of [nas, compute, gateway]) {
      expect(text(system, "etc/timezone")).toBe("Europe/Berlin\n");
      expect(text(system, "sw/bin/homelab-report")).toContain("systemctl --failed");
      expect(text(system, "etc/systemd/system/heartbeat.service")).toContain("heartbeat-start");
    }
    const has = (path: string): readonly boolean[] =>
      [nas, compute, gateway].map((system) => existsSync(join(system, path)));
    expect(has("etc/systemd/system/homelab-backup.timer")).toEqual([true, true, false]);
    expect(has("sw/bin/tmux")).toEqual([true, true, false]);
    expect(has("etc/homes/ada/.config/git/config")).toEqual([true, true, false]);
    expect(has("etc/caddy/caddy_config")).toEqual([false, false, true]);
    expect(text(compute, "kernel")).not.toBe(text(nas, "kernel"));
  });

  test("its web server takes its configuration, and refuses it after the demo's slip of the hand", async () => {
    const serverOf = async (): Promise<string> => {
      const { gateway = "" } = await lab.systems(["gateway"]);
      const unit = text(gateway, "etc/systemd/system/caddy.service");
      const script = readFileSync(/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "", "utf8");
      const here = script
        .replaceAll("/etc/caddy", join(gateway, "etc/caddy"))
        .replace(/^systemd-notify.*$/m, "echo ready")
        .replace(/^exec sleep.*$/m, "");
      return run(["sh", "-c", here]);
    };
    expect(await serverOf()).toBe("ready\n");
    const changes = await lab.edit(
      "systems/gateway/default.nix",
      "reverse_proxy nas",
      "reverse_proxi nas",
    );
    expect(changes).toContain("+      reverse_proxi nas:8096");
    await expect(serverOf()).rejects.toThrow("unrecognized directive: reverse_proxi");
  });

  test("an edit that finds nothing to change says so", async () => {
    await expect(lab.edit("flake.nix", "not in it", "x")).rejects.toThrow(
      "flake.nix does not hold: not in it",
    );
  });
});
