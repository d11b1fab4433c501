import { Problem } from "../lib/problem.ts";
import { linesShown } from "./command-failure.ts";

/** A connection that did not come about. */
export interface SshFailure {
  readonly host: string;
  readonly address: string;
  readonly user: string;
  /** What a person types to see it for themselves. */
  readonly tryThis: string;
  /** What ssh itself said. */
  readonly errors: readonly string[];
  /** What came from the host before it ended. */
  readonly talk: string;
  /** ssh's exit code; null: it was ended because it took too long. */
  readonly code: number | null;
}

/** Names the step at which it failed: name, network, host key, login, login shell. */
export function sshProblem(failure: SshFailure): Problem {
  const { host, address, user, tryThis, code } = failure;
  const evidence = failure.errors.slice(-linesShown);
  const said = failure.errors.join("\n");
  const found = causes.find(({ pattern }) => pattern.test(said));
  if (found) {
    const line = failure.errors.find((each) => found.pattern.test(each)) ?? "";
    const more = {
      evidence: found.evidence?.(failure.errors, line) ?? evidence,
      hint: found.hint?.(failure) ?? `Try: ${tryThis}`,
    };
    return new Problem(found.code, `${host}: ${found.message(failure, line)}`, more);
  }
  if (code === null) {
    const message = `${host}: ${address} takes connections, and does not get on with the login`;
    return new Problem("host-unreachable", message, { evidence, hint: `Try: ${tryThis}` });
  }
  if (code !== 255) return shellRefused(failure);
  const last = failure.errors.at(-1) ?? "ssh ended with 255";
  const message = `${host}: no connection to ${address} as ${user}: ${last}`;
  return new Problem("host-unreachable", message, { evidence, hint: `Try: ${tryThis}` });
}

/** The next address may still be the right one: nothing was found behind this one, or another machine. */
export function mayBeElsewhere({ code }: Problem): boolean {
  return code === "host-unreachable" || code === "host-key-unknown" || code === "host-key-changed";
}

/** Lost after it was open. */
export function connectionLost(failure: SshFailure): Problem {
  const why = failure.errors.at(-1) ?? "it ended without a word";
  return new Problem("host-unreachable", `${failure.host}: the connection was lost: ${why}`, {
    evidence: failure.errors.slice(-linesShown),
    hint: `Try: ${failure.tryThis}`,
  });
}

function shellRefused({ host, user, tryThis, errors, talk, code }: SshFailure): Problem {
  const lines = [...talk.split("\n"), ...errors].map((line) => line.trim()).filter(Boolean);
  const shell = /not available/i.test(talk) ? "nologin" : "such as nologin or false";
  const said = lines[0] === undefined ? "" : `: ${lines[0]}`;
  const message = `${host}: the login shell of ${user} (${shell}) runs no commands, it ended with ${code}${said}`;
  return new Problem("login-shell-refused", message, {
    evidence: lines.slice(-linesShown),
    hint: `Give ${user} a shell, or log in as another user. Try: ${tryThis}`,
  });
}

interface Cause {
  readonly pattern: RegExp;
  readonly code: Problem["code"];
  readonly message: (failure: SshFailure, line: string) => string;
  readonly hint?: (failure: SshFailure) => string;
  /** What of ssh's words is worth showing; without: its last lines. */
  readonly evidence?: (errors: readonly string[], line: string) => readonly string[];
}

/** In the order in which they are looked for: what a later line repeats comes first. */
const causes: readonly Cause[] = [
  {
    pattern:
      /bad configuration option|bad configuration options|missing argument|unsupported option|extra arguments|^command-line: line/im,
    code: "setting-broken",
    message: (_, line) => `ssh does not like its configuration: ${line}`,
  },
  {
    pattern: /identification has changed|^Host key for .* has changed/im,
    code: "host-key-changed",
    message: ({ address }) => `${address} has another host key than the one that is known`,
    hint: ({ host }) => `If the machine is the right one: flurry host scan ${host}`,
    evidence: fingerprint,
  },
  {
    pattern: /no matching host key type/i,
    code: "host-key-changed",
    message: ({ address }) => `${address} has no host key of the pinned type`,
    hint: ({ host }) => `If the machine is the right one: flurry host scan ${host}`,
    evidence: (_, line) => [line],
  },
  {
    pattern: /host key is known|host key verification failed/i,
    code: "host-key-unknown",
    message: ({ address }) => `the host key of ${address} is not known`,
    hint: ({ host }) => `flurry host scan ${host}`,
    evidence: (_, line) => [line],
  },
  {
    pattern: /could not resolve hostname/i,
    code: "host-unreachable",
    message: ({ address }, line) => `the name ${address} is not known: ${lastPart(line)}`,
  },
  {
    pattern: /^ssh: connect to host/im,
    code: "host-unreachable",
    message: ({ address }, line) => `no answer from ${address}: ${lastPart(line)}`,
  },
  {
    pattern:
      /timed out during banner exchange|kex_exchange_identification|banner line|banner exchange/i,
    code: "host-unreachable",
    message: ({ address }, line) => `${address} answers, but not as ssh does: ${lastPart(line)}`,
  },
  {
    pattern: /permission denied|too many authentication failures|no supported authentication/i,
    code: "login-refused",
    message: ({ user }, line) => `${user} may not log in: ${line.replace(/^\S+@\S+: /, "")}`,
    hint: ({ tryThis }) =>
      `Nothing can be asked here: the key must be in the agent, or without passphrase. Try: ${tryThis}`,
  },
];

/**
 * Of the alarm that ssh sounds, the key that the machine has now. The rest is for people who use ssh
 * alone; the file it would have them edit may be ours, and gone.
 */
function fingerprint(errors: readonly string[], line: string): readonly string[] {
  const at = errors.findIndex((each) => /^The fingerprint for the .* key sent/.test(each));
  const [said, key] = errors.slice(at, at + 2);
  return at < 0 || !key ? [line] : [`${said} ${key.replace(/\.$/, "")}`];
}

function lastPart(line: string): string {
  return line.slice(line.lastIndexOf(": ") + 2).trim();
}
