import type { Call } from "./command.ts";
import { version } from "./version.ts";

/** `flurry version`. */
export async function showVersion({ context }: Call): Promise<number> {
  const { format } = context.output;
  const document = { schema: "flurry.version/1", flurry: version, node: process.versions.node };
  context.stdout(format === "table" ? `flurry ${version}\n` : `${JSON.stringify(document)}\n`);
  return 0;
}
