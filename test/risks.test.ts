import { expect, test } from "vitest";
import type { Effects } from "../src/plan/effects.ts";
import { diffClosures } from "../src/nix/closure-diff.ts";
import { risksOf } from "../src/nix/risks.ts";
import type { Closure, ClosureDiff } from "../src/plan/closure-diff.ts";

function closureOf(...names: readonly string[]): Closure {
  const paths = names.map((name) => ({ path: `/nix/store/${"a".repeat(32)}-${name}`, bytes: 1 }));
  return { system: "/nix/store/s", paths, chosen: null };
}

function diffOf(before: readonly string[], after: readonly string[]): ClosureDiff {
  return diffClosures(closureOf(...before), closureOf(...after));
}

const none: Effects = { stop: [], start: [], restart: [], reload: [], kept: [] };
const same = diffOf([], []);

function messages(diff: ClosureDiff, effects: Effects | null = null): readonly string[] {
  return risksOf(diff, effects).map(({ kind, message }) => `${kind}: ${message}`);
}

test("another kernel is told with its versions, another initrd only without it", () => {
  expect(
    messages(
      diffOf(["linux-6.12.8", "initrd-linux-6.12.8"], ["linux-6.12.11", "initrd-linux-6.12.11"]),
    ),
  ).toEqual(["kernel: reboot for the kernel (linux 6.12.8 → 6.12.11)"]);
  expect(messages(diffOf(["initrd-linux-6.12.8"], ["initrd-linux-6.12.9"]))).toEqual([
    "kernel: reboot for the initrd",
  ]);
});

test("firmware and a first system are no reason to speak of the kernel", () => {
  expect(messages(diffOf(["linux-firmware-1"], ["linux-firmware-2"]))).toEqual([]);
  expect(messages(diffClosures(null, closureOf("linux-6.12.8")))).toEqual([]);
});

test("units of the login and of the network are told", () => {
  expect(
    messages(same, { ...none, restart: ["sshd.service", "firewall.service", "nginx.service"] }),
  ).toEqual(["ssh: restarts sshd", "network: touches the network (firewall.service)"]);
});

test("downgrades and units that stop for good are told, the first of many by name", () => {
  const before = ["a-2", "b-2", "c-2", "d-2"];
  const after = ["a-1", "b-1", "c-1", "d-1"];
  expect(messages(diffOf(before, after), { ...none, stop: ["old.service"] })).toEqual([
    "unit-removed: stops for good old.service",
    "downgrade: downgrades a 2 → 1, b 2 → 1, c 2 → 1 and 1 more",
  ]);
});
