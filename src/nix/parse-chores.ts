import type { Effects } from "../event/event.ts";
import { all, fact, linesOf, whole } from "./host-lines.ts";
import { parseEffects } from "./parse-effects.ts";

/** A run of flurry as the host remembers it. */
export interface HostRun {
  readonly run: string;
  readonly phase: string;
  readonly cause: string | null;
  readonly because: string | null;
  readonly owner: string | null;
  readonly reason: string | null;
  readonly goal: string | null;
  readonly generation: number | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Milliseconds since 1970. */
  readonly at: number | null;
  readonly revision: string | null;
  readonly revisionDirty: boolean;
  readonly open: boolean;
}

/** Reads the reply of `runs`: `run …/runs/RUN/FACT:VALUE`. Newest first. */
export function parseRuns(text: string): readonly HostRun[] {
  const facts = linesOf(text);
  const open = fact(facts, "open");
  const runs = new Map<string, Map<string, string>>();
  for (const line of all(facts, "run")) {
    const [, run = "", key = "", value = ""] = /\/runs\/([a-z0-9-]+)\/(\w+):(.*)$/.exec(line) ?? [];
    if (run !== "") runs.set(run, (runs.get(run) ?? new Map()).set(key, value));
  }
  const found = [...runs].map(([run, about]): HostRun => {
    const at = whole(about.get("at") ?? null);
    return {
      run,
      phase: about.get("phase") ?? "unknown",
      cause: about.get("cause") ?? null,
      because: about.get("because") ?? null,
      owner: about.get("owner") ?? null,
      reason: about.get("reason") ?? null,
      goal: about.get("goal") ?? null,
      generation: whole(about.get("generation") ?? null),
      from: about.get("from") ?? null,
      to: about.get("to") ?? null,
      at: at === null ? null : at * 1000,
      revision: about.get("revision") ?? null,
      revisionDirty: about.get("dirty") === "yes",
      open: run === open,
    };
  });
  return found.toSorted((one, other) => (other.at ?? 0) - (one.at ?? 0));
}

/** What a rehearsal said. */
export interface Rehearsal {
  /** 0 if all is well; 124: it took too long. */
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly effects: Effects;
  /** The system's own reason why it may not be switched to; null if it may. */
  readonly refused: readonly string[] | null;
}

/** Reads the reply of `rehearse`: words, then `code N`. */
export function parseRehearsal(text: string): Rehearsal {
  const { code, lines } = choreOf(text);
  const refuses = code !== 0 && lines.some((line) => refusal.test(line));
  const reason = lines.filter((line) => line.trim() !== "" && !line.startsWith("Pre-switch check"));
  const needsBoot = code === 100 ? ["its init is incompatible with the one that runs"] : null;
  return {
    code,
    lines,
    effects: parseEffects(lines.join("\n")),
    refused: needsBoot ?? (refuses ? reason.slice(-20) : null),
  };
}

const refusal = /^Pre-switch check|[Ss]witch [Ii]nhibitor|switchInhibitors/;

/** Reads the reply of `verify`: the paths whose contents are not what they were built as. */
export function parseVerification(text: string): readonly string[] {
  return choreOf(text).lines.flatMap(
    (line) => /'?(\/nix\/store\/[^'/\s]+)'? (?:was modified|disappeared)/.exec(line)?.[1] ?? [],
  );
}

/** What a collection dropped. */
export interface Collected {
  readonly code: number | null;
  /** The generations that are gone. */
  readonly dropped: readonly number[];
  /** What came free in the store; 0 where Nix did not say. */
  readonly bytes: number;
  readonly lines: readonly string[];
}

/** Reads the reply of `collect`; Nix says `12 store paths deleted, 34.56 MiB freed`. */
export function parseCollected(text: string): Collected {
  const { code, lines } = choreOf(text);
  const mebibytes = lines
    .findLast((line) => line.endsWith(" freed"))
    ?.match(/([\d.]+) MiB freed$/)?.[1];
  return {
    code,
    dropped: lines.flatMap((line) => whole(/^dropped (\d+)$/.exec(line)?.[1] ?? null) ?? []),
    bytes: mebibytes === undefined ? 0 : Math.round(Number(mebibytes) * 1024 * 1024),
    lines,
  };
}

function choreOf(text: string): {
  readonly code: number | null;
  readonly lines: readonly string[];
} {
  const lines = text.trimEnd().split("\n");
  const code = whole(/^code (\d+)$/.exec(lines.at(-1) ?? "")?.[1] ?? null);
  const words = code === null ? lines : lines.slice(0, -1);
  return { code, lines: words.filter((line, n) => line !== "" || n < words.length - 1) };
}
