import { connect } from "node:net";
import { Problem } from "../lib/problem.ts";

/** Opens a TCP connection and closes it. Throws `probe-failed` where it does not open in time. */
export async function dial(address: string, port: number, timeoutSeconds: number): Promise<void> {
  const socket = connect({ host: address, port, timeout: timeoutSeconds * 1000 });
  await new Promise<void>((resolve, reject) => {
    const failed = (why: string): void =>
      reject(new Problem("probe-failed", `${address} port ${port}: ${why}`));
    socket.once("connect", resolve);
    socket.once("timeout", () => failed(`no answer in ${timeoutSeconds} s`));
    socket.once("error", (error) => failed(error.message));
  }).finally(() => socket.destroy());
}

/** The status of a GET, redirects not followed. Throws `probe-failed` where there is no answer. */
export async function httpStatus(url: string, timeoutSeconds: number): Promise<number> {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const answer = await fetch(url, { signal, redirect: "manual" }).catch((cause: unknown) => {
    const why = signal.aborted ? `no answer in ${timeoutSeconds} s` : "no connection";
    throw new Problem("probe-failed", `${url}: ${why}`, { cause });
  });
  await answer.body?.cancel();
  return answer.status;
}
