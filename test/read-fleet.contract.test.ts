import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFleet, type FleetRead, type FleetRequest } from "../src/inventory/read-fleet.ts";
import { problemOf } from "../src/lib/problem.ts";
import { realWorld } from "../src/world/real.ts";
import type { World } from "../src/world/world.ts";

// Real git and real files; Nix only where a test says so.

let home: string;
let repo: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "flurry-inventory-")));
  repo = join(home, "fleet");
  mkdirSync(repo);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function env(more: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    GIT_CONFIG_NOSYSTEM: "1",
    NIX_CONFIG: "build-users-group =\nsubstituters =",
    ...more,
  };
}

function write(path: string, text = "{ }"): void {
  mkdirSync(dirname(join(repo, path)), { recursive: true });
  writeFileSync(join(repo, path), text);
}

function git(...words: string[]): string {
  const who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"];
  return execFileSync("git", ["-C", repo, ...who, ...words], { env: env(), encoding: "utf8" });
}

function commit(): void {
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "all");
}

/** Two hosts in folders, one in a file. */
function writeHosts(): void {
  write("flake.nix", "{ outputs = _: { }; }");
  write("systems/nas/default.nix");
  write("systems/nas/meta.json", '{"address": "10.0.0.2", "tags": ["web"]}');
  write("systems/pi.nix");
  write("hosts/gateway/default.nix");
}

function read(request: Partial<FleetRequest> = {}, world?: World): Promise<FleetRead> {
  const here = world ?? realWorld({ env: env() });
  return readFleet(here, { flake: undefined, cwd: repo, nix: "never", ...request });
}

async function failure(act: Promise<unknown>): Promise<string> {
  const thrown: unknown = await act.then(
    () => new Error("nothing was thrown"),
    (problem: unknown) => problem,
  );
  const { code, message, hint = "" } = problemOf(thrown).report;
  return `${code}: ${message} (${hint})`.replaceAll(home, "HOME");
}

function names({ hosts }: FleetRead): string[] {
  return hosts.map(({ name }) => name);
}

function told({ problems }: FleetRead): string[] {
  return problems.map(({ severity, code, message }) => {
    return `${severity} ${code} ${message}`.replaceAll(home, "HOME");
  });
}

describe("readFleet without Nix", () => {
  it("finds hosts in both folders, in files and directories, and knows the commit", async () => {
    writeHosts();
    commit();
    const fleet = await read({}, realWorld({ env: { ...env(), PATH: "/usr/bin" } }));
    expect(names(fleet)).toEqual(["gateway", "nas", "pi"]);
    expect(told(fleet)).toEqual([]);
    expect(fleet.source).toEqual({
      reference: `git+file://${repo}`,
      folder: repo,
      revision: git("rev-parse", "HEAD").trim(),
      dirty: false,
    });
    expect(fleet.hosts[1]?.settings).toMatchObject({ addresses: ["10.0.0.2"], tags: ["web"] });
    expect(fleet.hosts[1]?.origins).toMatchObject({ address: "systems/nas/meta.json" });
  });

  it("sees edits", async () => {
    writeHosts();
    commit();
    write("systems/pi.nix", "{ a = 1; }");
    expect((await read()).source.dirty).toBe(true);
  });

  it("tells what git hides from Nix", async () => {
    writeHosts();
    write(".gitignore", "systems/secret\n");
    write("systems/old/default.nix");
    write("systems/clash.nix");
    commit();
    rmSync(join(repo, "systems/old"), { recursive: true });
    write("systems/fresh/default.nix");
    write("systems/secret/default.nix");
    write("systems/gateway2.nix");
    write("hosts/gateway/meta.json", "{}");
    mkdirSync(join(repo, "systems/void"));
    const fleet = await read();
    expect(names(fleet)).toEqual(["clash", "gateway", "nas", "pi"]);
    expect(told(fleet).toSorted()).toEqual([
      "error ignored systems/secret is excluded by .gitignore:1 (systems/secret)",
      "error untracked hosts/gateway/meta.json exists but git does not track it, so Nix cannot see it. Run: git add -N hosts/gateway/meta.json",
      "error untracked systems/fresh exists but git does not track it, so Nix cannot see it. Run: git add -N systems/fresh",
      "error untracked systems/gateway2.nix exists but git does not track it, so Nix cannot see it. Run: git add -N systems/gateway2.nix",
      "warning deleted systems/old is deleted but still in the git index",
      "warning empty systems/void is empty; git does not store empty directories",
    ]);
    git("add", "-N", "systems/fresh");
    expect(names(await read())).toContain("fresh");
  });

  it("tells of names, links, submodules and conflicts", async () => {
    write("flake.nix");
    write("systems/x/configuration.nix");
    write("systems/_old/default.nix");
    write("systems/with space.nix");
    write("systems/a.example.org/default.nix");
    write("systems/Nas/default.nix");
    write("systems/nas/default.nix");
    write("systems/both.nix");
    write("systems/both/default.nix");
    write("hosts/nas.nix");
    write("systems/y.nix/default.nix");
    write("systems/stray.meta.json", "{}");
    write("systems/global.nix");
    write("common/default.nix");
    symlinkSync("../common", join(repo, "systems/link"));
    symlinkSync("/etc", join(repo, "systems/out"));
    commit();
    const head = git("rev-parse", "HEAD").trim();
    git("update-index", "--add", "--cacheinfo", `160000,${head},systems/sub`);
    mkdirSync(join(repo, "systems/sub"));
    writeFileSync(Buffer.concat([Buffer.from(join(repo, "systems/bad")), Buffer.from([0xff])]), "");
    git("add", "systems/bad*");
    const fleet = await read();
    expect(told(fleet).toSorted()).toEqual([
      "error name-case systems/Nas and systems/nas differ only in case",
      "error name-case systems/Nas and systems/nas differ only in case",
      "error name-collision systems/both and systems/both.nix both define 'both'; delete one",
      "error name-collision systems/nas and hosts/nas.nix both define 'nas'; delete one",
      "error name-dotted systems/a.example.org: host names cannot contain dots; set hostName in meta.json",
      "error name-reserved systems/global.nix: 'global' is reserved for user@global",
      'error name-reserved systems/with space.nix: "with space" selects hosts, and no host can be called so',
      "error name-suffix systems/y.nix: a directory name cannot end in .nix",
      String.raw`error name-utf8 systems/bad\xff: file names must be UTF-8`,
      "error submodule systems/sub is a submodule; add ?submodules=1 to the flake reference",
      "info disabled systems/_old: disabled by its name",
      "info symlink systems/link: symlink followed",
      "warning meta-stray systems/stray.meta.json: there is no systems/stray.nix",
      "warning no-entry systems/x: no default.nix, so this is not discovered (found: configuration.nix). Rename it or add a default.nix that imports it.",
      "warning symlink-outside systems/out: symlink does not lead to a unit inside the repository; Nix cannot read it",
    ]);
  });

  it("complains once of a folder whose name is no UTF-8, tracked or not", async () => {
    write("flake.nix");
    git("init", "-q");
    const folder = Buffer.concat([Buffer.from(`${repo}/systems/m9`), Buffer.from([0xff])]);
    mkdirSync(folder, { recursive: true });
    writeFileSync(Buffer.concat([folder, Buffer.from("/default.nix")]), "{ }");
    git("add", "flake.nix");
    expect(told(await read())).toEqual([
      "error name-utf8 systems/m9\ufffd: file names must be UTF-8",
    ]);
    git("add", "-A");
    expect(told(await read())).toEqual([
      String.raw`error name-utf8 systems/m9\xff: file names must be UTF-8`,
    ]);
  });

  it("shows control characters in names", async () => {
    write("flake.nix");
    write("systems/e\x1b[31mx/default.nix");
    expect(told(await read())[1]).toContain(String.raw`systems/e\x1b[31mx: not a valid host name`);
  });

  it("tells of a conflict of a merge", async () => {
    writeHosts();
    commit();
    git("checkout", "-qb", "other");
    write("systems/pi.nix", "{ a = 1; }");
    git("commit", "-qam", "one");
    git("checkout", "-q", "-");
    write("systems/pi.nix", "{ a = 2; }");
    git("commit", "-qam", "two");
    expect(() => git("merge", "other")).toThrow("Command failed");
    const fleet = await read();
    expect(told(fleet)).toEqual(["error unmerged systems/pi.nix has merge conflicts"]);
    expect(fleet.problems[0]?.host).toBe("pi");
  });

  it("keeps the other hosts where one is described badly, and says everything", async () => {
    writeHosts();
    write("systems/nas/meta.json", '{"port": "x", "user": 1, "tag": []}');
    write("systems/pi.meta.json", '{"system": "x86_64-linux",}');
    commit();
    const fleet = await read();
    expect(names(fleet)).toEqual(["gateway", "nas", "pi"]);
    expect(fleet.problems.map(({ host, message }) => `${host}: ${message}`)).toEqual([
      'nas: systems/nas/meta.json: port: should be a port number, from 1 to 65535, it is "x"',
      "nas: systems/nas/meta.json: user: should be a string, it is 1",
      'nas: systems/nas/meta.json: unknown key "tag"; did you mean "tags"?',
      "pi: systems/pi.meta.json:1:26: trailing comma",
    ]);
  });

  it("joins fleet.json, variables and flags", async () => {
    writeHosts();
    write(
      "fleet.json",
      JSON.stringify({
        schema: 1,
        defaults: { user: "ops", policy: { soakSeconds: 1 } },
        tags: { web: { policy: { confirmSeconds: 60 } } },
        hosts: { pi: { address: "pi.lan:2222" }, nobody: {}, nas: {} },
      }),
    );
    commit();
    const world = realWorld({ env: env({ FLURRY_SOAK_SECONDS: "7" }) });
    const layer = { origin: "--set", host: "nas", settings: { policy: { canary: true } } };
    const fleet = await read({ layers: [layer] }, world);
    const [, nas, pi] = fleet.hosts;
    expect(nas?.settings).toMatchObject({
      user: "ops",
      policy: { confirmSeconds: 60, canary: true },
    });
    expect(pi?.settings).toMatchObject({ port: 2222, policy: { soakSeconds: 7, canary: false } });
    expect(pi?.origins).toMatchObject({
      user: "fleet.json defaults",
      address: "fleet.json hosts.pi",
      "policy.soakSeconds": "FLURRY_SOAK_SECONDS",
    });
    expect(told(fleet)).toEqual([
      "error meta-conflict nas is described by systems/nas/meta.json and by fleet.json; keep one",
      "error fleet-unknown-host fleet.json describes nobody, and there is no such host",
    ]);
    await expect(read({ layers: [{ ...layer, host: "nsa" }] })).rejects.toThrow(
      "there is no host nsa",
    );
  });

  it("lists homes and droids by their folders", async () => {
    writeHosts();
    for (const name of [
      "alice",
      "alice@global",
      "alice@nas",
      "bob@pi",
      "carol@moon",
      "@x",
      "a@b@c",
    ]) {
      write(`homes/${name}/default.nix`);
    }
    write("systems/pi.meta.json", '{"users": ["alice"]}');
    write("droids/phone/default.nix");
    commit();
    const fleet = await read();
    expect(fleet.standalone).toEqual(["alice"]);
    expect(fleet.droids).toEqual(["phone"]);
    expect(fleet.hosts.map(({ homes }) => homes)).toEqual([
      {},
      { alice: ["homes/alice", "homes/alice@global", "homes/alice@nas"] },
      { alice: ["homes/alice", "homes/alice@global"], bob: ["homes/bob@pi"] },
    ]);
    expect(told(fleet)).toEqual([
      "error home-name homes/@x: no user before @",
      "error home-name homes/a@b@c: more than one @",
      "warning home-unknown-host homes/carol@moon: there is no host moon; used by nothing",
    ]);
  });

  it("works in a folder that is no git repository, with a note", async () => {
    writeHosts();
    const fleet = await read();
    expect(names(fleet)).toEqual(["gateway", "nas", "pi"]);
    expect(fleet.source).toMatchObject({ reference: `path:${repo}`, revision: null, dirty: false });
    expect(told(fleet)).toEqual([
      "info path-reference HOME/fleet is read with path:, untracked files included",
    ]);
  });

  it("finds the flake from below, through links, and through variables", async () => {
    writeHosts();
    commit();
    symlinkSync(repo, join(home, "l1"));
    symlinkSync(join(home, "l1"), join(home, "l2"));
    mkdirSync(join(home, "linked"));
    symlinkSync(join(repo, "flake.nix"), join(home, "linked/flake.nix"));
    mkdirSync(join(repo, "deep/er"), { recursive: true });
    const plain = `git+file://${repo}`;
    const referenceOf = async (request: Partial<FleetRequest>, more = {}): Promise<string> =>
      (await read(request, realWorld({ env: env(more) }))).source.reference;
    expect(await referenceOf({ cwd: join(repo, "deep/er") })).toBe(plain);
    expect(await referenceOf({ cwd: "/", flake: join(home, "l2") })).toBe(plain);
    expect(await referenceOf({ cwd: "/", flake: `${join(home, "l2")}/#nas` })).toBe(plain);
    expect(await referenceOf({ cwd: join(home, "l2") })).toBe(plain);
    expect(await referenceOf({ cwd: home, flake: "l1" })).toBe(plain);
    expect(await referenceOf({ cwd: "/", flake: "~/l1" })).toBe(plain);
    expect(await referenceOf({ cwd: "/", flake: `git+file://${join(home, "l1")}` })).toBe(plain);
    expect(await referenceOf({ cwd: "/", flake: `path:${join(home, "l1")}` })).toBe(`path:${repo}`);
    expect(await referenceOf({ cwd: join(home, "linked") })).toBe(plain);
    expect(await referenceOf({ cwd: "/" }, { FLURRY_FLAKE: join(home, "l1") })).toBe(plain);
    expect(await referenceOf({ cwd: "/" }, { NH_FLAKE: join(home, "l1") })).toBe(plain);
  });

  it("finds a flake in a folder of a repository", async () => {
    write("nix/fleet/flake.nix");
    write("nix/fleet/systems/nas/default.nix");
    commit();
    const fleet = await read({ cwd: join(repo, "nix/fleet") });
    expect(fleet.source.reference).toBe(`git+file://${repo}?dir=nix/fleet`);
    expect(names(fleet)).toEqual(["nas"]);
    expect(names(await read({ flake: `${repo}?dir=nix/fleet`, cwd: "/" }))).toEqual(["nas"]);
  });

  it("says what is missing where there is no flake", async () => {
    const hint = "Name the folder or the reference of the repository: flurry --flake REF …";
    expect(await failure(read())).toBe(
      `not-a-flake: HOME/fleet is not a flake: no flake.nix is in it or above it (${hint})`,
    );
    expect(await failure(read({ flake: "./no" }))).toBe(
      `not-a-flake: there is no HOME/fleet/./no (${hint})`,
    );
    expect(await failure(read({ flake: "nogit", nix: "always" }))).toBe(
      "not-a-flake: there is no folder nogit in HOME/fleet (Name the folder; a name of Nix's registry is flake:nogit)",
    );
    expect(await failure(read({ flake: "path:/nowhere/nogit" }))).toBe(
      `not-a-flake: there is no /nowhere/nogit (${hint})`,
    );
    expect(await failure(read({ flake: "github:o/r" }))).toBe(
      "not-a-flake: github:o/r is elsewhere, and only Nix can fetch it ()",
    );
    git("init", "-q");
    write("flake.nix");
    expect(await failure(read())).toBe(
      "not-a-flake: HOME/fleet/flake.nix exists but git does not track it, so Nix cannot see it (git -C HOME/fleet add -N flake.nix)",
    );
  });

  it.runIf(process.getuid?.() === 0)("says how to trust somebody else's repository", async () => {
    writeHosts();
    commit();
    execFileSync("chown", ["-R", "65534", repo]);
    expect(await failure(read())).toBe(
      "repository-not-ours: HOME/fleet belongs to another user (git config --global --add safe.directory HOME/fleet)",
    );
  });

  it("says that git is missing where it would be needed", async () => {
    writeHosts();
    commit();
    const empty = join(home, "empty");
    mkdirSync(empty);
    const world = realWorld({ env: { ...env(), PATH: empty } });
    expect(await failure(read({}, world))).toContain("tool-missing: git is not on PATH");
  });

  it("reads 200 hosts in well under a second", async () => {
    write("flake.nix");
    for (let n = 0; n < 200; n += 1) {
      write(`systems/h${n}/default.nix`);
      write(`systems/h${n}/meta.json`, '{"tags": ["web"]}');
    }
    commit();
    const started = performance.now();
    const fleet = await read();
    expect(fleet.hosts).toHaveLength(200);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("survives a folder that may not be read", async () => {
    writeHosts();
    commit();
    chmodSync(join(repo, "hosts"), 0o000);
    const fleet = await read();
    chmodSync(join(repo, "hosts"), 0o755);
    expect(names(fleet)).toContain("nas");
  });
});
