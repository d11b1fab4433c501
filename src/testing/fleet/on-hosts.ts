import { describe } from "vitest";
import { obstacle } from "./fleet.ts";

/**
 * `describe` for tests that need hosts. Where there can be none the tests are skipped, and counted at
 * the end; FLURRY_FLEET=hosts makes that a failure, so that a green run means they were there.
 */
export function describeOnHosts(claim: string, tests: () => void): void {
  const wanted = process.env["FLURRY_FLEET"] === "hosts" || obstacle() === undefined;
  describe.runIf(wanted)(`on hosts: ${claim}`, () => {
    tests();
  });
}
