import { exitOfAnswers } from "../event/exit.ts";
import { lookAtAll } from "../run/look-at.ts";
import { statusDocument, statusOneline, statusPlain, statusText } from "../view/status-text.ts";
import type { Call } from "./command.ts";
import { onelineFlag } from "./commands/status.ts";
import { openFleet } from "./open-fleet.ts";

/** `flurry status`: asks all hosts in parallel. 69 if none of them answers. */
export async function status(call: Call): Promise<number> {
  const { world, output, stdout, style } = call.context;
  const { hosts, fleet } = await openFleet(call, {
    verb: "reads",
    reaches: true,
    evaluates: false,
  });
  const startedAt = world.now();
  const seen = await lookAtAll(hosts, world);
  const now = world.now();
  const rows = hosts.flatMap(({ name }) => {
    const one = seen.get(name);
    return one ? [{ name, seen: one }] : [];
  });
  if (output.format === "json") {
    stdout(`${JSON.stringify(statusDocument(Object.fromEntries(seen)), null, 2)}\n`);
  } else if (call.flag(onelineFlag)) stdout(`${statusOneline(rows, style())}\n`);
  else if (output.plain)
    stdout(
      statusPlain(rows)
        .map((line) => `${line}\n`)
        .join(""),
    );
  else {
    const { revision, dirty } = fleet.source;
    const seconds = (now - startedAt) / 1000;
    const moment = { now, seconds, revision: dirty ? null : revision };
    stdout(`${statusText(rows, style(), moment).join("\n")}\n`);
  }
  return exitOfAnswers([...seen.values()]);
}
