import { expect, test } from "vitest";
import { machineAt } from "../src/fleet/machine-at.ts";

test("a builder outside the fleet has the address that was typed, and the usual settings", () => {
  expect(machineAt("ada@builder.lan:2222").settings).toMatchObject({
    addresses: ["builder.lan"],
    user: "ada",
    port: 2222,
    policy: { confirmSeconds: 30 },
  });
});

test("what is no address is refused", () => {
  expect(() => machineAt("-oProxyCommand=x")).toThrow(/address/);
});
