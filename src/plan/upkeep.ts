import type { Host } from "../fleet/host.ts";
import type { Act, Plan } from "./plan.ts";

/** A plan that does one thing to each host, once it was seen and is ours: `reboot`, `collect`. */
export function planUpkeep(
  hosts: readonly Host[],
  act: Act & { readonly kind: "reboot" | "collect" },
  wish: { readonly width: number; readonly reason: string },
): Plan {
  const acts: readonly Act[] = [{ kind: "look" }, { kind: "take", reason: wish.reason }, act];
  const verb = act.kind === "collect" ? "collect garbage on" : "reboot";
  return {
    title: `${verb} ${hosts.length} ${hosts.length === 1 ? "host" : "hosts"}`,
    waves: [
      {
        name: act.kind,
        width: wish.width,
        lanes: hosts.map(({ name }) => ({
          host: name,
          steps: acts.map((each) => ({ id: `${name}.${each.kind}`, ...each })),
        })),
      },
    ],
  };
}
