import { expect, test } from "vitest";
import { isLoopback, parseAddress } from "../src/fleet/address.ts";
import { sshAlias, sshAliasOfAddress } from "../src/fleet/ssh-alias.ts";

test.each([
  ["nas", "nas", null, null],
  ["nas.lan:2222", "nas.lan", null, 2222],
  ["root@nas.lan", "nas.lan", "root", null],
  ["ssh://ada@nas.lan:22/", "nas.lan", "ada", 22],
  ["ssh-ng://nas", "nas", null, null],
  ["192.0.2.1:22", "192.0.2.1", null, 22],
  ["fd77::11", "fd77::11", null, null],
  ["root@fd77::11", "fd77::11", "root", null],
  ["[fd77::11]", "fd77::11", null, null],
  ["root@[fd77::11]:2222", "fd77::11", "root", 2222],
  ["fe80::1%eth0", "fe80::1%eth0", null, null],
  ["ada@example.org@nas", "nas", "ada@example.org", null],
])("%s comes apart", (text, host, user, port) => {
  expect(parseAddress(text)).toEqual({ host, user, port });
});

test.each([
  "",
  "-oProxyCommand=touch /tmp/x",
  "root@-oProxyCommand=x",
  "-l@nas",
  "@nas",
  "nas lan",
  "nas\nHost *",
  "nas:",
  "nas:0",
  "nas:65536",
  "nas:ssh",
  "[fd77::11]2222",
  "[nas",
  "nas;id",
  "$(id)",
  "a`id`@nas",
  "nas/path",
  'na"s',
])("%j is refused", (text) => {
  expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "setting-broken" }));
});

test("a machine's own addresses are known", () => {
  const own = ["localhost", "LOCALHOST", "nas.localhost", "127.0.0.1", "127.1", "::1"];
  expect(own.filter(isLoopback)).toEqual(own);
  expect(["nas", "localhost.lan", "10.0.0.1", "::2", "1127.0.0.1"].filter(isLoopback)).toEqual([]);
});

test("no two names have one alias, and ssh takes each for a plain word", () => {
  const names = [
    "nas",
    "NAS",
    "my_nas",
    "my.nas",
    "my-nas",
    "my.5f.nas",
    "ü",
    "🦊",
    "*",
    "a b",
    "-a",
    "2-nas",
  ];
  const aliases = names.flatMap((name) => [1, 2].map((number) => sshAliasOfAddress(name, number)));
  expect(new Set(aliases).size).toBe(aliases.length);
  expect(aliases.filter((alias) => !/^flurry[a-z0-9.-]+$/.test(alias))).toEqual([]);
  expect(sshAlias("nas")).toBe("flurry-nas");
  expect(sshAlias("my_nas")).toBe("flurry-my.5f.nas");
});
