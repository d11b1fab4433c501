/** What an error of a build says of one derivation. */
export interface BuildVerdict {
  readonly derivation: string;
  /** `blocked`: not tried, because something it needs failed. */
  readonly status: "failed" | "blocked";
  /** `failed with exit code 3`, `hash mismatch`, `1 dependency failed`. */
  readonly reason: string;
}

/** What the text of an error is about. */
export type ErrorReading =
  | ({ readonly kind: "build" } & BuildVerdict)
  /** A build took too long, and which one is not said (from 2.30 on). */
  | { readonly kind: "timeout"; readonly reason: string }
  | { readonly kind: "interrupted" }
  /** Says again what other messages have said. */
  | { readonly kind: "summary" }
  | { readonly kind: "other" };

/**
 * Reads an error's text, without colours. Each sentence exists in two wordings: up to 2.26
 * (`builder for 'X.drv' failed with exit code 3`) and from 2.30 on (`Cannot build 'X.drv'. Reason: …`).
 */
export function readError(text: string): ErrorReading {
  const build = cannotBuild(text) ?? builderFailed(text) ?? dependencyFailed(text);
  if (build) return { kind: "build", ...build };
  const mismatch = /hash mismatch in fixed-output derivation '([^']+\.drv)'/.exec(text)?.[1];
  if (mismatch !== undefined) return failed(mismatch, "hash mismatch");
  const timeout = /timed out after \d+ seconds(?: of silence)?/.exec(text)?.[0];
  if (timeout !== undefined) return timedOut(text, timeout);
  if (text.startsWith("error: interrupted by the user")) return { kind: "interrupted" };
  if (/^error: build of .* failed$/s.test(text)) return { kind: "summary" };
  return { kind: "other" };
}

/** `FILE:LINE:COLUMN` of each frame that an evaluation error shows, outermost first. */
export function positionsOf(text: string): readonly string[] {
  return [...text.matchAll(/^ +at (.+?:\d+:\d+):$/gm)].map((match) => match[1] ?? "");
}

function cannotBuild(text: string): BuildVerdict | null {
  const match = /Cannot build '([^']+\.drv)'\.\s+Reason: ([^\n]+?)\.?(?:\n|$)/.exec(text);
  if (!match) return null;
  const [, derivation = "", why = ""] = match;
  const status = /dependenc\w+ failed/.test(why) ? "blocked" : "failed";
  return { derivation, status, reason: why.replace(/^builder /, "") };
}

function builderFailed(text: string): BuildVerdict | null {
  const sentence = /builder for '([^']+\.drv)' (failed [^\n]+?)(?: at [^\n]*)?(?:;|\n|$)/;
  const match = sentence.exec(text);
  if (!match) return null;
  const [, derivation = "", reason = ""] = match;
  return { derivation, status: "failed", reason };
}

function dependencyFailed(text: string): BuildVerdict | null {
  const match = /(\d+) dependencies of derivation '([^']+\.drv)' failed to build/.exec(text);
  if (!match) return null;
  const [, count = "", derivation = ""] = match;
  return { derivation, status: "blocked", reason: `${count} dependency failed` };
}

function timedOut(text: string, reason: string): ErrorReading {
  // 2.8 writes `X.drv!out`, 2.26 `X.drv^out`.
  const derivation = /'([^']+\.drv)[^']*'/.exec(text)?.[1];
  return derivation === undefined ? { kind: "timeout", reason } : failed(derivation, reason);
}

function failed(derivation: string, reason: string): ErrorReading {
  return { kind: "build", derivation, status: "failed", reason };
}
