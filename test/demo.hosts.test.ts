import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fleetsFolder, projectFolder, textOf } from "../src/testing/fleet/place.ts";
import { attempt, until } from "../src/testing/fleet/program.ts";
import { describeOnHosts } from "../src/testing/fleet/on-hosts.ts";

const script = join(projectFolder, "scripts/demo.mjs");

function fleets(): readonly string[] {
  return existsSync(fleetsFolder) ? readdirSync(fleetsFolder) : [];
}

/** Whose environment names a fleet: flurry, and all that it started. */
function processesFor(fleet: string): readonly string[] {
  return readdirSync("/proc").filter(
    (pid) =>
      /^\d+$/.test(pid) && textOf(`/proc/${pid}/environ`).includes(`${fleetsFolder}/${fleet}/`),
  );
}

describeOnHosts("the demo", () => {
  test("tells its whole story without a terminal, in plain text, and measures it", async () => {
    const ended = await attempt([process.execPath, script], { timeoutSeconds: 170 });
    expect(ended).toMatchObject({ code: 0 });
    const lines = ended.stdout.trimEnd().split("\n");
    expect(lines.at(-1)).toMatch(/^demo: 3 hosts deployed, 1 bad deploy reverted in \d+\.\d s$/);
    expect(`${ended.stdout}${ended.stderr}`).not.toContain("\u001B");
    expect(lines.filter((line) => line.startsWith("  seen from outside: ")).length).toBe(12);
  }, 180_000);

  test.each(["SIGKILL", "SIGTERM"] as const)(
    "takes its hosts along when %s ends it",
    async (signal) => {
      const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "pipe"] });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      let told = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => (told += text));
      }
      // Closures are on their way to the hosts: nix and ssh are at work.
      await until("something is copied", () => told.includes("take done"), 90);
      const mine = fleets().filter((name) => name.startsWith(`${child.pid}-`));
      expect(mine).toHaveLength(1);
      child.kill(signal);
      await ended;
      await until("the hosts are gone", () => !fleets().some((name) => mine.includes(name)), 60);
      await until("nobody works for them", () => processesFor(mine[0] ?? "").length === 0, 60);
    },
    180_000,
  );
});
