import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realWorld } from "../src/world/real.ts";
import type { HostCommand, Output, Print } from "../src/world/world.ts";
import { type Around, interruptible } from "./command-line.ts";

/** What hosts do with a script. */
export type OnHost = (command: HostCommand, print: Print) => Promise<Output>;

/** A folder on this disk with the hosts gateway and nas, where command lines are typed. */
export interface FleetFolder {
  readonly env: Readonly<Record<string, string>>;
  readonly type: (
    line: string | readonly string[],
    onHost: OnHost,
    around?: Pick<Around, "stdin" | "env">,
  ) => ReturnType<typeof interruptible>;
  readonly remove: () => void;
}

/** Makes such a folder, or an empty one. The real world reads it; its hosts are made up. */
export function makeFleetFolder(kind: "fleet" | "empty" = "fleet"): FleetFolder {
  const folder = mkdtempSync(join(tmpdir(), "flurry-fleet-"));
  if (kind === "fleet") writeFileSync(join(folder, "flake.nix"), "{ outputs = _: { }; }\n");
  for (const name of kind === "fleet" ? ["gateway", "nas"] : []) {
    const system = join(folder, "systems", name);
    mkdirSync(system, { recursive: true });
    writeFileSync(join(system, "default.nix"), "{ }\n");
    const meta = { system: "x86_64-linux", address: `${name}.lan` };
    writeFileSync(join(system, "meta.json"), JSON.stringify(meta));
  }
  // No Nix, so that the folders alone say what hosts there are; an ssh that is only looked for.
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "ssh"), "#!/bin/sh\n", { mode: 0o755 });
  const env = {
    HOME: folder,
    PATH: bin,
    LANG: "C.UTF-8",
    XDG_STATE_HOME: join(folder, "state"),
  };
  return {
    env,
    type: (line, onHost, around = {}) => {
      const all = { ...env, ...around.env };
      const world = {
        ...realWorld({ env: all, cwd: folder }),
        meet: async () => undefined,
        login: async () => 0,
        onHost: (command: HostCommand, print?: Print) =>
          onHost(command, print ?? (() => undefined)),
      };
      return interruptible(line, { ...around, world, cwd: folder, env: all });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
