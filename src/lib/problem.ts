/** The closed list of codes of what can go wrong. */
export type ProblemCode =
  | "usage"
  | "unknown-host"
  | "unknown-flag"
  | "not-a-flake"
  | "metadata-broken"
  | "host-described-badly"
  | "setting-broken"
  | "lock-missing"
  | "repository-not-ours"
  | "nix-missing"
  | "nix-too-old"
  | "tool-missing"
  | "build-users-missing"
  | "state-broken"
  | "file-missing"
  | "evaluation-failed"
  | "evaluation-timed-out"
  | "build-failed"
  | "host-unreachable"
  | "login-refused"
  | "login-shell-refused"
  | "host-key-unknown"
  | "host-key-changed"
  | "copy-failed"
  | "closure-incomplete"
  | "host-stuck"
  | "host-reverted"
  | "activation-failed"
  | "probe-failed"
  | "not-confirmed"
  | "store-damaged"
  | "host-silent"
  | "left-broken"
  | "units-failed"
  | "needs-boot"
  | "system-refused"
  | "partial"
  | "no-host-answers"
  | "host-busy"
  | "host-changed"
  | "host-drifted"
  | "wrong-host"
  | "wrong-architecture"
  | "disk-full"
  | "not-a-system"
  | "generation-missing"
  | "elevation-refused"
  | "elevation-broken"
  | "password-wrong"
  | "password-needed"
  | "host-chatters"
  | "host-lacks-tools"
  | "host-elsewhere"
  | "answer-needed"
  | "command-failed"
  | "command-timed-out"
  | "interrupted"
  | "bug";

/**
 * Every failure we foresee, with the exit code it gives. Each has a page in docs/problems/
 * (`flurry explain CODE`), which a test checks. The exit codes themselves are in lib/exit.ts.
 */
export const problemExits: Readonly<Record<ProblemCode, number>> = {
  // What was typed.
  usage: 64,
  "unknown-host": 64,
  "unknown-flag": 64,
  // The repository, its settings, and the tools here.
  "not-a-flake": 65,
  "metadata-broken": 65,
  "host-described-badly": 65,
  "setting-broken": 65,
  "lock-missing": 65,
  "repository-not-ours": 65,
  "nix-missing": 65,
  "nix-too-old": 65,
  "tool-missing": 65,
  "build-users-missing": 65,
  "state-broken": 65,
  "file-missing": 65,
  // Preparing.
  "evaluation-failed": 10,
  "evaluation-timed-out": 10,
  "build-failed": 11,
  "host-unreachable": 12,
  "login-refused": 12,
  "login-shell-refused": 12,
  "host-key-unknown": 12,
  "host-key-changed": 12,
  "copy-failed": 12,
  "closure-incomplete": 12,
  // Changing.
  "host-stuck": 13,
  "host-reverted": 14,
  "activation-failed": 14,
  "probe-failed": 14,
  "not-confirmed": 14,
  "store-damaged": 14,
  "host-silent": 14,
  "left-broken": 14,
  "units-failed": 15,
  "needs-boot": 16,
  "system-refused": 16,
  partial: 20,
  "no-host-answers": 69,
  "host-busy": 75,
  // Refused before anything changed.
  "host-changed": 77,
  "host-drifted": 77,
  "wrong-host": 77,
  "wrong-architecture": 77,
  "disk-full": 77,
  "not-a-system": 77,
  "generation-missing": 77,
  "elevation-refused": 77,
  "elevation-broken": 77,
  "password-wrong": 77,
  "password-needed": 77,
  "host-chatters": 77,
  "host-lacks-tools": 77,
  "host-elsewhere": 77,
  "answer-needed": 77,
  // The rest.
  "command-failed": 70,
  "command-timed-out": 70,
  interrupted: 130,
  bug: 70,
};

/** A problem as plain data, for events and documents. */
export interface ProblemReport {
  readonly code: ProblemCode;
  /** One sentence, with the host or file in it. */
  readonly message: string;
  /** What to do next: if possible, a command to paste. */
  readonly hint?: string;
  /** The last lines of what was printed, oldest first. */
  readonly evidence?: readonly string[];
}

/** A failure, told to a person: what happened, and what to do about it. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly hint: string | undefined;
  readonly evidence: readonly string[];

  constructor(
    code: ProblemCode,
    message: string,
    more: { hint?: string; evidence?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.hint = more.hint;
    this.evidence = more.evidence ?? [];
  }

  /** The same as plain data. */
  get report(): ProblemReport {
    const { code, message, hint, evidence } = this;
    return { code, message, ...(hint && { hint }), ...(evidence.length > 0 && { evidence }) };
  }
}

/** A report, to be thrown again. */
export function problemFrom({ code, message, ...more }: ProblemReport): Problem {
  return new Problem(code, message, more);
}

/** Anything thrown becomes a Problem. What we did not foresee is a bug of ours. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem("bug", message, { cause: thrown });
}
