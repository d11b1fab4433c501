import { Problem } from "../lib/problem.ts";

// The ssh config of a run. Everyone who reaches a host by ssh, Nix too, is given `-F` this file and
// the host's alias: the address, the port and the user's own settings stand here, once.

/** One address of one host, and what ssh says about it. */
export interface SshBlock {
  readonly alias: string;
  readonly address: string;
  /** What `ssh … -G ADDRESS` printed with the user's configuration and options. */
  readonly asked: string;
  /** What `ssh -F none -G ADDRESS` printed: ssh's own defaults. */
  readonly plain: string;
  readonly pin: Pin | null;
  /** The host's own options ask for the agent: `-A` or `ForwardAgent`. */
  readonly forwardsAgent: boolean;
}

/** The only host keys that are believed. */
export interface Pin {
  /** The name in our known_hosts, whatever the address and port. */
  readonly alias: string;
  readonly keys: readonly HostKey[];
  readonly knownHostsFile: string;
}

/** A public key as `ssh-keyscan` prints it, without its comment. */
export interface HostKey {
  readonly type: string;
  readonly base64: string;
}

/** Options of ssh that come from a person, with the configuration file taken out of them. */
export interface SshWords {
  /** The file of the first `-F`; null: ssh's own files. */
  readonly config: string | null;
  readonly options: readonly string[];
}

/** Takes `-F FILE` out: an option of our own, which Nix and ssh get, comes in its place. */
export function takeConfigOut(words: readonly string[]): SshWords {
  const options: string[] = [];
  let config: string | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "-F") {
      at += 1;
      config ??= words[at] ?? null;
    } else if (word.startsWith("-F")) {
      config ??= word.slice(2);
    } else {
      options.push(word);
    }
  }
  return { config, options };
}

/** The words that ask ssh what it would do for an address. Nothing is connected. */
export function askSsh(address: string, { config, options }: SshWords): readonly string[] {
  return ["ssh", ...(config === null ? [] : ["-F", config]), ...options, "-G", "--", address];
}

/** The words that ask ssh for its defaults. */
export function askSshPlainly(address: string): readonly string[] {
  return ["ssh", "-F", "none", "-G", "--", address];
}

/** What holds for every host, because a machine reads and nobody is there to answer. */
const mustHold: readonly (readonly [string, string])[] = [
  ["BatchMode", "yes"],
  ["RequestTTY", "no"],
  ["RemoteCommand", "none"],
  ["EscapeChar", "none"],
  ["ClearAllForwardings", "yes"],
  ["ForwardX11", "no"],
  ["ControlMaster", "no"],
  ["ControlPath", "none"],
  ["PermitLocalCommand", "no"],
  ["ConnectTimeout", "10"],
  ["ConnectionAttempts", "1"],
  ["ServerAliveInterval", "5"],
  ["ServerAliveCountMax", "3"],
  ["StrictHostKeyChecking", "yes"],
  // Whatever the user set: less hides why a connection ended, more is debugging.
  ["LogLevel", "INFO"],
];

/** The same, for an ssh that knows them (8.7 and later). */
const mustHoldWhereKnown: readonly (readonly [string, string])[] = [
  ["StdinNull", "no"],
  ["SessionType", "default"],
  ["ForkAfterAuthentication", "no"],
];

/** The whole file. `includes` are absolute: the user's configuration, for jump hosts. */
export function sshConfigText(blocks: readonly SshBlock[], includes: readonly string[]): string {
  const files = includes.map((path) => `  Include ${quotePattern(path)}\n`).join("");
  return `${blocks.map(blockText).join("\n")}\nMatch all\n${files}`;
}

function blockText(block: SshBlock): string {
  // The first of two equal options counts, so what must hold comes first.
  const lines = [
    ...heldOptions(block).map(([name, value]) => `${name} ${value}`),
    ...(block.pin ? pinLines(block.pin) : []),
    ...usersLines(block),
  ];
  return `Host ${block.alias}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function heldOptions({ plain, forwardsAgent }: SshBlock): (readonly [string, string])[] {
  const known = optionsOf(plain);
  return [
    ...mustHold,
    ...mustHoldWhereKnown.filter(([name]) => known.has(name.toLowerCase())),
    ...(forwardsAgent ? [] : ([["ForwardAgent", "no"]] as const)),
  ];
}

function pinLines({ alias, keys, knownHostsFile }: Pin): string[] {
  const algorithms = new Set(keys.flatMap(({ type }) => signatures[type] ?? [type]));
  return [
    `HostKeyAlias ${alias}`,
    `UserKnownHostsFile ${quotePath(knownHostsFile)}`,
    "GlobalKnownHostsFile /dev/null",
    `HostKeyAlgorithms ${[...algorithms].join(",")}`,
    "UpdateHostKeys no",
    "VerifyHostKeyDNS no",
  ];
}

/** A key of type ssh-rsa signs with these. */
const signatures: Readonly<Record<string, readonly string[]>> = {
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/**
 * What the user's configuration and options make of this address, where it is not ssh's default
 * anyway: pasted whole, the lines would mean something else here (`host` opens a block).
 */
function usersLines(block: SshBlock): string[] {
  const plain = optionsOf(block.plain);
  const asked = optionsOf(block.asked);
  const held = new Set(heldOptions(block).map(([name]) => name.toLowerCase()));
  const lines: string[] = [];
  for (const [name, values] of asked) {
    const isDefault = values.join("\n") === plain.get(name)?.join("\n");
    if (held.has(name) || neverCopied.has(name) || (isDefault && !alwaysCopied.has(name))) continue;
    for (const value of values) lines.push(`${name} ${valueText(name, value, block.address)}`);
  }
  // Else the user's `Host *`, included below, would send by a jump host what needs none.
  const isDirect = !asked.has("proxyjump") && !asked.has("proxycommand");
  return isDirect ? [...lines, "proxycommand none"] : lines;
}

/** Where we are, even if it is the default: the included `Host *` may say otherwise. */
const alwaysCopied: ReadonlySet<string> = new Set(["hostname", "user", "port"]);

/** `host` opens a block; forwardings are not for machines. */
const neverCopied: ReadonlySet<string> = new Set([
  "host",
  "localforward",
  "remoteforward",
  "dynamicforward",
]);

/** One value, or several where an option may be given more than once, by lower-case name. */
function optionsOf(printed: string): Map<string, string[]> {
  const options = new Map<string, string[]>();
  for (const line of printed.split("\n")) {
    const [, name = "", value = ""] = /^(\S+) (.*\S)\s*$/.exec(line) ?? [];
    if (name === "") continue;
    const values = options.get(name.toLowerCase()) ?? [];
    options.set(name.toLowerCase(), [...values, value]);
  }
  return options;
}

function valueText(name: string, value: string, address: string): string {
  if (name === "hostname") return value.replaceAll("%", "%%");
  // `%n` is the name as typed, which is our alias from now on.
  const typed = value.replaceAll(/%(.)/g, (token, letter) =>
    letter === "n" ? address.replaceAll("%", "%%") : token,
  );
  return oneWord.has(name) ? quotePath(typed) : typed;
}

/** `ssh -G` prints these without the quotes that they need where they hold blanks. */
const oneWord: ReadonlySet<string> = new Set([
  "identityfile",
  "certificatefile",
  "identityagent",
  "revokedhostkeys",
  "hostkeyalias",
  "user",
  "setenv",
  "pkcs11provider",
  "securitykeyprovider",
  "xauthlocation",
]);

function quotePath(path: string): string {
  return /^[\w./~%@+:=,-]+$/.test(path) ? path : `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** `Include` takes patterns. */
function quotePattern(path: string): string {
  return quotePath(path.replaceAll(/[*?[\]\\]/g, String.raw`\$&`));
}

/** Our known_hosts: the pinned keys under the hosts' aliases. */
export function knownHostsText(pins: readonly Pin[]): string {
  const lines = pins.flatMap(({ alias, keys }) =>
    keys.map(({ type, base64 }) => `${alias} ${type} ${base64}\n`),
  );
  return lines.join("");
}

/** Reads `ssh-ed25519 AAAA… comment`. Throws `setting-broken` for anything else. */
export function parseHostKey(host: string, text: string): HostKey {
  const [, type, base64] =
    /^((?:ssh|ecdsa|sk)-[\w@.-]+) ([A-Za-z0-9+/]+={0,3})(?: .*)?$/.exec(text.trim()) ?? [];
  if (type !== undefined && base64 !== undefined) return { type, base64 };
  const message = `${host}: sshHostKey is no public key: ${JSON.stringify(text.slice(0, 60))}`;
  throw new Problem("setting-broken", message, {
    hint: "Write it as /etc/ssh/ssh_host_ed25519_key.pub on the host has it: ssh-ed25519 AAAA…",
  });
}

/** Does it ask for the agent to be passed on: `-A`, `-o ForwardAgent=yes`? */
export function asksForAgent(sshOptions: readonly string[]): boolean {
  return sshOptions.some(
    (word) =>
      /^-[46aCkKqtTvxXY]*A/.test(word) || /^(?:-o)?\s*forwardagent[\s=]+(?!no\b)/i.test(word),
  );
}

/** The user's settings want a terminal, which would eat bytes of what machines say to each other. */
export function asksForTerminal(asked: string): boolean {
  return /^requesttty (?:yes|true|force)$/im.test(asked);
}

/** The login name that ssh would use. */
export function loginUserOf(asked: string): string | null {
  return optionsOf(asked).get("user")?.[0] ?? null;
}
