import { Problem } from "../lib/problem.ts";
import { withoutEscapes } from "./log-line.ts";
import type { Build, NixLog } from "./parse-log.ts";

/** As many last lines of a failed build as a problem shows. */
const evidenceLines = 10;

/**
 * Why something could not be built. `culprits`: the failed builds that stand in its way; none where
 * Nix failed before it came to building, or said no name.
 */
export function buildProblem(log: NixLog, culprits: readonly Build[]): Problem {
  const [first, ...others] = culprits;
  return first ? failedBuild(first, others.length) : failedNix(log);
}

function failedBuild(build: Build, others: number): Problem {
  const more =
    others === 0 ? "" : `, and ${others} more ${others === 1 ? "build" : "builds"} failed`;
  const on = build.host === null ? "" : ` on ${build.host.replace(/^ssh(?:-ng)?:\/\//, "")}`;
  const printed = build.tail.slice(-evidenceLines).map(withoutEscapes);
  const evidence = printed.length > 0 ? printed : wordsOf(build);
  return new Problem("build-failed", `${sentenceOf(build)}${on}${more}`, {
    hint: `nix log ${build.derivation}`,
    evidence,
  });
}

/** `linux-6.12.11 failed in buildPhase with exit code 2`. */
function sentenceOf({ name, phase, reason }: Build): string {
  const why = reason ?? "failed";
  const where = phase === null ? "" : ` in ${phase}`;
  if (why === "hash mismatch") return `${name} has another hash than was written`;
  const failed = /^failed(.*)$/s.exec(why);
  return failed ? `${name} failed${where}${failed[1] ?? ""}` : `${name} ${why}${where}`;
}

/** Nix's words without its headline, which our message says already. */
function wordsOf({ words }: Build): readonly string[] {
  const lines = (words ?? "").split("\n").map((line) => line.trim());
  return lines
    .slice(1)
    .filter((line) => line !== "")
    .slice(0, evidenceLines);
}

function failedNix(log: NixLog): Problem {
  const error = log.errors.at(-1);
  const why = error?.innermost ?? log.plain.at(-1) ?? "Nix said nothing";
  const [first = ""] = why.split("\n");
  const evidence = [
    ...why.split("\n").slice(1, 1 + evidenceLines),
    ...(error ? [] : log.plain.slice(-evidenceLines)),
  ].filter((line) => line.trim() !== "");
  if (/build users group|'build-users-group'/.test(why)) {
    return new Problem("build-users-missing", `Nix cannot build here: ${first}`, {
      hint: "Make the group it names, or install Nix with its daemon: https://nixos.org/download",
      evidence,
    });
  }
  const platform = /required to build '([^']+)'/.exec(why);
  const hint = platform
    ? "Nothing here can build for that platform: --build-host HOST, --build-on-target, or builders in nix.conf."
    : /No space left on device/.test(why)
      ? "nix-collect-garbage"
      : "flurry build -- -L";
  return new Problem("build-failed", `the build did not begin: ${first}`, { hint, evidence });
}
