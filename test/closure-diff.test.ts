import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffClosures } from "../src/nix/closure-diff.ts";
import type { Closure, ClosureDiff, NameChange } from "../src/plan/closure-diff.ts";

const kib = 1024;

/** A closure of `HASH-LETTER NAME BYTES` lines: the letter stands for the whole hash. */
function closureOf(lines: readonly string[], chosen: readonly string[] = []): Closure {
  const paths = lines.map((line) => {
    const [letter = "a", name = "", bytes = "0"] = line.split(" ");
    return { path: `/nix/store/${letter.repeat(32)}-${name}`, bytes: Number(bytes) };
  });
  const isChosen = (path: string): boolean => chosen.some((name) => path.endsWith(`-${name}`));
  return {
    system: "/nix/store/s-system",
    paths,
    chosen: paths.map(({ path }) => path).filter(isChosen),
  };
}

function rowsOf(before: readonly string[], after: readonly string[]): readonly object[] {
  return diffClosures(closureOf(before), closureOf(after)).changes.map(
    ({ name, kind, from, to, kept }) => ({ name, kind, from, to, kept }),
  );
}

describe("a name is", () => {
  test("added or removed where it is only on one side", () => {
    expect(rowsOf(["a curl-8.0 1"], ["a tailscale-1.88.3 1"])).toEqual([
      { name: "curl", kind: "removed", from: ["8.0"], to: [], kept: [] },
      { name: "tailscale", kind: "added", from: [], to: ["1.88.3"], kept: [] },
    ]);
  });

  test("upgraded by its highest version, while others may stay", () => {
    expect(
      rowsOf(
        ["a openssl-3.4.0 1", "b openssl-3.3.2 1"],
        ["c openssl-3.4.1 1", "b openssl-3.3.2 1"],
      ),
    ).toEqual([
      { name: "openssl", kind: "upgraded", from: ["3.4.0"], to: ["3.4.1"], kept: ["3.3.2"] },
    ]);
  });

  test("downgraded where it falls", () => {
    expect(rowsOf(["a foo-6.6.30 1"], ["b foo-6.6.9 1"])).toMatchObject([{ kind: "downgraded" }]);
  });

  test("changed where versions only come or only go beside one that stays", () => {
    expect(rowsOf(["a foo-1 1"], ["a foo-1 1", "b foo-2 1"])).toMatchObject([
      { kind: "changed", to: ["2"], kept: ["1"] },
    ]);
  });

  test("one version, however many outputs it has", () => {
    expect(
      rowsOf(["a gcc-15.2.0 1", "b gcc-15.2.0-lib 1"], ["c gcc-15.3.0 1", "d gcc-15.3.0-lib 1"]),
    ).toEqual([{ name: "gcc", kind: "upgraded", from: ["15.2.0"], to: ["15.3.0"], kept: [] }]);
  });
});

test("what was only rebuilt is hidden, unless its size moves by 8 KiB", () => {
  const diff = diffClosures(
    closureOf(["a small-1 0", "b large-1 0"]),
    closureOf(["c small-1 8191", `d large-1 ${8 * kib}`]),
  );
  expect(diff.changes.map(({ name, kind }) => `${name} ${kind}`)).toEqual(["large rebuilt"]);
  expect(diff.rebuilt).toEqual({ names: ["small"], bytes: 8191 });
});

test("a new interpreter is one row a package, not two", () => {
  const diff = diffClosures(
    closureOf(["a python3.12-numpy-2.1 9", "b python3-3.12.8 1"]),
    closureOf(["c python3.13-numpy-2.2 10", "d python3-3.13.1 1"]),
  );
  expect(diff.changes).toMatchObject([
    { name: "python3", kind: "upgraded", with: null },
    {
      name: "python3.13-numpy",
      kind: "upgraded",
      from: ["2.1"],
      to: ["2.2"],
      with: "python 3.12 → 3.13",
    },
  ]);
});

test("two interpreters that were both there are not taken for one that moved", () => {
  const diff = diffClosures(
    closureOf(["a python3.11-numpy-2.1 9", "b python3.12-numpy-2.1 9"]),
    closureOf(["c python3.13-numpy-2.2 10"]),
  );
  expect(diff.changes.map(({ kind }) => kind)).toEqual(["removed", "removed", "added"]);
});

test("a module outside of the kernel's tree is marked as moving with it", () => {
  const diff = diffClosures(
    closureOf(["a linux-6.6.68 1", "b zfs-kernel-2.2.7-6.6.68 1"]),
    closureOf(["c linux-6.6.69 1", "d zfs-kernel-2.2.7-6.6.69 1"]),
  );
  expect(diff.changes.find(({ name }) => name === "zfs-kernel")?.with).toBe(
    "linux 6.6.68 → 6.6.69",
  );
});

test("configuration, packages and what needs a reboot are told apart", () => {
  const names = [
    "linux-6.6.68",
    "linux-zen-6.6",
    "linux-pam-1.7",
    "initrd-linux-6.6.68",
    "systemd-257.2",
    "unit-nginx.service",
    "nixos-system-fern-25.05",
    "nginx.conf",
    "curl-8.0",
  ];
  const diff = diffClosures(null, closureOf(names.map((name) => `a ${name} 1`)));
  const classes = Object.fromEntries(diff.changes.map((row) => [row.name, row.class]));
  expect(classes).toEqual({
    linux: "reboot",
    "linux-zen": "reboot",
    "linux-pam": "package",
    "initrd-linux": "reboot",
    systemd: "reboot",
    "unit-nginx.service": "configuration",
    "nixos-system-fern": "configuration",
    "nginx.conf": "configuration",
    curl: "package",
  });
});

test("what stands in the system's packages is marked as chosen", () => {
  const diff = diffClosures(null, closureOf(["a htop-3.0 1", "b ncurses-6 1"], ["htop-3.0"]));
  expect(diff.changes.map(({ name, chosen }) => [name, chosen])).toEqual([
    ["htop", true],
    ["ncurses", false],
  ]);
});

test("without a system before, everything is added", () => {
  const diff = diffClosures(null, closureOf(["a htop-3.0 5"]));
  expect(diff).toMatchObject({
    from: null,
    paths: { before: 0, after: 1, added: 1, removed: 0 },
    bytes: { before: 0, after: 5 },
  });
});

const path = fc.record({
  letter: fc.constantFrom("a", "b", "c"),
  name: fc.constantFrom("foo", "bar", "python3.12-x", "python3.13-x", "linux", "unit-a.service"),
  version: fc.constantFrom("", "-1.0", "-2.0", "-2.0-lib", "-2.0pre1"),
  bytes: fc.integer({ min: 0, max: 20 * kib }),
});
const closure = fc
  .uniqueArray(path, { selector: ({ letter, name, version }) => `${letter}${name}${version}` })
  .map((paths) =>
    closureOf(
      paths.map(({ letter, name, version, bytes }) => `${letter} ${name}${version} ${bytes}`),
    ),
  );

describe("for any two closures", () => {
  test("a closure does not differ from itself", () => {
    fc.assert(
      fc.property(closure, (one) => {
        const diff = diffClosures(one, one);
        expect(diff.changes).toEqual([]);
        expect(diff.rebuilt.names).toEqual([]);
        expect(diff.paths.added + diff.paths.removed).toBe(0);
      }),
    );
  });

  test("turned around, added and removed, upgraded and downgraded change places", () => {
    fc.assert(
      fc.property(closure, closure, (one, other) => {
        const there = diffClosures(one, other);
        const back = diffClosures(other, one);
        expect(summaryOf(back)).toEqual(summaryOf(there).map(turned).toSorted());
      }),
    );
  });

  test("the bytes of all rows, hidden ones included, are the difference of the totals", () => {
    fc.assert(
      fc.property(closure, closure, (one, other) => {
        const { changes, rebuilt, bytes } = diffClosures(one, other);
        const sum = changes.reduce((total, row) => total + row.bytes, rebuilt.bytes);
        // Equal paths with two sizes are no closures of one store.
        fc.pre(sameSizes(one, other));
        expect(sum).toBe(bytes.after - bytes.before);
      }),
    );
  });

  test("the order of the paths is of no matter", () => {
    fc.assert(
      fc.property(closure, closure, (one, other) => {
        const reversed = { ...one, paths: one.paths.toReversed() };
        expect(diffClosures(reversed, other)).toEqual(diffClosures(one, other));
      }),
    );
  });
});

/** Names are those of the new side, so a row that moved with its interpreter is compared without number. */
function summaryOf({ changes }: ClosureDiff): readonly string[] {
  return changes.map((row) => lineOf(row, row.kind, row.from, row.to)).toSorted();
}

function lineOf(
  row: NameChange,
  kind: string,
  from: readonly string[],
  to: readonly string[],
): string {
  const name = row.name.replace(/3\.1[23]/, "3");
  return [name, kind, from.join(), to.join(), row.kept.join()].join("|");
}

const opposite: Readonly<Record<string, string>> = {
  added: "removed",
  removed: "added",
  upgraded: "downgraded",
  downgraded: "upgraded",
};

function turned(line: string): string {
  const [name = "", kind = "", from = "", to = "", kept = ""] = line.split("|");
  return [name, opposite[kind] ?? kind, to, from, kept].join("|");
}

function sameSizes(one: Closure, other: Closure): boolean {
  const sizes = new Map(one.paths.map(({ path: at, bytes }) => [at, bytes]));
  return other.paths.every(({ path: at, bytes }) => (sizes.get(at) ?? bytes) === bytes);
}

function manyOf(version: number): Closure {
  const names = Array.from({ length: 20_000 }, (_, index) => `package-of-name-x${index}`);
  return closureOf(names.map((name) => `${version} ${name}-${version}.0 100`));
}

test("two closures of twenty thousand paths are compared in a moment", () => {
  const start = performance.now();
  expect(diffClosures(manyOf(1), manyOf(2)).changes).toHaveLength(20_000);
  expect(performance.now() - start).toBeLessThan(3_000);
});
