import { makeLatch } from "../lib/latch.ts";
import type { Program } from "./shell.ts";
import { afterSeconds, onAbort } from "./waiting.ts";

/** What a program on a line says, as it is waited for. */
export interface Listener {
  /** All that it printed on stdout and that nobody has taken yet. */
  readonly heard: () => string;
  /**
   * Waits until `find` finds something in what was heard: it is given where to begin, so that
   * much text is not read again and again. `ended`: the program has; `slow`: it took too long.
   */
  readonly until: <T>(
    find: (heard: string, from: number) => T | null,
    wait?: { readonly seconds?: number; readonly signal?: AbortSignal | undefined },
  ) => Promise<T | "ended" | "slow" | "interrupted">;
  /** Takes the first so many characters away. */
  readonly take: (length: number) => string;
  /** Called with each piece that comes from now on; null: nobody. */
  readonly tell: (act: ((text: string) => void) | null) => void;
}

/** How far back a mark may begin that ends in what has just come. */
const overlap = 200;

/** Listens to a program's stdout. One waits at a time. */
export function listenTo(program: Program): Listener {
  let text = "";
  let looked = 0;
  let hasEnded = false;
  let told: ((piece: string) => void) | null = null;
  let news = makeLatch();
  const wake = (): void => news.open();
  program.onOutput((piece) => {
    text += piece;
    told?.(piece);
    wake();
  });
  const end = (): void => {
    hasEnded = true;
    wake();
  };
  program.ended.then(end, end);

  return {
    heard: () => text,
    take: (length) => {
      const taken = text.slice(0, length);
      text = text.slice(length);
      looked = 0;
      return taken;
    },
    tell: (act) => {
      told = act;
    },
    until: async (find, { seconds, signal } = {}) => {
      looked = 0;
      let isSlow = false;
      const lifts = [
        onAbort(signal, wake),
        ...(seconds === undefined
          ? []
          : [
              afterSeconds(seconds, () => {
                isSlow = true;
                wake();
              }),
            ]),
      ];
      try {
        for (;;) {
          news = makeLatch();
          const found = find(text, Math.max(0, looked - overlap));
          if (found !== null) return found;
          looked = text.length;
          if (hasEnded) return "ended";
          if (signal?.aborted) return "interrupted";
          if (isSlow) return "slow";
          await news.opened;
        }
      } finally {
        for (const lift of lifts) lift();
      }
    },
  };
}
