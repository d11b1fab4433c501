/** What came from outside while a run goes on: signals, and how far they reach. */
export interface Control {
  /** Aborted: evaluation, builds and copies end. Nothing has been armed yet. */
  readonly cancel: AbortSignal;
  /** Aborted: nobody waits any longer. Hosts that are armed settle alone. */
  readonly detach: AbortSignal;
  /** Why nothing new may be started; null while all is well. */
  readonly held: () => string | null;
  /** From now on hosts change: the first interrupt lets what is under way reach its end. */
  readonly armed: () => void;
  /** Tells of a signal (`SIGINT`, `SIGTERM`, `SIGHUP`), and gives how many there were. */
  readonly interrupt: (signal: string) => number;
  /** The first signal, or null. It decides the exit code. */
  readonly signal: () => string | null;
}

/** Ctrl-C as decided: cancel before anything is armed; after that await, and the second time detach. */
export function makeControl(): Control {
  const cancel = new AbortController();
  const detach = new AbortController();
  let changing = false;
  let times = 0;
  let first: string | null = null;
  return {
    cancel: cancel.signal,
    detach: detach.signal,
    held: () => (times > 0 ? "interrupted" : null),
    armed: () => {
      changing = true;
    },
    interrupt: (signal) => {
      times += 1;
      first ??= signal;
      if (!changing) cancel.abort();
      else if (times > 1 || signal !== "SIGINT") detach.abort();
      return times;
    },
    signal: () => first,
  };
}
