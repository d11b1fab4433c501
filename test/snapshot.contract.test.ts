import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkTools, isNewEnough, parseNixVersion } from "../src/inventory/check-tools.ts";
import { readFleet, type FleetRead, type FleetRequest } from "../src/inventory/read-fleet.ts";
import { takeSnapshot, type TakenSnapshot } from "../src/inventory/snapshot.ts";
import { problemOf } from "../src/lib/problem.ts";
import { derivationOf } from "../src/nix/commands.ts";
import { nixEnvironment } from "../src/nix/nix-settings.ts";
import { realWorld } from "../src/world/real.ts";
import type { Command, World } from "../src/world/world.ts";

// Real git and the Nix that is installed. The hosts are plain derivations, so that no nixpkgs is needed.

const flakeText = `{
  outputs = { self, ... }: {
    nixosConfigurations = builtins.mapAttrs (name: type: {
      config.system.build.toplevel = derivation {
        inherit name;
        system = "x86_64-linux";
        builder = "/bin/sh";
        args = [ "-c" "echo \${self.rev or "dirty"} \${toString self.lastModified} \${import (./systems + "/\${name}")} >$out" ];
      };
    }) (builtins.readDir ./systems);
  };
}`;

let home: string;
let repo: string;
let commands: string[][];

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "flurry-snapshot-")));
  repo = join(home, "fleet");
  mkdirSync(repo);
  commands = [];
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function env(more: Record<string, string> = {}): Record<string, string> {
  const config = "build-users-group =\nsubstituters =";
  return { PATH: process.env["PATH"] ?? "", HOME: home, NIX_CONFIG: config, ...more };
}

/** The real world, noting what it is asked to start. */
function world(more: Record<string, string> = {}): World {
  const real = realWorld({ env: env(more) });
  return {
    ...real,
    here: (command, print) => {
      commands.push([...command.argv]);
      return real.here(command, print);
    },
  };
}

function nixCommands(): string[] {
  return commands
    .filter(([file]) => file?.startsWith("nix"))
    .map((argv) => argv.slice(0, 3).join(" "));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(repo, path)), { recursive: true });
  writeFileSync(join(repo, path), text);
}

function gitIn(folder: string, ...words: string[]): string {
  const who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"];
  return execFileSync("git", ["-C", folder, ...who, ...words], {
    env: env(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function git(...words: string[]): string {
  return gitIn(repo, ...words);
}

function commit(): void {
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "all");
}

/** A flake without inputs, which therefore needs no lock; with one, so that none is looked for. */
function writeFlake(lock = true): void {
  write("flake.nix", flakeText);
  write("systems/nas/default.nix", '"one"');
  write("systems/pi/default.nix", '"one"');
  if (lock) write("flake.lock", '{"nodes":{"root":{}},"root":"root","version":7}');
}

async function read(
  request: Partial<FleetRequest> = {},
  here: World = world(),
): Promise<FleetRead> {
  return readFleet(here, { flake: undefined, cwd: repo, nix: "never", ...request });
}

async function snapshotOf(request: Partial<FleetRequest> = {}): Promise<TakenSnapshot> {
  const here = world();
  const fleet = await read(request, here);
  commands = [];
  return takeSnapshot(here, fleet.source);
}

async function derivation(
  { reference, flags }: Pick<TakenSnapshot, "reference" | "flags">,
  host = "nas",
): Promise<string> {
  const attribute = ["nixosConfigurations", host, "config", "system", "build", "toplevel"];
  const command: Command = derivationOf({ reference, attribute }, flags, 60);
  const here = realWorld({ env: env() });
  const output = await here.here({ ...command, env: nixEnvironment(env()) });
  if (output.code !== 0) throw new Error(output.stderr);
  return output.stdout.trim();
}

/** What the person would get from Nix alone. */
function plainDerivation(reference = `git+file://${repo}`): Promise<string> {
  return derivation({ reference, flags: [] });
}

async function failure(act: Promise<unknown>): Promise<string> {
  const thrown: unknown = await act.then(
    () => new Error("nothing was thrown"),
    (problem: unknown) => problem,
  );
  const { code, message, hint = "" } = problemOf(thrown).report;
  return `${code}: ${message} (${hint})`.replaceAll(home, "HOME");
}

describe("takeSnapshot", () => {
  it("of a clean tree costs no process of Nix, and is what Nix alone would read", async () => {
    writeFlake();
    commit();
    const snapshot = await snapshotOf();
    expect(nixCommands()).toEqual([]);
    const head = git("rev-parse", "HEAD").trim();
    expect(snapshot.reference).toBe(`git+file://${repo}?rev=${head}`);
    expect(snapshot.flags).toEqual(["--no-write-lock-file"]);
    expect(await derivation(snapshot)).toBe(await plainDerivation());
  });

  it("of a clean tree stays, whatever is edited or committed afterwards", async () => {
    writeFlake();
    commit();
    const before = await plainDerivation();
    const snapshot = await snapshotOf();
    write("systems/nas/default.nix", '"two"');
    git("commit", "-qam", "two");
    expect(await derivation(snapshot)).toBe(before);
  });

  it("of edits holds them, is what Nix alone would read, and stays", async () => {
    writeFlake();
    commit();
    write("systems/nas/default.nix", '"two"');
    write("systems/new/default.nix", '"new"');
    git("add", "-N", "systems/new");
    const before = await plainDerivation();
    const snapshot = await snapshotOf();
    expect(nixCommands()).toEqual(["nix flake metadata"]);
    write("systems/nas/default.nix", '"three"');
    expect(await derivation(snapshot)).toBe(before);
    expect(await derivation(snapshot, "new")).toMatch(/-new\.drv$/);
  });

  it("before the first commit holds what is tracked", async () => {
    writeFlake();
    git("init", "-q");
    git("add", "-A");
    const fleet = await read();
    expect(fleet.source).toMatchObject({ revision: null });
    expect(await derivation(await takeSnapshot(world(), fleet.source))).toBe(
      await plainDerivation(),
    );
  });

  it("of a folder without git holds all that lies there", async () => {
    writeFlake();
    const snapshot = await snapshotOf();
    const before = await plainDerivation(`path:${repo}`);
    write("systems/nas/default.nix", '"two"');
    expect(await derivation(snapshot)).toBe(before);
  });

  it("of a shallow clone, clean and edited, fetches no history", async () => {
    writeFlake();
    commit();
    write("systems/pi/default.nix", '"two"');
    git("commit", "-qam", "two");
    const shallow = join(home, "shallow");
    execFileSync("git", ["clone", "-q", "--depth", "1", `file://${repo}`, shallow], { env: env() });
    const full = await snapshotOf();
    const snapshot = await snapshotOf({ cwd: shallow });
    expect(snapshot.reference).toContain("shallow=1");
    // What differs is `lastModified` alone if anything: the same commit gives the same system.
    expect(await derivation(snapshot)).toBe(await derivation(full));
    writeFileSync(join(shallow, "systems/nas/default.nix"), '"edited"');
    const edited = await snapshotOf({ cwd: shallow });
    expect(await derivation(edited)).not.toBe(await derivation(full));
    expect(gitIn(shallow, "rev-list", "--count", "HEAD").trim()).toBe("1");
  });

  it("of a flake in a folder holds the whole repository, clean and edited", async () => {
    write("common.nix", '"one"');
    write("nix/flake.nix", flakeText);
    write("nix/flake.lock", '{"nodes":{"root":{}},"root":"root","version":7}');
    write("nix/systems/nas/default.nix", "import ../../../common.nix");
    commit();
    const inFolder = { cwd: join(repo, "nix") };
    const plain = `git+file://${repo}?dir=nix`;
    const clean = await snapshotOf(inFolder);
    expect(await derivation(clean)).toBe(await plainDerivation(plain));
    write("common.nix", '"two"');
    const edited = await snapshotOf(inFolder);
    const before = git("status", "--porcelain");
    expect(await derivation(edited)).not.toBe(await derivation(clean));
    write("common.nix", '"three"');
    expect(await derivation(edited)).not.toBe(await plainDerivation(plain));
    expect(git("status", "--porcelain")).toBe(before);
  });

  it("reads what git filters show, clean and edited", async () => {
    writeFlake();
    git("init", "-q");
    git("config", "filter.rot.clean", "tr a-z n-za-m");
    git("config", "filter.rot.smudge", "tr a-z n-za-m");
    write(".gitattributes", "systems/nas/default.nix filter=rot\n");
    commit();
    const clean = await snapshotOf();
    expect(clean.reference).toBe(`git+file://${repo}`);
    expect(await derivation(clean)).toBe(await plainDerivation());
    write("systems/pi/default.nix", '"edited"');
    expect(await derivation(await snapshotOf())).toBe(await plainDerivation());

    const locked = join(home, "locked");
    execFileSync("git", ["clone", "-q", `file://${repo}`, locked], { env: env() });
    expect(await failure(snapshotOf({ cwd: locked }))).toBe(
      "evaluation-failed: systems/nas/default.nix is filtered by rot, and not unlocked here: Nix would read what git stores (git config filter.rot.smudge COMMAND)",
    );
    // Reading verbs still know the hosts.
    const fleet = await read({ cwd: locked, nix: "always" });
    expect(fleet.hosts.map(({ name }) => name)).toEqual(["nas", "pi"]);
    expect(fleet.problems[0]).toMatchObject({ severity: "warning", code: "eval-failed" });
  });

  it("without a lock names the inputs found now, and never writes one", async () => {
    writeFlake(false);
    const input = join(home, "input");
    mkdirSync(input);
    writeFileSync(join(input, "flake.nix"), '{ outputs = _: { word = "first"; }; }');
    write("flake.nix", flakeText.replace("{\n", `{\n  inputs.other.url = "path:${input}";\n`));
    write("systems/nas/default.nix", '"one"');
    commit();
    const snapshot = await snapshotOf();
    expect(snapshot.flags.slice(0, 3)).toEqual([
      "--no-write-lock-file",
      "--override-input",
      "other",
    ]);
    expect(snapshot.problems.map(({ code }) => code)).toEqual(["lock-missing"]);
    const before = await derivation(snapshot);
    writeFileSync(join(input, "flake.nix"), '{ outputs = _: { word = "second"; }; }');
    expect(await derivation(snapshot)).toBe(before);
    expect(git("status", "--porcelain")).toBe("");
  });

  it("of a reference elsewhere is resolved once", async () => {
    writeFlake();
    commit();
    const flake = `git+file://${repo}?ref=HEAD`;
    const fleet = await read({ flake, nix: "if-needed" });
    expect(fleet.hosts.map(({ name }) => name)).toEqual(["nas", "pi"]);
    expect(fleet.source).toMatchObject({ folder: null, revision: git("rev-parse", "HEAD").trim() });
    const before = await plainDerivation();
    write("systems/nas/default.nix", '"two"');
    git("commit", "-qam", "two");
    expect(fleet.snapshot && (await derivation(fleet.snapshot))).toBe(before);
  });

  it("says why flake.nix cannot be read", async () => {
    writeFlake();
    commit();
    write("flake.nix", "{ outputs = ");
    expect(await failure(snapshotOf())).toMatch(
      /^evaluation-failed: .* cannot be read: syntax error/,
    );
  });
});

describe("readFleet with Nix", () => {
  it("takes the names from the outputs, and what is said of them from the folders", async () => {
    writeFlake();
    write("systems/nas/meta.json", '{"address": "10.0.0.2"}');
    write("hosts/unused/default.nix", "{ }");
    commit();
    const here = world();
    const fleet = await read({ nix: "always" }, here);
    expect((await checkTools(here, ["nix"])).nixVersion).toMatch(/^\d+\.\d+/);
    expect(fleet.hosts.map(({ name, path }) => [name, path])).toEqual([
      ["nas", "systems/nas"],
      ["pi", "systems/pi"],
    ]);
    expect(fleet.hosts[0]?.settings).toMatchObject({ addresses: ["10.0.0.2"], system: null });
    expect(fleet.problems).toEqual([]);
    expect(nixCommands()).toEqual(["nix eval --json"]);
    expect(commands.filter(([file]) => file === "git")).toHaveLength(5);
    commands = [];
    expect((await read({ nix: "always" })).hosts).toEqual(fleet.hosts);
    expect(nixCommands()).toEqual([]);
  });

  it("names the hosts of a flake without folders", async () => {
    write(
      "flake.nix",
      '{ outputs = _: { nixosConfigurations = { b = 1; "a.example.org" = 2; }; }; }',
    );
    commit();
    const fleet = await read({ nix: "if-needed" });
    expect(fleet.hosts.map(({ name }) => name)).toEqual(["a.example.org", "b"]);
    expect((await read({ nix: "never" })).hosts).toEqual([]);
  });

  it("finds no hosts where the flake has none", async () => {
    write("flake.nix", "{ outputs = _: { }; }");
    commit();
    expect((await read({ nix: "if-needed" })).hosts).toEqual([]);
  });

  it("reads meta.nix as plain data, and refuses functions", async () => {
    writeFlake();
    write("systems/nas/meta.nix", '{ address = "10.0." + "0.2"; tags = [ "web" ]; }');
    write("systems/pi/meta.nix", "{ lib, ... }: { }");
    commit();
    const fleet = await read({ nix: "if-needed" });
    expect(fleet.hosts[0]?.settings).toMatchObject({ addresses: ["10.0.0.2"], tags: ["web"] });
    expect(fleet.problems.map(({ code, host }) => [code, host])).toEqual([["meta-function", "pi"]]);
    const without = await read();
    expect(without.problems.map(({ code }) => code)).toEqual(["meta-unread", "meta-unread"]);
  });

  it("lists the hosts of the folders where Nix is not installed or cannot say", async () => {
    writeFlake();
    write("flake.nix", '{ outputs = _: { nixosConfigurations = throw "oops"; }; }');
    commit();
    const fleet = await read({ nix: "always" });
    expect(fleet.hosts.map(({ name }) => name)).toEqual(["nas", "pi"]);
    expect(fleet.problems[0]?.message).toMatch(/oops\. These hosts are those of the folders$/);

    const tools = join(home, "bin");
    mkdirSync(tools);
    symlinkSync(
      execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim(),
      join(tools, "git"),
    );
    const bare = world({ PATH: tools });
    expect((await read({ nix: "always" }, bare)).hosts).toHaveLength(2);
    rmSync(join(repo, "systems"), { recursive: true });
    git("add", "-A");
    expect(await failure(read({ nix: "always" }, bare))).toContain(
      "nix-missing: Nix is not on PATH here",
    );
  });

  it("keeps the person's features switched on", async () => {
    const text = `{ outputs = _: { nixosConfigurations = assert builtins ? fetchClosure; { nas = 1; }; }; }`;
    write("flake.nix", text);
    commit();
    const config =
      "build-users-group =\nsubstituters =\nextra-experimental-features = fetch-closure";
    const fleet = await read({ nix: "if-needed" }, world({ NIX_CONFIG: config }));
    expect(fleet.hosts.map(({ name }) => name)).toEqual(["nas"]);
  });
});

describe("checkTools", () => {
  it("finds Nix, git and ssh, and their absence", async () => {
    const tools = await checkTools(world(), ["nix", "git", "ssh"]);
    expect(tools.nixVersion).toMatch(/^\d+\.\d+/);
    const bare = world({ PATH: "/nowhere" });
    expect(await failure(checkTools(bare, ["ssh"]))).toContain(
      "tool-missing: ssh is not on PATH here",
    );
    expect(await failure(checkTools(bare, ["nix"]))).toContain("apt-get install nix-bin");
  });

  it.runIf(process.getuid?.() === 0)("names a group for builds that is not there", async () => {
    const config = "build-users-group = nobody-builds";
    const files = world().files;
    const noGroup: World = {
      ...world({ NIX_CONFIG: config }),
      files: {
        ...files,
        read: (path) => (path === "/etc/group" ? Promise.resolve("") : files.read(path)),
      },
    };
    expect(await failure(checkTools(noGroup, ["nix"]))).toContain(
      "build-users-missing: Nix builds as members of the group nobody-builds",
    );
    await checkTools({ ...noGroup, env: env() }, ["nix"]);
    expect(nixCommands().filter((words) => words === "nix --version")).toHaveLength(1);
  });

  it("refuses a Nix that is too old, and names the version", async () => {
    const old: World = {
      ...world(),
      here: async () => ({ code: 0, stdout: "nix (Nix) 2.3.16\n", stderr: "" }),
    };
    expect(await failure(checkTools(old, ["nix"]))).toBe(
      "nix-too-old: Nix 2.3.16 is here, and flurry needs 2.8 or newer (nix upgrade-nix)",
    );
  });

  it("knows which versions are new enough, whatever they are called", () => {
    const versions = [
      "nix (Nix) 2.34.8",
      "nix (Lix, like Nix) 2.91.1",
      "nix (Nix) 2.8.0",
      "nix (Nix) 2.3.16",
    ];
    const found = versions.map((text) => parseNixVersion(text) ?? "");
    expect(found).toEqual(["2.34.8", "2.91.1", "2.8.0", "2.3.16"]);
    expect(found.map(isNewEnough)).toEqual([true, true, true, false]);
    expect(isNewEnough("3.0")).toBe(true);
  });
});
