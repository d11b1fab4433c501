import { setMaxListeners } from "node:events";

/**
 * Calls `act` once when the signal is aborted, now if it is already. Gives what takes that back.
 * One signal may end everything of a run, so Node's warning of many listeners is turned off for it.
 */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) act();
  setMaxListeners(0, signal);
  signal.addEventListener("abort", act, { once: true });
  return () => signal.removeEventListener("abort", act);
}

/** The longest that Node's timers can wait; more would be no wait at all. */
const longestMs = 2 ** 31 - 1;

/** Calls `act` after so long. Gives what takes that back. */
export function afterSeconds(seconds: number, act: () => void): () => void {
  const timer = setTimeout(act, Math.min(seconds * 1000, longestMs));
  return () => clearTimeout(timer);
}
