import { expect, test } from "vitest";
import { nixLiteral, systemExpression } from "../src/testing/fleet/system.ts";

test("a system for a test host is an expression of Nix with its wishes as arguments", () => {
  const wish = {
    version: "26.05.2",
    packages: { nginx: "1.27.0" },
    address: null,
    loaderFails: true,
  };
  expect(systemExpression(wish, "./nixpkgs")).toBe(
    'import nixpkgs/system.nix { "version" = "26.05.2"; "packages" = { "nginx" = "1.27.0"; }; "address" = null; "loaderFails" = true; }',
  );
});

test("text stays text in Nix, whatever is in it", () => {
  expect(nixLiteral('say "no" \\ ${evil} $ok')).toBe('"say \\"no\\" \\\\ \\${evil} $ok"');
  expect(nixLiteral(["a", 1, true, null])).toBe('[ "a" 1 true null ]');
  expect(nixLiteral({ here: "x", gone: undefined })).toBe('{ "here" = "x"; }');
});
