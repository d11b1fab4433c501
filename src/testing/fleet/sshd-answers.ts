import { join } from "node:path";
import { hostFolder, initOf, textOf, type Place } from "./place.ts";
import { attempt, until } from "./program.ts";

/** Resolves when sshd of a host takes connections. Asked on the host's own loopback, so that a network that is cut does not hide the answer. */
export async function sshdAnswers(place: Place, host: string): Promise<void> {
  const asked = async () => {
    const init = initOf(place, host);
    if (init === undefined) return false;
    const dial = ["nc", "-z", "-w1", "127.0.0.1", "22"];
    return (await attempt(["nsenter", "-t", String(init), "-n", "--", ...dial])).code === 0;
  };
  const tail = () =>
    textOf(join(hostFolder(place, host), "console.log"))
      .split("\n")
      .slice(-20)
      .join("\n");
  await until(`sshd of ${host} answers`, asked).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${tail()}`, { cause: error });
  });
}
