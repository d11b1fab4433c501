import { folderHere } from "../world/folder-here.ts";
import { openTerminal } from "../world/terminal.ts";
import type { Signal } from "./context.ts";
import type { Outside } from "./outside.ts";

const signals: readonly Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The process we are. */
export function outsideOf(us: NodeJS.Process): Outside {
  let times = 0;
  return {
    env: us.env,
    // Asked when needed: help and versions are told in a folder that is gone, too.
    get cwd() {
      return folderHere(us);
    },
    terminal: openTerminal(us),
    readInput: async () => (us.stdin.isTTY ? "" : text(us.stdin)),
    onSignal: (listener) => {
      const told = (signal: Signal): void => listener(signal, (times += 1));
      for (const signal of signals) us.on(signal, told);
      return () => {
        for (const signal of signals) us.off(signal, told);
      };
    },
    exit: (code) => us.exit(code),
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

async function text(stream: AsyncIterable<string | Buffer>): Promise<string> {
  const decoder = new TextDecoder();
  let read = "";
  for await (const chunk of stream) {
    read += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  }
  return read + decoder.decode();
}
