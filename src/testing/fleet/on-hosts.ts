import { describe, type SuiteAPI } from "vitest";
import { obstacle } from "./fleet.ts";

/**
 * `describe` for tests that need hosts. Where there can be none the tests are skipped, and counted at
 * the end; FLURRY_FLEET=hosts makes that a failure, so that a green run means they were there.
 */
export const describeOnHosts: SuiteAPI | SuiteAPI["skip"] = describe.skipIf(
  process.env["FLURRY_FLEET"] !== "hosts" && obstacle() !== undefined,
);
