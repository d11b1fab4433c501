import type { Host } from "../fleet/host.ts";
import { sshAlias } from "../fleet/ssh-alias.ts";
import { Problem } from "../lib/problem.ts";
import type { SeenHost } from "../fleet/seen.ts";
import type { CopyTarget } from "../nix/commands.ts";

/** Where derivations are built. */
export type BuildPlace =
  | { readonly kind: "here" }
  | {
      readonly kind: "host";
      readonly host: Host;
      readonly seen: SeenHost;
      /** What is built stays there: it is built for that host. */
      readonly keepThere: boolean;
    };

/** How Nix reaches the store of a host that builds. */
export function builderStore({ host, seen }: BuildPlace & { readonly kind: "host" }): CopyTarget {
  if (seen.nixDaemon === null) {
    throw new Problem("host-lacks-tools", `${host.name} cannot build: it has no nix-daemon`, {
      hint: `flurry exec ${host.name} -- nix --version`,
    });
  }
  return {
    alias: sshAlias(host.name),
    remoteProgram: [seen.nixDaemon],
    substitutes: true,
    // What comes back was built there just now, and nobody has signed it.
    checkSignatures: false,
  };
}
