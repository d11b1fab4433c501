import { exitOfAnswers } from "../event/exit.ts";
import { lookAtAll } from "../run/look-at.ts";
import {
  generationsDocument,
  generationsPlain,
  generationsText,
} from "../view/generations-text.ts";
import type { Call } from "./command.ts";
import { openFleet } from "./open-fleet.ts";

/** `flurry generations`: what hosts have to go back to. 69 if none of them answers. */
export async function generations(call: Call): Promise<number> {
  const { world, output, stdout, stderr, style } = call.context;
  const { hosts } = await openFleet(call, { verb: "reads", reaches: true, evaluates: false });
  const seen = await lookAtAll(hosts, world);
  const isForPeople = output.format !== "json" && !output.plain;
  // In the document such a host is null, and in plain rows nothing, which does not say why.
  const silent = [...seen.values()].flatMap((one) => (one.answers ? [] : [one.problem.message]));
  if (!isForPeople) for (const why of silent) stderr(`${why}\n`);
  if (output.format === "json") {
    stdout(`${JSON.stringify(generationsDocument(Object.fromEntries(seen)), null, 2)}\n`);
  } else {
    const lines = hosts.flatMap(({ name }) => {
      const one = seen.get(name);
      if (!one) return [];
      return output.plain
        ? generationsPlain(name, one)
        : generationsText(name, one, style(), world.now());
    });
    stdout(lines.map((line) => `${line}\n`).join(""));
  }
  return exitOfAnswers([...seen.values()]);
}
