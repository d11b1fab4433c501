import { expect, test } from "vitest";
import type { Generation, SeenHost } from "../src/fleet/seen.ts";
import { generationFor } from "../src/plan/rollback.ts";
import { seenOf } from "../src/testing/hosts.ts";

const generation = (
  number: number,
  system: string | null,
  revision: string | null = null,
): Generation => ({
  number,
  system,
  at: 0,
  nixosVersion: null,
  kernel: null,
  revision,
  revisionDirty: false,
});

const nas: SeenHost = seenOf("nas", "/nix/store/c", {
  generation: 4,
  generations: [
    generation(1, "/nix/store/a", "aaaa111"),
    generation(2, null),
    generation(3, "/nix/store/c"),
    generation(4, "/nix/store/c"),
    generation(5, "/nix/store/e", "eeee555"),
  ],
});

test.each([
  ["the next lower one that exists and is not what runs", { to: null, revision: null }, 1],
  ["the one that is named", { to: 3, revision: null }, 3],
  ["also one that is newer", { to: 5, revision: null }, 5],
  ["the one of a revision", { to: null, revision: "eeee" }, 5],
])("a rollback goes to %s", (_, wish, number) => {
  expect(generationFor("nas", nas, wish).number).toBe(number);
});

test("from a system that is in no generation a rollback goes to the profile's own", () => {
  const tried = { ...nas, running: "/nix/store/tried", profile: "/nix/store/c" };
  expect(generationFor("nas", tried, { to: null, revision: null }).number).toBe(4);
});

test("a generation that was collected is told, with those that are there", () => {
  expect(() => generationFor("nas", nas, { to: 2, revision: null })).toThrow(
    expect.objectContaining({
      code: "generation-missing",
      message: "nas has no generation 2",
      evidence: ["nas has 5, 4, 3, 1"],
    }),
  );
});
