/** A promise that somebody else keeps. */
export interface Latch {
  readonly opened: Promise<void>;
  /** Once is enough; more does nothing. */
  readonly open: () => void;
}

/** Makes a closed latch. (Node 20 has no `Promise.withResolvers`.) */
export function makeLatch(): Latch {
  let release: (() => void) | null = null;
  const opened = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { opened, open: () => release?.() };
}
