import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withStandIns } from "../demo/lab.ts";
import { projectFolder } from "../src/testing/fleet/place.ts";

const flake = readFileSync(join(projectFolder, "examples/homelab/flake.nix"), "utf8");

test("the demo points the example's inputs at folders, and changes nothing else of its flake", () => {
  const lines = flake.split("\n");
  const changed = withStandIns(flake, "/run/x").split("\n");
  expect(changed.filter((line) => !lines.includes(line)).map((line) => line.trim())).toEqual([
    'nixpkgs.url = "path:/run/x/nixpkgs";',
    'home-manager.url = "path:/run/x/home-manager";',
    'flurry.url = "path:/run/x/flurry";',
  ]);
  expect(lines.filter((line) => !changed.includes(line)).map((line) => line.trim())).toEqual([
    'nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";',
    'home-manager.url = "github:nix-community/home-manager";',
    'home-manager.inputs.nixpkgs.follows = "nixpkgs";',
    'flurry.url = "path:/home/ada/flurry/nix";',
  ]);
});

test("an example that has lost an input is told", () => {
  expect(() => withStandIns(flake.replace("flurry.url", "other.url"), "/run/x")).toThrow(
    "has no line flurry.url = …",
  );
});
