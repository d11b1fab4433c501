import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closureOnHost, closuresHere, diffHosts } from "../src/inventory/closures.ts";
import { copySystem } from "../src/inventory/copy.ts";
import { storeName } from "../src/nix/store-name.ts";
import { hostOf, seenOf } from "../src/testing/hosts.ts";
import { hasNix } from "../src/testing/nix-repository.ts";
import { type NixWorld, openNixWorld } from "./nix-world.ts";

/** A system in small: packages by version, and units by text. */
const systems = `
let
  mk = name: script: extra: derivation ({
    inherit name; system = builtins.currentSystem; builder = "/bin/sh";
    args = [ "-c" ("PATH=/usr/bin:/bin; " + script) ];
  } // extra);
  pkg = name: mk name "head -c 20000 /dev/zero > $out; echo $name >> $out" { };
  system = { packages, units }: mk "nixos-system-nas-25.05" ''
    mkdir -p $out/etc/systemd/system/multi-user.target.wants
    ln -s $path $out/sw
    cd $out/etc/systemd/system
    for unit in $units; do
      name=''\${unit%%=*}
      printf '%s\\\\n' "[Service]" "ExecStart=/''\${unit#*=}" > $name
      ln -s ../$name multi-user.target.wants/$name
    done
  '' { inherit units; path = mk "system-path" ''mkdir $out; echo $packages > $out/list'' { packages = map pkg packages; }; };
in {
  old = system { packages = [ "htop-3.3.0" "curl-8.9" "linux-6.12.8" ]; units = [ "web.service=1" "gone.service=1" "same.service=1" ]; };
  new = system { packages = [ "htop-3.4.0" "jq-1.7" "linux-6.12.11" ]; units = [ "web.service=2" "come.service=1" "same.service=1" ]; };
}
`;

describe.runIf(hasNix)("closures with the installed Nix", () => {
  let world: NixWorld;
  let older: string;
  let newer: string;
  const host = hostOf("nas");

  beforeEach(async () => {
    world = await openNixWorld({ far: true });
    await world.writeFiles({ "systems.nix": systems });
    const build = async (attribute: string): Promise<string> => {
      const argv = [
        "nix-build",
        join(world.folder, "systems.nix"),
        "-A",
        attribute,
        "--no-out-link",
      ];
      return (await world.here({ argv, timeoutSeconds: 60 })).stdout.trim();
    };
    older = await build("old");
    newer = await build("new");
    world.forget();
  });
  afterEach(() => world.close());

  test("of many systems come from one process, and are asked for once", async () => {
    const [both, again] = await Promise.all([
      closuresHere(world, [older, newer, older]),
      closuresHere(world, [newer]),
    ]);
    expect(both.get(older)?.paths).toHaveLength(5);
    expect(again.get(newer)).toBe(both.get(newer));
    expect(await closuresHere(world, [older])).toEqual(new Map([[older, both.get(older)]]));
    expect(world.started).toHaveLength(1);
    expect(both.get(older)?.chosen?.map(storeName)).toEqual(
      expect.arrayContaining(["curl-8.9", "htop-3.3.0", "linux-6.12.8"]),
    );
  });

  test("what will be wanted is asked for along with what is, and never by itself", async () => {
    await closuresHere(world, [newer], [older]);
    const kernel = (await closuresHere(world, [older])).get(older)?.paths[0]?.path ?? "";
    await closuresHere(world, [newer], [kernel]);
    expect(world.started).toHaveLength(1);
  });

  test("one that is not in the store spoils nothing, and may come later", async () => {
    const gone = older.replace(/[^/]*$/, `${"a".repeat(32)}-gone`);
    expect([...(await closuresHere(world, [gone, newer])).keys()]).toEqual([newer]);
    expect((await closuresHere(world, [gone])).size).toBe(0);
  });

  test("of a host are the same, and null where it has none", async () => {
    expect(await closureOnHost(world, host, newer)).toBeNull();
    const seen = seenOf("nas", older, { nixDaemon: "nix-daemon" });
    const options = { run: "r", substitutes: false, checkSignatures: false };
    await copySystem(world, host, seen, [newer], options);
    const here = (await closuresHere(world, [newer])).get(newer);
    const there = await closureOnHost(world, host, newer);
    const sorted = (paths: readonly { readonly path: string }[] = []): readonly object[] =>
      paths.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    expect(sorted(there?.paths)).toEqual(sorted(here?.paths));
  });

  test("what would become of a host: versions, units and risks", async () => {
    const diffs = await diffHosts(world, [{ host, seen: { running: older }, to: newer }]);
    const { diff, effects, risks } = diffs.get("nas") ?? {};
    expect(diff?.changes.filter(({ class: kind }) => kind !== "configuration")).toMatchObject([
      { name: "curl", kind: "removed", chosen: true },
      { name: "htop", kind: "upgraded", from: ["3.3.0"], to: ["3.4.0"] },
      { name: "jq", kind: "added" },
      { name: "linux", kind: "upgraded", class: "reboot" },
    ]);
    expect(effects).toEqual({
      stop: ["gone.service"],
      start: ["come.service"],
      restart: ["web.service"],
      reload: [],
      kept: [],
    });
    expect(risks?.map(({ kind }) => kind)).toEqual(["kernel", "unit-removed"]);
    expect(world.started).toHaveLength(1);
    // Found out beforehand, it is there when it is wanted.
    const again = await diffHosts(world, [{ host, seen: { running: older }, to: newer }]);
    expect(again.get("nas")).toBe(diffs.get("nas"));
  });

  test("a host that runs nothing we know of gets everything anew", async () => {
    const diffs = await diffHosts(world, [{ host, seen: { running: null }, to: newer }]);
    expect(diffs.get("nas")).toMatchObject({ diff: { from: null }, effects: null });
  });

  test("a host whose system is nowhere is left out", async () => {
    const running = older.replace(/[^/]*$/, `${"a".repeat(32)}-gone`);
    expect((await diffHosts(world, [{ host, seen: { running }, to: newer }])).size).toBe(0);
  });
});
