/** What `flurry --help` prints. Put in by scripts/build.mjs, as is the next. */
declare const FLURRY_HELP: string;
/**
 * program.ts and all it needs, as a text: Node would otherwise read every line of it before the
 * first one runs, and to ask for help would take half as long again.
 */
declare const FLURRY_PROGRAM: string;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const [word, ...others] = process.argv.slice(2);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`flurry needs Node 20.19 or newer; this is ${process.versions.node}\n`);
  process.exitCode = 65;
} else if (others.length === 0 && (word === "--help" || word === "-h" || word === "help")) {
  process.stdout.on("error", () => {});
  process.stdout.write(FLURRY_HELP);
} else {
  const { Script } = process.getBuiltinModule("node:vm");
  new Script(FLURRY_PROGRAM, { filename: "flurry.js" }).runInThisContext();
}
