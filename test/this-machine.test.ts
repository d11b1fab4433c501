import { expect, test } from "vitest";
import type { HostSettings } from "../src/fleet/host.ts";
import { hostOf } from "../src/testing/hosts.ts";
import { isOnlyReachableFromItself, isThisMachine } from "../src/world/this-machine.ts";

const machine = { hostName: "nas", hostKeys: ["ssh-ed25519 AAAAours"] };

test.each([
  ["its name is ours", {}, true],
  ["its name is ours, its key too", { sshHostKey: ["ssh-ed25519 AAAAours root@nas"] }, true],
  ["its name is ours, its key is not", { sshHostKey: ["ssh-ed25519 AAAAother"] }, false],
  ["it is never to be deployed from itself", { local: false }, false],
  ["its name is another", { hostName: "web" }, false],
])("%s", (_, settings, answer) => {
  expect(isThisMachine(hostOf("h1", { hostName: "nas", local: true, ...settings }), machine)).toBe(
    answer,
  );
});

test("loopback addresses reach nobody else, unless they have a port", () => {
  const only = (settings: Partial<HostSettings>): boolean =>
    isOnlyReachableFromItself(hostOf("nas", { port: null, ...settings }));
  expect(only({ addresses: ["localhost", "127.0.0.1"] })).toBe(true);
  expect(only({ addresses: ["localhost", "nas.lan"] })).toBe(false);
  expect(only({ addresses: ["localhost"], port: 2222 })).toBe(false);
});
