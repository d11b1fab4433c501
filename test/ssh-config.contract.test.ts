import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askSsh, askSshPlainly, sshConfigText } from "../src/world/ssh-config.ts";

// Claim: what the installed ssh reads in our file is what it would have done without it.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flurry-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What ssh makes of the alias, of the address with the user's file, and of our file's text. */
function both(
  users: string,
  address: string,
  options: readonly string[] = [],
): readonly [string[], string[]] {
  const config = join(folder, "a b [1]*", "config");
  mkdirSync(join(folder, "a b [1]*"));
  writeFileSync(config, users);
  const asked = run(askSsh(address, { config, options }));
  const made = {
    alias: "flurry-nas",
    address,
    asked,
    plain: run(askSshPlainly(address)),
    pin: null,
    forwardsAgent: false,
  };
  const ours = join(folder, "ours");
  writeFileSync(ours, sshConfigText([made], [config]));
  return [asked.split("\n"), run(["ssh", "-F", ours, "-G", "flurry-nas"]).split("\n")];
}

test("the user's settings hold under the alias", () => {
  const users = `Host nas.lan
  User deployer
  Port 2222
  IdentityFile "/keys/of ada"
  SetEnv A="b c"
  ProxyCommand nc -X %n %h %p
Match originalhost nas.lan
  Compression yes
Host bastion
  Port 44
`;
  const [asked, ours] = both(users, "nas.lan", ["-o", "CheckHostIP=yes"]);
  const kept = [
    "user deployer",
    "port 2222",
    "identityfile /keys/of ada",
    "setenv A=b c",
    "compression yes",
    "checkhostip yes",
    "hostname nas.lan",
  ];
  expect(asked).toEqual(expect.arrayContaining(kept));
  expect(ours).toEqual(expect.arrayContaining(kept));
  expect(ours).toContain("proxycommand nc -X nas.lan %h %p");
  expect(ours).toEqual(expect.arrayContaining(["batchmode yes", "stricthostkeychecking true"]));
  const bastion = run(["ssh", "-F", join(folder, "ours"), "-G", "bastion"]).split("\n");
  expect(bastion).toContain("port 44");
});

test("what the user's file says of all hosts does not undo what it says of one", () => {
  const users = `Host nas.lan
  ProxyJump none
  Port 22
Host *
  ProxyJump bastion
  Port 2200
  User everyone
`;
  const [, ours] = both(users, "nas.lan");
  expect(ours).toContain("port 22");
  expect(ours).toContain("user everyone");
  expect(ours.filter((line) => line.startsWith("proxyjump"))).toEqual([]);
});

test("an address of version 6 keeps its zone", () => {
  const [, ours] = both("", "fe80::1%lo");
  expect(ours).toContain("hostname fe80::1%lo");
});

function run([file = "", ...args]: readonly string[]): string {
  return execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}
