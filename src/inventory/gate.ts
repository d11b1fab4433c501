import { Problem } from "../lib/problem.ts";

/** Lets a few through at a time, in the order in which they came. */
export interface Gate {
  readonly pass: <T>(act: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
}

/** `width` is asked for once, before the first goes through. */
export function gateOf(width: () => Promise<number>): Gate {
  let free: Promise<{ places: number }> | undefined;
  const waiting: (() => void)[] = [];

  async function enter(): Promise<void> {
    const room = await (free ??= width().then((places) => ({ places: Math.max(1, places) })));
    if (room.places > 0) room.places -= 1;
    // Whoever leaves hands the place on to the next in the row.
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  async function leave(): Promise<void> {
    const next = waiting.shift();
    if (next) next();
    else if (free) (await free).places += 1;
  }

  return {
    pass: async (act, signal) => {
      await enter();
      const going = signal?.aborted
        ? Promise.reject(new Problem("interrupted", "nothing more is started"))
        : act();
      return await going.finally(leave);
    },
  };
}
