import type { Fleet, Snapshot } from "../fleet/fleet.ts";
import type { Host } from "../fleet/host.ts";
import { deployableOrThrow, describedOrThrow, selectHosts } from "../fleet/selector.ts";
import { checkTools } from "../inventory/check-tools.ts";
import { type FleetRead, readFleet } from "../inventory/read-fleet.ts";
import { takeSnapshot } from "../inventory/snapshot.ts";
import { Problem } from "../lib/problem.ts";
import { type NixFlags, nixFlagsOf } from "../nix/nix-flags.ts";
import { machineName } from "../world/whoami.ts";
import type { Call } from "./command.ts";
import { tellNotes } from "./fleet-notes.ts";
import { selectionOf, settingLayers } from "./settings-flags.ts";

/** The fleet as this call means it, and the hosts it names. */
export interface OpenFleet {
  readonly fleet: Fleet;
  readonly hosts: readonly Host[];
  readonly flags: NixFlags;
  /** The one tree to evaluate from; taken at the first call. */
  readonly snapshot: () => Promise<Snapshot>;
}

/** What a verb does with hosts, which decides what no hosts at all mean. */
export interface OpenWish {
  /**
   * What no hosts mean, and whether one that is described badly stops all. `reads`: all hosts, and
   * the others go on. `asks`: this machine, if it is one of them; the others go on. `changes`: this
   * machine, and nothing is begun.
   */
  readonly verb: "reads" | "asks" | "changes";
  /** Hosts are logged in to, and are made known to the world. */
  readonly reaches: boolean;
  readonly evaluates: boolean;
}

/** Reads the repository, and picks the hosts that were named. Throws what is wrong with either. */
export async function openFleet(call: Call, wish: OpenWish): Promise<OpenFleet> {
  const { context } = call;
  const { world, cwd } = context;
  const { flake, terms } = await selectionOf(call);
  const flags = nixFlagsOf(call.rest);
  const needs = [
    ...(wish.evaluates ? (["nix"] as const) : []),
    ...(wish.reaches ? (["ssh"] as const) : []),
  ];
  const readAndPick = async (): Promise<{ fleet: FleetRead; hosts: readonly Host[] }> => {
    const fleet = await readFleet(world, {
      flake,
      cwd,
      layers: settingLayers(call),
      // The outputs name the hosts: a folder among them may hold what they share.
      nix: "always",
      nixFlags: flags.evaluate,
    });
    const hosts = picked(fleet, terms, wish);
    // Reading verbs go on with the others: they meet what is wrong with a host when it is evaluated.
    if (wish.verb === "changes") {
      for (const host of hosts) {
        (wish.evaluates ? deployableOrThrow : describedOrThrow)(fleet, host);
      }
    }
    return { fleet, hosts };
  };
  const { fleet, hosts } = await readAndPick().then(undefined, async (thrown: unknown) => {
    // A tool that is missing explains whatever else went wrong.
    await checkTools(world, needs);
    throw thrown;
  });
  // Here, for the evaluation may have told Nix's version; else it is asked while ssh is.
  await Promise.all([checkTools(world, needs), wish.reaches && world.meet(hosts)]);
  if (wish.evaluates) tellNotes(context, fleet, hosts);
  let taken: Promise<Snapshot> | null = fleet.snapshot ? Promise.resolve(fleet.snapshot) : null;
  return {
    fleet,
    hosts,
    flags,
    snapshot: () => (taken ??= takeSnapshot(world, fleet.source, flags.evaluate)),
  };
}

function picked(fleet: Fleet, terms: readonly string[], { verb }: OpenWish): readonly Host[] {
  if (verb === "reads") return selectHosts(fleet, terms, "all");
  const here = fleet.hosts.filter(
    ({ settings }) => settings.local && settings.hostName === machineName(),
  );
  if (terms.length === 0 && here.length === 0) {
    throw new Problem("usage", "no hosts named, and this machine is none of this repository", {
      hint: "name hosts, or say: all",
    });
  }
  return selectHosts(fleet, terms, here);
}
