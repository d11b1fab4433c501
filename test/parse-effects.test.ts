import { expect, test } from "vitest";
import { parseEffects } from "../src/nix/parse-effects.ts";

const nothing = { stop: [], start: [], restart: [], reload: [], kept: [] };

test("a rehearsal tells what would become of units", () => {
  const text = [
    "would stop the following units: old.service, tmp.mount",
    "would NOT stop the following changed units: display-manager.service",
    "would activate the configuration...",
    "would reload the following units: dbus.service",
    "would restart the following units: nginx.service, sshd.service",
    "would start the following units: new.service",
  ].join("\n");
  expect(parseEffects(text)).toEqual({
    stop: ["old.service", "tmp.mount"],
    start: ["new.service"],
    restart: ["nginx.service", "sshd.service"],
    reload: ["dbus.service"],
    kept: ["display-manager.service"],
  });
});

test("an activation tells the same without would, and what is stopped and started is restarted", () => {
  const text =
    "stopping the following units: a.service, b.service\nstarting the following units: b.service\nNOT restarting the following changed units: c.service";
  expect(parseEffects(text)).toEqual({
    ...nothing,
    stop: ["a.service"],
    restart: ["b.service"],
    kept: ["c.service"],
  });
});

test("units of users, warnings and empty lists are left out", () => {
  expect(
    parseEffects(
      "reloading user units for alice...\nrestarting the following user units: panel.service\nwarning: the following units failed: a.service\nthe following new units were started: b.service\nwould stop the following units: \n",
    ),
  ).toEqual(nothing);
});
