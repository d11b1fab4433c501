/** Put in by scripts/build.mjs, from package.json. */
declare const FLURRY_VERSION: string | undefined;

/** The version of this program: `0.1.0`; `source` where it runs from its sources. */
export const version: string = typeof FLURRY_VERSION === "string" ? FLURRY_VERSION : "source";
