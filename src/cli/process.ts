import { openTerminal } from "../world/terminal.ts";
import type { Signal, SignalListener } from "./context.ts";
import type { Outside } from "./outside.ts";

const signals: readonly { readonly signal: Signal; readonly exit: number }[] = [
  { signal: "SIGINT", exit: 130 },
  { signal: "SIGTERM", exit: 143 },
  { signal: "SIGHUP", exit: 129 },
];

/** The process we are. Signals end it, with their exit code, as long as nobody listens to them. */
export function outsideOf(us: NodeJS.Process): Outside {
  const listeners = new Set<SignalListener>();
  let times = 0;
  for (const { signal, exit } of signals) {
    us.on(signal, () => {
      times += 1;
      if (listeners.size === 0) us.exit(exit);
      for (const listener of listeners) listener(signal, times);
    });
  }
  return {
    env: us.env,
    cwd: us.cwd(),
    terminal: openTerminal(us),
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    openWorld: async ({ warn, showCommand, askPassword, ...wish }) => {
      const [{ realWorld }, { SecretValue }] = await Promise.all([
        import("../world/real.ts"),
        import("../lib/secret-value.ts"),
      ]);
      return realWorld({
        ...wish,
        warn,
        ...(showCommand && { showCommand }),
        askPassword: async (question) => {
          const typed = await askPassword(question);
          return typed === undefined ? undefined : new SecretValue(typed);
        },
      });
    },
  };
}
