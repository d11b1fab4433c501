import type { LaneOutcome } from "../event/event.ts";
import type { Host } from "../fleet/host.ts";
import type { ProblemCode, ProblemReport } from "../lib/problem.ts";
import type { Cause, Ended, FailedUnit, UserUnits } from "./parse-outcome.ts";

/** What the end of a run on its host means for the person who began it. */
export interface Verdict {
  readonly outcome: LaneOutcome;
  /** Null where all is well; beside `done` it is what was kept although it failed. */
  readonly problem: ProblemReport | null;
  readonly because: string | null;
}

/** Judges how a run ended. A run that still goes on is `detached`. */
export function verdictOf(host: Host, run: string, ended: Ended): Verdict {
  const { name } = host;
  const { kind, because } = ended;
  const reason = because ?? "it did not say why";
  const evidence = evidenceOf(ended);
  const report = (code: ProblemCode, message: string, hint?: string): ProblemReport => ({
    code,
    message,
    ...(hint && { hint }),
    ...(evidence.length > 0 && { evidence }),
  });
  switch (kind) {
    case "going":
      return { outcome: "detached", problem: null, because: "it has not settled yet" };
    case "kept":
      return { outcome: "done", ...keptWith(ended, report, name) };
    case "undone":
      return {
        outcome: "undone",
        problem: report(
          undoneCode(ended.cause),
          `${name} runs its old system again: ${reason}`,
          `flurry plan ${name}`,
        ),
        because,
      };
    case "refused":
      return {
        outcome: "failed",
        problem: report(
          ended.cause === "needs-boot" ? "needs-boot" : "system-refused",
          `${name} cannot switch to this system while it runs: ${ended.reason[0] ?? reason}`,
          `flurry boot ${name}`,
        ),
        because,
      };
    case "busy":
      return {
        outcome: "failed",
        problem: report("host-busy", `${name}: ${reason}`, `flurry status ${name}`),
        because,
      };
    case "left":
      return {
        outcome: "left",
        problem: report(
          "left-broken",
          `${name} was left with the failed system, as its policy says; it boots the old one: ${reason}`,
          `flurry rollback ${name}`,
        ),
        because,
      };
    case "stuck":
      return {
        outcome: "stuck",
        problem: report(
          "host-stuck",
          `${name} could not go back to its old system: ${reason}`,
          `flurry run follow ${run}`,
        ),
        because,
      };
  }
}

const undoneCodes: Readonly<Partial<Record<Cause, ProblemCode>>> = {
  changed: "host-changed",
  unconfirmed: "not-confirmed",
  units: "activation-failed",
  code: "activation-failed",
  killed: "activation-failed",
  silent: "activation-failed",
  limit: "activation-failed",
  failed: "activation-failed",
};

function undoneCode(cause: Cause | null): ProblemCode {
  return (cause !== null && undoneCodes[cause]) || "host-reverted";
}

function keptWith(
  { failedUnits, userUnits }: Ended,
  report: (code: ProblemCode, message: string, hint?: string) => ProblemReport,
  name: string,
): Pick<Verdict, "problem" | "because"> {
  const parts = [
    ...(failedUnits.length > 0 ? [`kept, although ${listOf(failedUnits)} failed`] : []),
    ...userUnits.map((of) => `${ofUser(of)} failed; the system itself is well`),
  ];
  if (parts.length === 0) return { problem: null, because: null };
  const because = parts.join("; ");
  return { problem: report("units-failed", `${name}: ${because}`, `flurry logs ${name}`), because };
}

function listOf(units: readonly FailedUnit[]): string {
  return units.map(({ unit }) => unit).join(", ");
}

function ofUser({ user, units }: UserUnits): string {
  const which = units.length > 0 ? units.join(", ") : "units";
  return user === null ? `${which} of a user` : `${which} of user ${user}`;
}

/** What failed, in its own words: the reason of a refusal, or each unit's last lines. */
function evidenceOf({ reason, failedUnits }: Ended): readonly string[] {
  return [
    ...reason,
    ...failedUnits.flatMap(({ unit, lines }) => lines.map((line) => `${unit}: ${line}`)),
  ];
}
