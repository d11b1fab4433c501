import type { Host } from "../fleet/host.ts";
import { sshAlias } from "../fleet/ssh-alias.ts";
import { Problem } from "../lib/problem.ts";
import type { World } from "../world/world.ts";

/** The key a host shows, and its fingerprint as `ssh-keygen -l` prints it. */
export interface ScannedKey {
  /** `ssh-ed25519 AAAA…` */
  readonly key: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/**
 * Asks a host for its key, whatever it is: nothing is believed, sent or kept. ssh itself is used, and
 * not ssh-keyscan, so that jump hosts and all that the person's configuration says of the way hold.
 * Call `world.meet` first. Throws `host-unreachable`.
 */
export async function scanHostKey(world: World, host: Host): Promise<ScannedKey> {
  const temporary = world.env["TMPDIR"] ?? "/tmp";
  const folder = `${temporary}/flurry-scan-${world.random(16)}`;
  await world.files.makeFolder(folder, 0o700);
  return scanInto(world, host, folder).finally(() => world.files.remove(folder));
}

/** Only to see the key: no way of logging in is tried. What is first on the command line counts. */
const options = [
  "StrictHostKeyChecking=accept-new",
  "GlobalKnownHostsFile=/dev/null",
  "HostKeyAlgorithms=ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256",
  "HashKnownHosts=no",
  "UpdateHostKeys=no",
  "PreferredAuthentications=none",
  "LogLevel=ERROR",
];

async function scanInto(world: World, host: Host, folder: string): Promise<ScannedKey> {
  const file = `${folder}/known_hosts`;
  const words = [...options, `UserKnownHostsFile=${file}`].flatMap((option) => ["-o", option]);
  // The world puts the run's configuration into this variable, for Nix; here it serves ssh.
  const argv = [
    "sh",
    "-c",
    'exec ssh $NIX_SSHOPTS "$@"',
    "ssh",
    ...words,
    sshAlias(host.name),
    "true",
  ];
  const { stderr } = await world.here({ argv, timeoutSeconds: 60, accepts: [255] });
  const known = (await world.files.read(file)) ?? "";
  const key = /^\S+ (\S+ [A-Za-z0-9+/]+=*)/m.exec(known)?.[1];
  if (key === undefined) {
    const evidence = stderr.split("\n").filter((line) => line !== "");
    const why = evidence.at(-1) ?? "no answer";
    throw new Problem("host-unreachable", `${host.name} showed no key: ${why}`, { evidence });
  }
  const shown = await world.here({
    argv: ["ssh-keygen", "-l", "-f", "-"],
    input: `${key}\n`,
    timeoutSeconds: 30,
  });
  const fingerprint = /SHA256:\S+/.exec(shown.stdout)?.[0] ?? shown.stdout.trim();
  return { key, fingerprint };
}
