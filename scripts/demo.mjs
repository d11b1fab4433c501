// npm run demo: three hosts on this machine, one good deploy, one bad one that goes back by itself.
// Sets up what is missing, asks nothing, leaves nothing behind. The story is in demo/demo.ts.
import { hostPackages, setUp } from "./setup.mjs";

try {
  await setUp({ packages: hostPackages });
  const { buildFlurry, bundled } = await import("./bundled.mjs");
  buildFlurry();
  const { demo } = await bundled("demo/demo.ts");
  await demo();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode ||= 1;
}
