import { exitOfAnswers } from "../event/exit.ts";
import { lookAtAll } from "../run/look-at.ts";
import { generationsDocument, generationsText } from "../view/generations-text.ts";
import type { Call } from "./command.ts";
import { openFleet } from "./open-fleet.ts";

/** `flurry generations`: what hosts have to go back to. 69 if none of them answers. */
export async function generations(call: Call): Promise<number> {
  const { world, output, stdout, stderr, style } = call.context;
  const { hosts } = await openFleet(call, { verb: "reads", reaches: true, evaluates: false });
  const seen = await lookAtAll(hosts, world);
  if (output.format === "json") {
    // In the document such a host is null, which does not say why.
    for (const one of seen.values()) if (!one.answers) stderr(`${one.problem.message}\n`);
    stdout(`${JSON.stringify(generationsDocument(Object.fromEntries(seen)), null, 2)}\n`);
  } else {
    const lines = hosts.flatMap(({ name }) => {
      const one = seen.get(name);
      return one ? generationsText(name, one, style(), world.now()) : [];
    });
    stdout(`${lines.join("\n")}\n`);
  }
  return exitOfAnswers([...seen.values()]);
}
