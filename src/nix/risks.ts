import type { Effects } from "../plan/effects.ts";
import type { ClosureDiff, NameChange } from "../plan/closure-diff.ts";
import type { Risk } from "../plan/risk.ts";

/** What a person should know of a change before they say yes, as far as the systems themselves tell. */
export function risksOf(diff: ClosureDiff, effects: Effects | null): readonly Risk[] {
  return [...kernelRisks(diff), ...unitRisks(effects), ...downgradeRisks(diff)];
}

function kernelRisks({ from, changes }: ClosureDiff): readonly Risk[] {
  if (from === null) return [];
  const moved = changes.filter((change) => change.class === "reboot" && isOfBoot(change.name));
  const kernel = moved.find(({ name }) => !name.startsWith("initrd-"));
  if (kernel) {
    return [{ kind: "kernel", message: `reboot for the kernel (${versionsOf(kernel)})` }];
  }
  return moved.length > 0 ? [{ kind: "kernel", message: "reboot for the initrd" }] : [];
}

function isOfBoot(name: string): boolean {
  return /^(?:initrd-)?linux(?:-|$)/.test(name) && name !== "linux-firmware";
}

/** `linux 6.12.8 → 6.12.11`, with whatever of it is known. */
export function versionsOf({ name, kind, from, to }: NameChange): string {
  const before = from.join(", ");
  const after = to.join(", ");
  if (kind === "rebuilt") return `${name}, rebuilt`;
  return before !== "" && after !== ""
    ? `${name} ${before} → ${after}`
    : `${name} ${after || before}`;
}

function unitRisks(effects: Effects | null): readonly Risk[] {
  if (!effects) return [];
  const { stop, start, restart } = effects;
  const touched = [...restart, ...stop];
  const ssh = touched.some((unit) => sshUnit.test(unit));
  const network = [...touched, ...start].filter((unit) => networkUnit.test(unit));
  return [
    ...(ssh ? [{ kind: "ssh" as const, message: "restarts sshd" }] : []),
    ...(network.length > 0
      ? [{ kind: "network" as const, message: `touches the network (${listOf(network)})` }]
      : []),
    ...(stop.length > 0
      ? [{ kind: "unit-removed" as const, message: `stops for good ${listOf(stop)}` }]
      : []),
  ];
}

const sshUnit = /^(?:sshd?|openssh|dropbear)(?:@.*)?\.(?:service|socket)$/;
const networkUnit = new RegExp(
  [
    "^(?:systemd-networkd|systemd-resolved|NetworkManager|dhcpcd|dhclient|network-setup|network-local-commands",
    "network-addresses-.+|network-link-.+|wpa_supplicant.*|hostapd|iwd|firewall|nftables|iptables|ip6tables",
    "wireguard-.+|wg-quick-.+|tailscaled|openvpn-.+|.+-netdev|systemd-networkd-wait-online)\\.(?:service|socket)$",
  ].join("|"),
);

function downgradeRisks({ changes }: ClosureDiff): readonly Risk[] {
  const lower = changes.filter(
    (change) => change.kind === "downgraded" && change.class !== "configuration",
  );
  if (lower.length === 0) return [];
  return [{ kind: "downgrade", message: `downgrades ${listOf(lower.map(versionsOf))}` }];
}

/** The first few of many. */
function listOf(names: readonly string[]): string {
  const shown = 3;
  const more = names.length > shown ? ` and ${names.length - shown} more` : "";
  return names.slice(0, shown).join(", ") + more;
}
