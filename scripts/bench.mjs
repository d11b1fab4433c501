// npm run bench: how long flurry takes on test hosts, beside a plain loop and the least that must be done.
// Says what it measures on stderr, and the figures on stdout. It is in bench/bench.ts.
import { hostPackages, setUp } from "./setup.mjs";

try {
  // Without root there can be no hosts, and bench says so itself.
  await setUp({ packages: hostPackages, optional: process.getuid?.() !== 0 });
  const { buildFlurry, bundled } = await import("./bundled.mjs");
  buildFlurry();
  const { bench } = await bundled("bench/bench.ts");
  process.exitCode = await bench(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
