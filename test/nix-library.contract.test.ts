import { existsSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../src/testing/fleet/program.ts";
import {
  fleetFlake,
  hasNix,
  makeNixRepository,
  type NixRepository,
} from "../src/testing/nix-repository.ts";

const plain = '{ system.stateVersion = "25.11"; }';
const toplevel = "config.system.build.toplevel";

async function withRepository<T>(
  files: Readonly<Record<string, string>>,
  use: (repository: NixRepository) => Promise<T>,
): Promise<T> {
  const repository = await makeNixRepository(files);
  try {
    return await use(repository);
  } finally {
    await repository[Symbol.asyncDispose]();
  }
}

describe.runIf(hasNix)("a fleet from folders", () => {
  let repository: NixRepository;
  beforeAll(async () => {
    repository = await makeNixRepository({
      "systems/nas/default.nix": `{ pkgs, lib, twice, hostName, ... }: {
        environment.etc."who".text = "\${hostName} \${toString (lib.twice 4)}";
        environment.systemPackages = [ pkgs.tool ];
      }`,
      "systems/nas/meta.json": '{ "tags": ["web"], "users": ["ada"] }',
      "hosts/pi.nix":
        '{ nixpkgs.hostPlatform = "aarch64-linux"; nixpkgs.config.allowUnfree = true; }',
      "hosts/pi.meta.json": '{ "hostName": "pi-lab" }',
      "systems/broken/default.nix": plain,
      "systems/broken/meta.json": '{ "tags": [,] }',
      "systems/mac/default.nix": "{ }",
      "systems/mac/meta.json": '{ "system": "aarch64-darwin" }',
      "systems/_old/default.nix": "throw 1",
      "modules/nixos/web.nix": `{ config, lib, ... }: {
        options.web.enable = lib.mkEnableOption "web";
        config = lib.mkIf config.web.enable { networking.hostName = "web"; };
      }`,
      "modules/home/shell.nix": '{ home.file.shell.text = "shared"; }',
      "overlays/a.nix": 'final: prev: { htop = prev.htop.overrideAttrs (_: { version = "9"; }); }',
      "overlays/b.nix": `{ inputs, ... }: final: prev: {
        tool = final.writeShellScriptBin "tool" "echo \${prev.htop.version}";
      }`,
      "homes/ada/default.nix": '{ home.stateVersion = "25.11"; home.file.base.text = "base"; }',
      "homes/ada@nas/default.nix": "{ hostName, ... }: { home.file.bound.text = hostName; }",
      "homes/bob@nas.nix": '{ home.stateVersion = "25.11"; }',
      "lib/default.nix": "final: prev: { twice = x: x + x; }",
      "flake.nix": fleetFlake(
        'specialArgs = { system, name }: { twice = name + " on " + system; };',
      ),
    });
  }, 60_000);
  afterAll(() => repository[Symbol.asyncDispose]());

  test("the folders name the hosts, whatever their metadata look like", async () => {
    const names = await repository.evaluate("nixosConfigurations", "builtins.attrNames");
    expect(names).toEqual(["broken", "nas", "pi"]);
  });

  test("lib.fleet describes them without evaluating any", async () => {
    const fleet = await repository.evaluate(
      "lib.fleet",
      'f: f // { hosts = removeAttrs f.hosts [ "broken" ]; }',
    );
    expect(fleet).toEqual({
      schema: 1,
      systems: ["x86_64-linux", "aarch64-linux"],
      hosts: {
        mac: {
          path: "systems/mac",
          form: "directory",
          class: "darwin",
          metaSource: "meta.json",
          meta: { system: "aarch64-darwin" },
          homes: {},
        },
        nas: {
          path: "systems/nas",
          form: "directory",
          class: "nixos",
          metaSource: "meta.json",
          meta: { tags: ["web"], users: ["ada"] },
          homes: { ada: ["homes/ada", "homes/ada@nas"], bob: ["homes/bob@nas.nix"] },
        },
        pi: {
          path: "hosts/pi.nix",
          form: "file",
          class: "nixos",
          metaSource: "meta.json",
          meta: { hostName: "pi-lab" },
          homes: {},
        },
      },
      homes: {
        ada: { path: "homes/ada", user: "ada" },
        "ada@nas": { path: "homes/ada@nas", user: "ada", host: "nas" },
        "bob@nas": { path: "homes/bob@nas.nix", user: "bob", host: "nas" },
      },
      standalone: ["ada"],
      droids: {},
      problems: [],
    });
  });

  test("a host is named by its folder, unless its metadata or its configuration say otherwise", async () => {
    const names = await repository.evaluate(
      "nixosConfigurations",
      `c: map (h: h.config.networking.hostName) [
        c.nas c.pi (c.nas.extendModules { modules = [ { web.enable = true; } ]; })
      ]`,
    );
    expect(names).toEqual(["nas", "pi-lab", "web"]);
  });

  test("a host owns its nixpkgs: its platform and its licences, beside the overlays of all", async () => {
    const owned = await repository.evaluate(
      "nixosConfigurations",
      `c: {
        nas = { inherit (c.nas.pkgs) system; tool = c.nas.pkgs.htop.version; };
        pi = { inherit (c.pi.pkgs) system; tool = c.pi.pkgs.htop.version; unfree = c.pi.pkgs.unrar.pname; };
      }`,
    );
    expect(owned).toEqual({
      nas: { system: "x86_64-linux", tool: "9" },
      pi: { system: "aarch64-linux", tool: "9", unfree: "unrar" },
    });
    const refused = await repository.nix(["eval", ".#nixosConfigurations.nas.pkgs.unrar.pname"]);
    expect(refused.stderr).toContain("has an unfree license");
  });

  test("modules get the repository's own lib, and the arguments of the fleet", async () => {
    const etc = "nixosConfigurations.nas.config.environment.etc";
    expect(await repository.evaluate(etc, "e: e.who.text")).toBe("nas 8");
    const args = await repository.evaluate(
      "nixosConfigurations.nas",
      "h: (h.extendModules { modules = [ ({ twice, ... }: { time.timeZone = twice; }) ]; }).config.time.timeZone",
    );
    expect(args).toBe("nas on x86_64-linux");
  });

  test("homes are attached to the hosts that name their users, base first", async () => {
    const files = await repository.evaluate(
      "nixosConfigurations.nas.config.home-manager.users",
      "builtins.mapAttrs (_: home: builtins.mapAttrs (_: file: file.text) home.home.file)",
    );
    expect(files).toEqual({
      ada: { base: "base", bound: "nas", shell: "shared" },
      bob: { shell: "shared" },
    });
  });

  test("modules and overlays are outputs too, and all of it passes Nix's own check", async () => {
    const names = (attribute: string): Promise<unknown> =>
      repository.evaluate(attribute, "builtins.attrNames");
    expect(await names("nixosModules")).toEqual(["default", "web"]);
    expect(await names("homeModules")).toEqual(["default", "shell"]);
    expect(await names("overlays")).toEqual(["a", "b", "default"]);
    await repository.write({ "systems/broken/meta.json": "{ }" });
    const checked = await repository.nix(["flake", "check", "--no-build"]);
    expect(checked.stderr).not.toContain("error:");
    expect(checked.code).toBe(0);
  });
});

describe.runIf(hasNix)("the options of mkFleet", () => {
  test("add modules, overlays, arguments and outputs, for all hosts or for one", async () => {
    const options = `
      systems = [ "x86_64-linux" ];
      config.allowUnfree = true;
      overlays = [ (final: prev: { mine = final.writeText "mine" "1"; }) ];
      modules.nixos = [ { time.timeZone = "UTC"; } ];
      specialArgs.answer = "42";
      hosts.nas = { modules = [ ({ answer, ... }: { networking.domain = answer; }) ]; specialArgs.answer = "43"; };
      perSystem = { pkgs, system }: {
        packages = { inherit (pkgs) mine unrar; };
        formatter = pkgs.hello;
      };
      outputs.overlays.more = final: prev: { };
      outputs.lib.more = 1;
    `;
    const files = {
      "flake.nix": fleetFlake(options),
      "systems/nas.nix": plain,
      "systems/pi.nix": plain,
    };
    await withRepository(files, async (repository) => {
      const domains = await repository.evaluate(
        "nixosConfigurations",
        "builtins.mapAttrs (_: host: [ host.config.networking.domain host.config.time.timeZone ])",
      );
      expect(domains).toEqual({ nas: ["43", "UTC"], pi: [null, "UTC"] });
      expect(
        await repository.evaluate("packages.x86_64-linux", "builtins.mapAttrs (_: p: p.name)"),
      ).toEqual({ mine: "mine", unrar: "unrar-7.1.8" });
      expect(await repository.evaluate("formatter.x86_64-linux", "p: p.pname")).toBe("hello");
      expect(await repository.evaluate("overlays", "builtins.attrNames")).toEqual([
        "default",
        "more",
      ]);
      expect(await repository.evaluate("lib", "builtins.attrNames")).toEqual(["fleet", "more"]);
    });
  });

  test("give hosts a package set that is used as it is", async () => {
    const options =
      "nixpkgsFor = system: inputs.nixpkgs.legacyPackages.${system} // { mine = 1; };";
    const files = { "flake.nix": fleetFlake(options), "systems/nas.nix": plain };
    await withRepository(files, async (repository) => {
      expect(await repository.evaluate("nixosConfigurations.nas.pkgs.mine")).toBe(1);
    });
  });
});

describe.runIf(hasNix)("what is found in odd folders", () => {
  test("each oddity is told with its code, and the rest is found", async () => {
    const files = {
      "systems/good/default.nix": plain,
      "systems/bare/configuration.nix": plain,
      "systems/both/default.nix": plain,
      "systems/both.nix": plain,
      "systems/x.nix/default.nix": plain,
      "systems/with space.nix": plain,
      "systems/two/default.nix": plain,
      "systems/two/meta.json": "{ }",
      "systems/two/meta.nix": "{ }",
      "hosts/good.nix": plain,
      "homes/eve@a@b/default.nix": "{ }",
      "homes/@x.nix": "{ }",
      "homes/eve@.nix": "{ }",
      "homes/eve@nowhere.nix": "{ }",
      "homes/global.nix": "{ }",
    };
    await withRepository(files, async (repository) => {
      await symlink("../systems/good", join(repository.folder, "systems/link"));
      await symlink("/elsewhere", join(repository.folder, "systems/out"));
      await repository.write({});
      const problems = await repository.evaluate(
        "lib.fleet.problems",
        'map (p: "${p.severity} ${p.code} ${p.path}")',
      );
      expect(problems).toEqual([
        "warning no-entry systems/bare",
        "info symlink systems/link",
        "warning symlink-outside systems/out",
        "error name-suffix systems/x.nix",
        "error name-collision systems/both",
        "error name-invalid systems/with space.nix",
        "error name-collision systems/good",
        "error meta-conflict systems/two/meta.json",
        "error home-name homes/@x.nix",
        "error home-name homes/eve@.nix",
        "error home-name homes/eve@a@b",
        "error name-reserved homes/global.nix",
        "warning home-unknown-host homes/eve@nowhere.nix",
      ]);
      expect(await repository.evaluate("lib.fleet.hosts", "builtins.attrNames")).toEqual([
        "both",
        "good",
        "link",
        "two",
        "with space",
      ]);
    });
  });

  test("fleet.json and mkFleet name other folders", async () => {
    const files = {
      "flake.nix": fleetFlake('dirs.homes = [ "people" ];'),
      "fleet.json": '{ "schema": 1, "layout": { "dirs": { "systems": ["machines/real"] } } }',
      "machines/real/nas/default.nix": plain,
      "people/ada@nas.nix": '{ home.stateVersion = "25.11"; }',
    };
    await withRepository(files, async (repository) => {
      expect(await repository.evaluate("lib.fleet.hosts", "h: h.nas.homes.ada")).toEqual([
        "people/ada@nas.nix",
      ]);
    });
  });

  test("an empty repository is an empty fleet", async () => {
    await withRepository({}, async (repository) => {
      expect(await repository.evaluate("lib.fleet.hosts")).toEqual({});
      expect(await repository.evaluate("nixosConfigurations")).toEqual({});
    });
  });

  test("hand-written overlays and modules take the place of what lies beside them", async () => {
    const files = {
      "systems/nas.nix": plain,
      "overlays/default.nix":
        "[ (_: final: prev: { a = 1; }) (final: prev: { b = final.a + 1; }) ]",
      "overlays/other.nix": "throw 1",
      "modules/nixos/default.nix":
        '{ inputs, ... }: { zone = { time.timeZone = "UTC"; config = { }; }; base = ./base; }',
      "modules/nixos/base/default.nix": '{ time.timeZone = "Asia/Tokyo"; }',
    };
    await withRepository(files, async (repository) => {
      expect(await repository.evaluate("nixosConfigurations.nas.pkgs.b")).toBe(2);
      expect(await repository.evaluate("overlays", "builtins.attrNames")).toEqual(["default"]);
      expect(await repository.evaluate("nixosModules", "builtins.attrNames")).toEqual([
        "base",
        "default",
        "zone",
      ]);
      expect(await repository.evaluate("nixosConfigurations.nas.config.time.timeZone")).toBe(
        "Asia/Tokyo",
      );
    });
  });
});

describe.runIf(hasNix)("a system", () => {
  test("is the same at every commit", async () => {
    await withRepository({ "systems/nas.nix": plain }, async (repository) => {
      const commit = (message: string): Promise<string> =>
        run(
          [
            "git",
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t",
            "commit",
            "-qam",
            message,
            "--allow-empty",
          ],
          { cwd: repository.folder },
        );
      const derivation = (): Promise<unknown> =>
        repository.evaluate(`nixosConfigurations.nas.${toplevel}.drvPath`);
      await repository.nix(["flake", "lock"]);
      await repository.write({});
      await commit("one");
      const before = await derivation();
      await repository.write({ "README.md": "words" });
      await commit("two");
      expect(await derivation()).toBe(before);
    });
  });

  test("builds, and has what a host needs to run it", async () => {
    const files = {
      "systems/nas.nix": `{
        specialisation.big.configuration.system.nixos.label = "big";
        systemd.services.web = { wantedBy = [ "multi-user.target" ]; script = "true"; };
        systemd.services.idle.script = "true";
        flurry.host = { enable = true; authorizedKeys = [ "ssh-ed25519 AAAA" ]; };
      }`,
    };
    await withRepository(files, async (repository) => {
      const built = await repository.nix([
        "build",
        "--no-link",
        "--json",
        `.#nixosConfigurations.nas.${toplevel}`,
      ]);
      expect(built).toMatchObject({ code: 0 });
      const [{ outputs }] = JSON.parse(built.stdout);
      const has = (path: string): boolean => existsSync(join(outputs.out, path));
      for (const path of [
        "bin/switch-to-configuration",
        "etc/systemd/system/web.service",
        "etc/systemd/system/multi-user.target.wants/web.service",
        "etc/systemd/system/idle.service",
        "etc/ssh/authorized_keys.d/deployer",
        "specialisation/big/bin/switch-to-configuration",
        "kernel",
      ]) {
        expect([path, has(path)]).toEqual([path, true]);
      }
      expect(has("etc/systemd/system/multi-user.target.wants/idle.service")).toBe(false);
    });
  });

  test("refuses what NixOS would refuse, in its words", async () => {
    const wrong = {
      "systems/unknown.nix": "{ networking.hostname = 1; }",
      "systems/type.nix": '{ networking.firewall.enable = "yes"; }',
      "systems/conflict.nix":
        '{ lib, ... }: { imports = [ { time.timeZone = "UTC"; } ]; time.timeZone = "Asia/Tokyo"; }',
      "systems/asserted.nix": '{ assertions = [ { assertion = false; message = "not so"; } ]; }',
    };
    await withRepository(wrong, async (repository) => {
      const words = async (name: string): Promise<string> =>
        (await repository.nix(["eval", `.#nixosConfigurations.${name}.${toplevel}.drvPath`]))
          .stderr;
      expect(await words("unknown")).toContain("The option `networking.hostname' does not exist.");
      expect(await words("type")).toContain(
        "A definition for option `networking.firewall.enable' is not of type `boolean'.",
      );
      expect(await words("conflict")).toContain(
        "The option `time.timeZone' has conflicting definition values:",
      );
      expect(await words("asserted")).toContain("Failed assertions:\n       - not so");
    });
  });

  test("a fleet without the input nixpkgs is told the option's name", async () => {
    const flake = fleetFlake().replace(/.*inputs.nixpkgs.*\n/, "");
    await withRepository({ "flake.nix": flake, "systems/nas.nix": plain }, async (repository) => {
      const ended = await repository.nix(["eval", `.#nixosConfigurations.nas.${toplevel}.drvPath`]);
      expect(ended.stderr).toContain(
        "mkFleet finds no input nixpkgs; give it one, or the option `nixpkgs`",
      );
      expect(await repository.evaluate("lib.fleet.hosts", "builtins.attrNames")).toEqual(["nas"]);
    });
  });
});
