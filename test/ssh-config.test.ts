import { expect, test } from "vitest";
import {
  asksForAgent,
  asksForTerminal,
  askSsh,
  askSshPlainly,
  knownHostsText,
  parseHostKey,
  type SshBlock,
  sshConfigText,
  takeConfigOut,
} from "../src/world/ssh-config.ts";

const plain = `host nas.lan
user ada
hostname nas.lan
port 22
stdinnull no
forwardagent no
identityfile ~/.ssh/id_rsa
identityfile ~/.ssh/id_ed25519
userknownhostsfile /home/ada/.ssh/known_hosts /home/ada/.ssh/known_hosts2
connecttimeout none
`;

function block(asked: string, more: Partial<SshBlock> = {}): SshBlock {
  const nothing = { pin: null, forwardsAgent: false };
  return { alias: "flurry-nas", address: "nas.lan", asked, plain, ...nothing, ...more };
}

/** What stands in the block beside what every host has. */
function linesOf(asked: string, more: Partial<SshBlock> = {}): string[] {
  const all = sshConfigText([block(asked, more)], []).split("\n");
  const usual = new Set(sshConfigText([block(plain)], []).split("\n"));
  return all
    .filter((line) => !usual.has(line) || line.includes("Agent"))
    .map((line) => line.trim());
}

test("what must hold comes first, then where the host is, then the user's own files", () => {
  const text = sshConfigText([block(plain)], ["/home/ada/.ssh/config", "/etc/ssh/ssh_config"]);
  expect(text).toMatchInlineSnapshot(`
    "Host flurry-nas
      BatchMode yes
      RequestTTY no
      RemoteCommand none
      EscapeChar none
      ClearAllForwardings yes
      ForwardX11 no
      ControlMaster no
      ControlPath none
      PermitLocalCommand no
      ConnectTimeout 10
      ConnectionAttempts 1
      ServerAliveInterval 5
      ServerAliveCountMax 3
      StrictHostKeyChecking yes
      LogLevel INFO
      StdinNull no
      ForwardAgent no
      user ada
      hostname nas.lan
      port 22
      proxycommand none

    Match all
      Include /home/ada/.ssh/config
      Include /etc/ssh/ssh_config
    "
  `);
});

test("a pinned key is known by the host's name, and is the only one", () => {
  const keys = [
    parseHostKey("nas", "ssh-rsa AAAAB3Nz root@nas"),
    parseHostKey("nas", "ssh-ed25519 AAAAC3Nz"),
  ];
  const pin = { alias: "flurry-nas", keys, knownHostsFile: "/run/user/1000/flurry/known_hosts" };
  expect(linesOf(plain, { pin })).toMatchInlineSnapshot(`
    [
      "ForwardAgent no",
      "HostKeyAlias flurry-nas",
      "UserKnownHostsFile /run/user/1000/flurry/known_hosts",
      "GlobalKnownHostsFile /dev/null",
      "HostKeyAlgorithms rsa-sha2-512,rsa-sha2-256,ssh-ed25519",
      "UpdateHostKeys no",
      "VerifyHostKeyDNS no",
    ]
  `);
  expect(knownHostsText([pin])).toBe(
    "flurry-nas ssh-rsa AAAAB3Nz\nflurry-nas ssh-ed25519 AAAAC3Nz\n",
  );
});

test.each([
  [
    "a port and a user",
    "user ada\nhostname nas.lan\nport 22",
    "user deployer\nhostname nas.lan\nport 2222",
    ["user deployer", "port 2222"],
  ],
  ["keys of one's own", "identityfile ~/.ssh/id_rsa\n", "", ["identityfile ~/.ssh/id_ed25519"]],
  [
    "a key with blanks",
    "~/.ssh/id_rsa",
    '/a b/c"d',
    ['identityfile "/a b/c\\"d"', "identityfile ~/.ssh/id_ed25519"],
  ],
  [
    "an address with a zone",
    "hostname nas.lan",
    "hostname fe80::1%eth0",
    ["hostname fe80::1%%eth0"],
  ],
  [
    "the name as typed",
    "connecttimeout none",
    "proxycommand nc %n %h %%n",
    ["proxycommand nc nas.lan %h %%n"],
  ],
  ["a jump host", "connecttimeout none", "proxyjump bastion", ["proxyjump bastion"]],
  ["forwardings, which are dropped", "connecttimeout none", "localforward 80 [a]:90", []],
  ["a terminal, which is not given", "connecttimeout none", "requesttty force", []],
  ["the agent, which the user's files may not pass on", "forwardagent no", "forwardagent yes", []],
])("of the user's settings: %s", (_, from, to, lines) => {
  expect(linesOf(plain.replace(from, to)).filter((line) => line !== "ForwardAgent no")).toEqual(
    lines,
  );
});

test("the agent is passed on where the host's own options ask for it", () => {
  const lines = linesOf(plain.replace("forwardagent no", "forwardagent yes"), {
    forwardsAgent: true,
  });
  expect(lines).toEqual(["forwardagent yes"]);
  expect(asksForAgent(["-A"])).toBe(true);
  expect(asksForAgent(["-o", "ForwardAgent=yes"])).toBe(true);
  expect(asksForAgent(["-oForwardAgent yes"])).toBe(true);
  expect(asksForAgent(["-o", "ForwardAgent=no"])).toBe(false);
  expect(asksForAgent(["-i", "/home/Ada/key", "-oAddKeysToAgent=yes"])).toBe(false);
});

test("options keep their words, and the file among them is taken out", () => {
  expect(takeConfigOut(["-F", "a", "-o", "X=1", "-Fb"])).toEqual({
    config: "a",
    options: ["-o", "X=1"],
  });
  expect(takeConfigOut(["-Fb", "-v"])).toEqual({ config: "b", options: ["-v"] });
  expect(takeConfigOut([])).toEqual({ config: null, options: [] });
  expect(askSsh("nas", { config: "/c", options: ["-p", "1"] }).join(" ")).toBe(
    "ssh -F /c -p 1 -G -- nas",
  );
  expect(askSshPlainly("nas").join(" ")).toBe("ssh -F none -G -- nas");
});

test("a terminal is noticed however it was asked for", () => {
  expect(asksForTerminal("port 22\nrequesttty force\n")).toBe(true);
  expect(asksForTerminal("requesttty true\n")).toBe(true);
  expect(asksForTerminal("requesttty auto\n")).toBe(false);
});

test.each([
  "",
  "AAAAC3Nz",
  "ssh-ed25519",
  "ssh-ed25519 AAAA\nHost *",
  "* ssh-ed25519 AAAA",
  "ssh-ed25519 A;B",
])("%j is no host key", (text) => {
  expect(() => parseHostKey("nas", text)).toThrow(/nas: sshHostKey is no public key/);
});
