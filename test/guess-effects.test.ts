import { expect, test } from "vitest";
import { changedUnits, guessEffects, type SystemUnits } from "../src/nix/guess-effects.ts";

const texts: Readonly<Record<string, string>> = {
  "nginx.service": "[Unit]\nX-ReloadIfChanged=true\n",
  "display-manager.service": "[Service]\nX-RestartIfChanged=false\n",
  "backup.service": "[Service]\nType=oneshot\n",
  "mounts.service": "[Service]\nType=oneshot\nRemainAfterExit=true\n",
};

function guess(before: SystemUnits, after: SystemUnits): ReturnType<typeof guessEffects> {
  return guessEffects(before, after, (unit) => texts[unit]);
}

test("changed units restart, reload or stay, as their text says", () => {
  const names = [
    "nginx.service",
    "display-manager.service",
    "backup.service",
    "mounts.service",
    "web.service",
  ];
  const at = (hash: string): SystemUnits => Object.fromEntries(names.map((name) => [name, hash]));
  expect(guess(at("a"), at("b"))).toEqual({
    stop: [],
    start: [],
    restart: ["mounts.service", "web.service"],
    reload: ["nginx.service"],
    kept: ["display-manager.service"],
  });
});

test("removed units stop, and new ones start if a target wants them", () => {
  const before = { "old.service": "a" };
  const after = {
    "new.service": "b",
    "on-demand.service": "c",
    "multi-user.target.wants/new.service": "b",
  };
  expect(guess(before, after)).toMatchObject({ stop: ["old.service"], start: ["new.service"] });
});

test("a unit whose overrides differ is a changed one", () => {
  const before = { "web.service": "a", "web.service.d/overrides.conf": "x" };
  const after = { "web.service": "a", "web.service.d/overrides.conf": "y" };
  expect(guess(before, after)).toMatchObject({ restart: ["web.service"] });
  expect(changedUnits(before, after)).toEqual(["web.service"]);
});

test("units that did not change are left alone", () => {
  const same = { "web.service": "a", "multi-user.target.wants/web.service": "a" };
  const nothing = { stop: [], start: [], restart: [], reload: [], kept: [] };
  expect(guess(same, { ...same })).toEqual(nothing);
  expect(changedUnits(same, { ...same })).toEqual([]);
});

test("targets, slices and templates are left alone", () => {
  const before = { "a.target": "a", "b.slice": "a", "c@.service": "a" };
  const after = { "a.target": "b", "b.slice": "b", "c@.service": "b" };
  expect(guess(before, after)).toEqual({ stop: [], start: [], restart: [], reload: [], kept: [] });
});
