import { describe, expect, test } from "vitest";
import { widthOf } from "../src/lib/width.ts";
import type { ClosureDiff, NameChange } from "../src/plan/closure-diff.ts";
import { diffText, versionsText } from "../src/view/diff-text.ts";
import type { Style } from "../src/view/style.ts";

const mib = 1024 ** 2;
const plain: Style = { width: 100, ascii: false, colour: false };

function change(name: string, more: Partial<NameChange> = {}): NameChange {
  return {
    name,
    kind: "upgraded",
    class: "package",
    from: [],
    to: [],
    kept: [],
    bytes: 0,
    chosen: false,
    with: null,
    ...more,
  };
}

const diff: ClosureDiff = {
  from: "/nix/store/40rblgdsha8p7d0clzwbvx0dysccaqdw-nixos-system-nas-25.05",
  to: "/nix/store/gz5y3vik53mp26s8pn12aqkicmdcl4dv-nixos-system-nas-25.11",
  changes: [
    change("immich", { from: ["1.141.1"], to: ["1.142.0"], bytes: 21.4 * mib, chosen: true }),
    change("linux", { class: "reboot", from: ["6.12.8"], to: ["6.12.11"], chosen: true }),
    change("openssl", { from: ["3.4.0"], to: ["3.4.1"], kept: ["3.3.2"] }),
    change("zfs-kernel", {
      from: ["2.2-6.12.8"],
      to: ["2.2-6.12.11"],
      with: "linux 6.12.8 → 6.12.11",
    }),
    change("foo", { kind: "downgraded", from: ["2"], to: ["1"], bytes: -3 * mib }),
    change("tailscale", { kind: "added", to: ["1.88.3"], bytes: 30 * mib, chosen: true }),
    change("perl", { kind: "rebuilt", kept: ["5.40.0"], bytes: 9000 }),
    change("unit-nginx.service", { kind: "rebuilt", class: "configuration" }),
  ],
  rebuilt: { names: ["acl", "bash"], bytes: 12 },
  paths: { before: 2114, after: 2121, added: 143, removed: 136 },
  bytes: { before: 6210 * mib, after: 6250 * mib },
};
const effects = {
  stop: [],
  restart: ["immich-server.service", "postgresql.service"],
  reload: ["nginx.service"],
  start: ["tailscaled.service"],
  kept: [],
};
const heading = { host: "nas", from: 118, to: "3f9c1e2" };
const wish = { effects, all: false, rebuilt: false };

test("a difference is shown by kinds, then what it does and what it takes", () => {
  expect(diffText(heading, diff, wish, plain).join("\n")).toMatchInlineSnapshot(`
    "nas  118 → 3f9c1e2
    Upgraded (4)
      *  linux       6.12.8 → 6.12.11                   reboot
      *  immich      1.141.1 → 1.142.0         +21 MiB
      .  openssl     3.4.0 → 3.4.1                      (3.3.2 stays)
      .  zfs-kernel  2.2-6.12.8 → 2.2-6.12.11           with linux 6.12.8 → 6.12.11
    Downgraded (1)
      .  foo  2 → 1  −3.0 MiB
    Added (1)
      *  tailscale  1.88.3  +30 MiB
    Rebuilt          3 names with the same versions: --rebuilt
    Configuration
      restart immich-server, postgresql
      reload nginx
      start tailscaled
      1 generated file
    Closure          2,114 → 2,121 paths (+143 −136)    6.1 GiB → 6.1 GiB (+40 MiB)
    * chosen in environment.systemPackages    . comes along"
  `);
});

test("all that was asked for is named", () => {
  const text = diffText(heading, diff, { ...wish, all: true, rebuilt: true }, plain).join("\n");
  expect(text).toContain("  ~ unit-nginx.service");
  expect(text).toMatch(/\. {2}perl {2}5\.40\.0 {2}\+8\.8 KiB/);
  expect(text).toContain("  . acl");
});

test("the first of many are shown, with how to see the others", () => {
  const changes = Array.from({ length: 30 }, (_, at) =>
    change(`p${at}`, { from: ["1"], to: ["2"] }),
  );
  const text = diffText(heading, { ...diff, changes }, wish, plain).join("\n");
  expect(text).toContain("Upgraded (30)");
  expect(text).toContain("  … 18 more: --all");
});

test("the same system is said to be that", () => {
  const paths = { before: 5, after: 5, added: 0, removed: 0 };
  expect(diffText(heading, { ...diff, paths, changes: [] }, wish, plain)).toEqual([
    "nas  118 → 3f9c1e2",
    "  the same system",
  ]);
});

test("two paths are called by their names", () => {
  const [title] = diffText({ host: null, from: null, to: null }, diff, wish, plain);
  expect(title).toBe("40rblgd…-nixos-system-nas-25.05 → gz5y3vi…-nixos-system-nas-25.11");
});

describe.each([60, 80, 100, 160])("at %d columns", (width) => {
  test("no line is wider, and ASCII stays ASCII", () => {
    for (const ascii of [false, true]) {
      const lines = diffText(heading, diff, wish, { width, ascii, colour: false });
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
      // oxlint-disable-next-line no-control-regex -- All of ASCII.
      if (ascii) expect(lines.join("\n")).toMatch(/^[\x00-\x7f]*$/);
    }
  });
});

test.each([
  [{ from: ["1", "3"], to: ["2", "4"] }, "1 → 2, 3 → 4"],
  [{ from: ["1"], to: ["2", "4"] }, "1 → 2, + 4"],
  [{ from: ["1", "3"], to: ["2"] }, "1 → 2, − 3"],
  [{ kind: "added", to: ["1", "2"] }, "1, 2"],
  [{ kind: "removed", from: ["1"] }, "1"],
  [{ kind: "rebuilt", kept: ["1"] }, "1"],
] as const)("versions %o are written %s", (versions, text) => {
  expect(versionsText(change("x", versions))).toBe(text);
});
