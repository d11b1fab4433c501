import type { Host } from "../fleet/host.ts";
import type { ProblemReport } from "../lib/problem.ts";
import { withoutHost } from "../view/lane-words.ts";
import type { Context, Signal } from "./context.ts";

/** What stands in front of a host's lines: its name, where there are several. */
export function inFrontOf(hosts: readonly Host[]): (host: Host) => string {
  const width = Math.max(0, ...hosts.map(({ name }) => name.length));
  return ({ name }) => (hosts.length === 1 ? "" : `${name.padEnd(width)}  `);
}

/** A problem as a line behind that: the host's name stands in it once. */
export function problemLine(front: string, { name }: Host, { message }: ProblemReport): string {
  return front === "" ? message : `${front}${withoutHost(name, message)}`;
}

/** A signal asked for the end of what is under way. */
export interface Asked {
  readonly signal: AbortSignal;
  /** The first one; null as long as there was none. */
  readonly first: () => Signal | null;
  readonly ignore: () => void;
}

/** Listens for INT, TERM and HUP until `ignore`. */
export function askedToEnd({ onSignal }: Context): Asked {
  const asked = new AbortController();
  let first: Signal | null = null;
  const ignore = onSignal((signal) => {
    first ??= signal;
    asked.abort();
  });
  return { signal: asked.signal, first: () => first, ignore };
}
