// node scripts/picture.mjs: records docs/deploy.svg anew, the picture of the README. Needs root.
import { fileURLToPath } from "node:url";
import { hostPackages, setUp } from "./setup.mjs";

await setUp({ packages: hostPackages });
const { buildFlurry, bundled } = await import("./bundled.mjs");
buildFlurry();
const { drawPicture } = await bundled("demo/picture.ts");
await drawPicture(fileURLToPath(new URL("../docs/deploy.svg", import.meta.url)));
