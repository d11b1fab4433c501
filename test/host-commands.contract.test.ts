import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseJson } from "../src/lib/json.ts";
import { realWorld } from "../src/world/real.ts";
import { typed, type Typed } from "./command-line.ts";
import { canRunSshd, startSshd, type Sshd } from "./sshd.ts";

// The commands about the repository, with real git; without Nix, which these need not.

let home: string;
let repo: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "flurry-hosts-")));
  repo = join(home, "fleet");
  write("flake.nix", "{ outputs = _: { }; }");
  write("systems/nas/default.nix", "{ }");
  write("systems/nas/meta.json", '{ "address": "10.0.0.2", "tags": ["web"] }\n');
  write("systems/pi.nix", "{ }");
  git("init", "-q");
  git("add", "-A");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(repo, path)), { recursive: true });
  writeFileSync(join(repo, path), text);
}

function git(...words: string[]): string {
  return execFileSync("git", ["-C", repo, ...words], { env: env(), encoding: "utf8" });
}

/** PATH holds git and ssh, and no Nix. */
function env(more: Record<string, string> = {}): Record<string, string> {
  const folder = join(home, "bin");
  mkdirSync(folder, { recursive: true });
  const links = 'for p in git ssh ssh-keygen sh; do ln -sf "$(command -v $p)" .; done';
  execFileSync("sh", ["-c", links], { cwd: folder });
  return { PATH: folder, HOME: home, ...more };
}

function flurry(
  line: string,
  more: Record<string, string> = {},
  answers?: string[],
): Promise<Typed> {
  const around = { env: env(more), cwd: repo, world: realWorld({ env: env(more) }) };
  return typed(line, answers === undefined ? around : { ...around, answers });
}

describe("flurry host list", () => {
  it("lists hosts without Nix", async () => {
    const { exit, stdout, stderr } = await flurry("host list");
    expect(
      stdout
        .split("\n")
        .slice(0, 3)
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ["HOST", "SYSTEM", "ADDRESS", "TAGS"],
      ["nas", "x86_64-linux", "10.0.0.2", "web"],
      ["pi", "x86_64-linux", "pi"],
    ]);
    expect([exit, stderr]).toEqual([0, ""]);
  });

  it("gives one document, of the hosts that were asked for", async () => {
    const { stdout } = await flurry("host list @web --json");
    const document = parseJson(stdout);
    expect(document).toMatchObject({
      schema: "flurry.inventory/1",
      hosts: { nas: { address: "10.0.0.2", path: "systems/nas", deployable: true } },
      problems: [],
    });
    expect(document).not.toHaveProperty("hosts.pi");
  });

  it("fails with 64 for a host that is not there, and with 65 outside of a flake", async () => {
    const unknown = await flurry("host list nsa");
    expect([unknown.exit, unknown.stdout]).toEqual([64, ""]);
    expect(unknown.stderr).toContain("there is no host nsa");
    expect(unknown.stderr).toContain("nas");
    expect((await flurry("host list --flake /")).exit).toBe(65);
  });

  it("shows a host with a bad description, and the others", async () => {
    write("systems/nas/meta.json", '{"port": "x", "user": 1}');
    const { exit, stdout } = await flurry("host list");
    expect(exit).toBe(0);
    expect(stdout).toContain("✖ described badly (2 errors)");
    expect(stdout).toContain("✖ systems/nas/meta.json: user: should be a string, it is 1");
    expect(stdout).toContain("pi ");
  });
});

describe("flurry config show", () => {
  it("shows where values came from", async () => {
    const { stdout } = await flurry(
      "config show nas --origin --activation-seconds 99 --set nas.port=2222",
      {
        FLURRY_CONFIRM_SECONDS: "45",
      },
    );
    const lines = stdout.split("\n").map((line) => line.trim().split(/ {2,}/));
    expect(lines).toContainEqual(["policy.confirmSeconds", "45", "FLURRY_CONFIRM_SECONDS"]);
    expect(lines).toContainEqual(["policy.activationSeconds", "99", "--activation-seconds"]);
    expect(lines).toContainEqual(["address", '["10.0.0.2"]', "systems/nas/meta.json"]);
    expect(lines).toContainEqual(["policy.soakSeconds", "0", "default"]);
    expect(lines).toContainEqual(["port", "2222", "--set"]);
  });

  it("fails with 65 for a variable that does not fit", async () => {
    const { exit, stderr } = await flurry("config show nas", { FLURRY_SOAK_SECONDS: "soon" });
    expect(exit).toBe(65);
    expect(stderr).toContain("FLURRY_SOAK_SECONDS: policy.soakSeconds: should be a whole number");
  });
});

describe("flurry host show", () => {
  it("shows hosts by name", async () => {
    const { exit, stdout } = await flurry("host show nas pi");
    expect(exit).toBe(0);
    expect(stdout).toContain("read from  systems/nas");
    expect(stdout).toContain("read from  systems/pi.nix");
    expect((await flurry("host show")).exit).toBe(64);
  });
});

describe.runIf(canRunSshd)("flurry host scan", () => {
  let sshd: Sshd;
  beforeEach(async () => {
    sshd = await startSshd();
  });
  afterEach(() => sshd.stop());

  it("writes the key that a host shows, once a person agrees", async () => {
    const address = `127.0.0.1:${sshd.port}`;
    write("systems/nas/meta.json", `{ "address": "${address}", "tags": ["web"] }\n`);
    const refused = await flurry("host scan nas", {}, ["n"]);
    expect(refused.exit).toBe(77);
    expect(git("diff", "--name-only")).not.toContain("known");
    expect(readFileSync(join(repo, "systems/nas/meta.json"), "utf8")).not.toContain("sshHostKey");

    const agreed = await flurry("host scan nas", {}, ["y"]);
    expect(agreed.stderr).toContain("SHA256:");
    expect([agreed.exit, agreed.stdout]).toEqual([0, "nas: written to systems/nas/meta.json\n"]);
    const key = sshd.hostKey.split(" ").slice(0, 2).join(" ");
    expect(readFileSync(join(repo, "systems/nas/meta.json"), "utf8")).toBe(
      `{ "address": "${address}", "tags": ["web"], "sshHostKey": "${key}" }\n`,
    );
    const again = await flurry("host scan nas", {});
    expect(again.stdout).toBe("nas: this key is pinned already\n");
  });

  it("makes a file for a host that has none, and tells git", async () => {
    const { stdout, exit } = await flurry(
      `host scan pi --yes --target-host 127.0.0.1:${sshd.port}`,
    );
    expect([exit, stdout]).toEqual([0, "pi: written to systems/pi.meta.json\n"]);
    expect(git("ls-files", "systems")).toContain("systems/pi.meta.json");
    const written = parseJson(readFileSync(join(repo, "systems/pi.meta.json"), "utf8"));
    expect(written).toEqual({ sshHostKey: sshd.hostKey.split(" ").slice(0, 2).join(" ") });
  });

  it("needs somebody who can answer", async () => {
    write("systems/nas/meta.json", `{ "address": "127.0.0.1:${sshd.port}" }`);
    expect((await flurry("host scan nas")).exit).toBe(77);
  });

  it("says that a host does not answer", async () => {
    write("systems/nas/meta.json", '{ "address": "127.0.0.1:1" }');
    const { exit, stderr } = await flurry("host scan nas --yes");
    expect(exit).toBe(12);
    expect(stderr).toContain("nas showed no key");
  });
});
