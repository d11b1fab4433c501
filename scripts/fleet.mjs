// npm run -s fleet -- VERB …: test hosts on this machine (src/testing/fleet/command.ts says which verbs).
// Its stdout holds what the verb answers, and nothing else.
import { hostPackages, setUp } from "./setup.mjs";

try {
  const argv = process.argv.slice(2);
  await setUp({ packages: hostPackages });
  const { buildFlurry, bundled } = await import("./bundled.mjs");
  if (argv[0] === "up") buildFlurry();
  const { fleetCommand } = await bundled("src/testing/fleet/command.ts");
  process.exitCode = await fleetCommand(argv);
} catch (error) {
  process.stderr.write(`fleet: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
