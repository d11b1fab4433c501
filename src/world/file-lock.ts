import { spawn } from "node:child_process";

/** What became of asking for a lock. `unknown`: there is no `flock`, or this disk has no locks. */
export type LockAnswer = "locked" | "held" | "unknown";

/**
 * Locks an open file through util-linux' `flock`, which gets our descriptor as its 3. The lock
 * belongs to the open file: it outlives that program and ends with our process, however that ends.
 */
export function lockFile(descriptor: number, kind: "exclusive" | "shared"): Promise<LockAnswer> {
  const args = ["-n", kind === "shared" ? "-s" : "-x", "3"];
  return new Promise((resolve) => {
    const child = spawn("flock", args, {
      stdio: ["ignore", "ignore", "ignore", descriptor],
      timeout: 10_000,
    });
    child.on("error", () => resolve("unknown"));
    child.on("exit", (code) => resolve(answers.get(code) ?? "unknown"));
  });
}

const answers: ReadonlyMap<number | null, LockAnswer> = new Map([
  [0, "locked"],
  [1, "held"],
]);
