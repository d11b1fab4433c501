import type { World } from "../world/world.ts";
import type { Signal, SignalListener } from "./context.ts";
import type { Outside } from "./outside.ts";

/** What signals do to a command. */
export interface Interruption {
  /** For the context: whoever listens decides alone what a signal means. */
  readonly onSignal: (listener: SignalListener) => () => void;
  /** Aborted by a signal that nobody listened to. */
  readonly aborted: AbortSignal;
  /** Aborted by the first signal, whoever listens: a question that is open then gets no answer. */
  readonly came: AbortSignal;
  /** The exit code of that signal; null: there was none. */
  readonly exit: () => number | null;
  readonly end: () => void;
}

const exits: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * Signals as long as a command runs. Programs have sessions of their own, so nothing ends them but
 * us: the first signal does that, in order; the second ends flurry at once.
 */
export function watchSignals(outside: Outside): Interruption {
  const listeners = new Set<SignalListener>();
  const controller = new AbortController();
  const any = new AbortController();
  let exit: number | null = null;
  const end = outside.onSignal((signal, times) => {
    any.abort();
    if (listeners.size > 0) {
      for (const listener of listeners) listener(signal, times);
      return;
    }
    if (exit !== null) outside.exit(exit);
    exit = exits[signal];
    controller.abort();
  });
  return {
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    aborted: controller.signal,
    came: any.signal,
    exit: () => exit,
    end,
  };
}

/** The same world, where commands that bring no signal of their own end with this one. */
export function endedBy<Opened extends World>(world: Opened, signal: AbortSignal): Opened {
  return {
    ...world,
    here: (command, print) => world.here({ signal, ...command }, print),
    onHost: (command, print) => world.onHost({ signal, ...command }, print),
    sendTo: (source, command, print) => {
      return world.sendTo({ signal, ...source }, { signal, ...command }, print);
    },
    sleep: (seconds, other) => world.sleep(seconds, other ?? signal),
  };
}
