import { argv } from "../lib/argv.ts";
import { nixEnvironment } from "../nix/nix-settings.ts";
import { planPreparation } from "../plan/prepare.ts";
import type { Prepared } from "../run/prepare-host.ts";
import { survey } from "../run/survey.ts";
import { failuresText } from "../view/failure.ts";
import { aimOf } from "./aim.ts";
import { buildOnOf } from "./build-on.ts";
import type { Call } from "./command.ts";
import { outLinkFlag } from "./flags.ts";
import { type OpenFleet, openFleet } from "./open-fleet.ts";
import type { Session } from "./session.ts";
import { withWorkshop } from "./with-workshop.ts";

/** `flurry build`: the systems' store paths on stdout, and links to them with `-o`. */
export async function build(call: Call): Promise<number> {
  const buildOn = buildOnOf(call);
  const elsewhere = buildOn !== undefined && buildOn !== "here";
  const opened = await openFleet(call, { verb: "reads", reaches: elsewhere, evaluates: true });
  const { hosts, fleet } = opened;
  const wish = { goal: "build", title: "build", source: fleet.source, reason: "", kept: false };
  return withWorkshop(call, opened, wish, async (session, workshop) => {
    const preparation = planPreparation(hosts, {
      until: "built",
      reason: "",
      // Only a build on a host has to know what the host is.
      ...(!elsewhere && { unseen: true }),
      buildOn: buildOn ?? "here",
    });
    const aim = aimOf(call, opened, { goalOf: () => "switch", revision: null, readOnly: true });
    const { ends, prepared } = await survey(hosts, preparation, aim, workshop, session.errand);
    const exit = session.finish(ends);
    session.close();
    await link(call, opened, prepared);
    tell(call, session, prepared);
    return exit;
  });
}

/** One link for one host; for several each has its host's name behind it. */
async function link(
  call: Call,
  { hosts }: OpenFleet,
  prepared: readonly Prepared[],
): Promise<void> {
  const out = call.flag(outLinkFlag);
  if (out === undefined) return;
  const { world, env, cwd } = call.context;
  const path = out.startsWith("/") ? out : `${cwd}/${out}`;
  for (const { host, system } of prepared) {
    if (system === null) continue;
    const name = hosts.length === 1 ? path : `${path}-${host.name}`;
    await world.here({
      argv: argv`nix-store --realise ${system} --add-root ${name} --indirect`,
      env: nixEnvironment(env),
      timeoutSeconds: 60,
    });
  }
}

function tell(call: Call, session: Session, prepared: readonly Prepared[]): void {
  const { output, stdout, stderr, progressStyle } = call.context;
  if (output.format === "json") {
    const hosts = Object.fromEntries(
      prepared.map(({ host, derivation, system }) => {
        const problem = session.state().lanes.get(host.name)?.problem ?? null;
        return [host.name, { derivation, system, problem }];
      }),
    );
    stdout(`${JSON.stringify({ schema: "flurry.build/1", hosts }, null, 2)}\n`);
    return;
  }
  if (output.format === "jsonl") return;
  for (const { system } of prepared) if (system !== null) stdout(`${system}\n`);
  const failures = failuresText(session.state(), progressStyle());
  if (failures.length > 0) stderr(`${failures.join("\n")}\n`);
}
