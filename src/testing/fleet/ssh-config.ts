import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostFolder, hostsOf, scriptsFolder, textOf, type Place } from "./place.ts";

/**
 * Writes the ssh configuration by which this machine reaches the hosts by name and by address.
 * ssh gets a socket that `nc` opened in the fleet's network, so nothing stands in the path.
 */
export function writeSshConfig(place: Place): string {
  const hosts = hostsOf(place);
  const path = join(place.folder, "ssh_config");
  const key = textOf(join(place.folder, "hostkey.pub")).split(" ").slice(0, 2).join(" ");
  const knownHosts = hosts.map((host) => `${host} ${key}\n`).join("");
  writeFileSync(join(place.folder, "known_hosts"), knownHosts);
  writeFileSync(
    `${path}.new`,
    [...hosts.map((host) => hostBlock(place, host)), forAll(place)].join(""),
  );
  renameSync(`${path}.new`, path);
  return path;
}

function hostBlock(place: Place, host: string): string {
  const folder = hostFolder(place, host);
  const address = textOf(join(folder, "address")).trim();
  const swapped = textOf(join(folder, "swapped")).trim();
  const delay = textOf(join(folder, "delay")).trim();
  const dial =
    delay === "" ? "nc -F %h %p" : `${process.execPath} ${scriptsFolder}/slow.mjs ${delay} %h %p`;
  return `Host ${host} ${address}
  HostName ${swapped || address}
  HostKeyAlias ${host}
  ProxyCommand nsenter --net=/proc/${place.keeper}/ns/net ${dial}
  ProxyUseFdpass ${delay === "" ? "yes" : "no"}
`;
}

function forAll(place: Place): string {
  return `Host *
  User root
  IdentityFile ${place.folder}/id
  IdentitiesOnly yes
  UserKnownHostsFile ${place.folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
`;
}
