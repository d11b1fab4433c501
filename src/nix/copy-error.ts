import { Problem } from "../lib/problem.ts";
import type { NixLog } from "./parse-log.ts";

/** What kept a copy from coming through, by the words all versions of Nix and ssh use. */
export type CopyFailure = "signature" | "space" | "connection" | "substitute" | "chatter" | "other";

/** Judges a failed copy. ssh's own words come as plain lines between those of the log. */
export function copyFailure(log: NixLog): CopyFailure {
  const text = [...log.errors.map((error) => error.text), ...log.plain].join("\n");
  const kinds: readonly (readonly [CopyFailure, RegExp])[] = [
    ["signature", /lacks a (?:valid )?signature|is not signed by|you are not privileged|untrusted/],
    ["space", /No space left on device|disk full|database or disk is full/i],
    ["substitute", /unable to download|substituter|binary cache/],
    ["chatter", /protocol mismatch/],
    [
      "connection",
      /cannot connect to|Connection (?:closed|refused|reset|timed out)|No route to host|unexpected end-of-file|Broken pipe|Permission denied \(|Host key verification failed|failed to start SSH/,
    ],
  ];
  return kinds.find(([, words]) => words.test(text))?.[0] ?? "other";
}

/** Did it come through although the host could not reach what it fetches from? */
export function saysCacheFails(log: NixLog): boolean {
  const words =
    /unable to download '[^']*nix-cache-info'|disabling binary cache|binary cache .* (?:is not|does not)/;
  return [...log.warnings, ...log.plain].some((line) => words.test(line));
}

/** Why a copy failed, for a person. */
export function copyProblem(host: string, log: NixLog): Problem {
  const error = log.errors.at(-1);
  const why = (error?.innermost ?? log.plain.at(-1) ?? "Nix said nothing").split("\n")[0] ?? "";
  const evidence = [...log.plain.slice(-10), ...log.errors.map(({ text }) => text)].slice(-20);
  switch (copyFailure(log)) {
    case "signature":
      return new Problem("copy-failed", `${host} takes only signed paths: ${why}`, {
        hint: `Sign what is built (secret-key-files in nix.conf), or let flurry log in as root or as a trusted user of ${host}.`,
        evidence,
      });
    case "space":
      return new Problem("disk-full", `${host} has no space left for the closure`, {
        hint: `flurry gc ${host}`,
        evidence,
      });
    case "chatter":
      return new Problem(
        "host-chatters",
        `the login shell of ${host} prints text of its own, which breaks the copy`,
        {
          hint: "Let it print only to terminals.",
          evidence,
        },
      );
    case "connection":
      return new Problem(
        "host-unreachable",
        `the connection to ${host} broke off while copying: ${why}`,
        {
          hint: `flurry status ${host}`,
          evidence,
        },
      );
    case "substitute":
    case "other":
      return new Problem("copy-failed", `the closure did not reach ${host}: ${why}`, {
        hint: `flurry deploy ${host} --no-use-substitutes`,
        evidence,
      });
  }
}
