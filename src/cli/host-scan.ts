import type { Host } from "../fleet/host.ts";
import { describedOrThrow, selectHosts } from "../fleet/selector.ts";
import { checkTools } from "../inventory/check-tools.ts";
import { scanHostKey, type ScannedKey } from "../inventory/scan-host-key.ts";
import { writeSetting } from "../inventory/write-setting.ts";
import { Problem } from "../lib/problem.ts";
import type { Call } from "./command.ts";
import { readHere } from "./host-list.ts";

/** What became of one host. */
interface Scanned extends ScannedKey {
  /** The file it was written to; null: it was there already. */
  readonly file: string | null;
}

/**
 * `flurry host scan`: shows the key that a host has, and writes it into the repository once a person
 * said that it is the right one.
 */
export async function hostScan(call: Call): Promise<number> {
  const { world, output, stdout, stderr } = call.context;
  await checkTools(world, ["ssh"]);
  const { fleet, terms } = await readHere(call);
  const hosts = selectHosts(fleet, terms, "none");
  for (const host of hosts) describedOrThrow(fleet, host);
  await world.meet(hosts);
  const scanned: [string, Scanned][] = [];
  for (const host of hosts) {
    const found = await scanHostKey(world, host);
    const isKnown = host.settings.sshHostKey.includes(found.key);
    stderr(
      `${host.name}  ${host.settings.addresses.join(", ")}\n  ${found.key}\n  ${found.fingerprint}\n`,
    );
    if (!isKnown) await agree(call, host);
    const setting = { key: "sshHostKey", value: found.key };
    const file = isKnown ? null : await writeSetting(world, fleet, host, setting);
    scanned.push([host.name, { ...found, file }]);
    if (output.format !== "json") {
      stdout(
        file === null
          ? `${host.name}: this key is pinned already\n`
          : `${host.name}: written to ${file}\n`,
      );
    }
  }
  if (output.format === "json") {
    const document = { schema: "flurry.scan/1", hosts: Object.fromEntries(scanned) };
    stdout(`${JSON.stringify(document, null, 2)}\n`);
  }
  return 0;
}

/** Nobody but a person can know that the key is the right one. */
async function agree({ context }: Call, { name, settings }: Host): Promise<void> {
  if (context.output.yes) return;
  const pinned = settings.sshHostKey.length > 0;
  if (pinned) context.stderr(`  ⚠ another key is pinned: ${settings.sshHostKey.join(", ")}\n`);
  context.stderr("  On the host itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n");
  const answer = await context.ask(
    `${pinned ? "Replace the key of" : "Pin this key for"} ${name}? [y/N] `,
  );
  if (/^y(?:es)?$/i.test(answer)) return;
  throw new Problem("answer-needed", `the key of ${name} was not accepted, and nothing is written`);
}
