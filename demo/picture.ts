import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startFleet } from "../src/testing/fleet/fleet.ts";
import { fleetsFolder } from "../src/testing/fleet/place.ts";
import { makeLab, type Lab } from "./lab.ts";
import { type Chunk, stretchesOf, svgOf } from "./svg.ts";

const columns = 100;

/** Records two deploys of the demo on a terminal, and draws what it showed into this file. */
export async function drawPicture(file: string): Promise<void> {
  const fleet = await startFleet({ hosts: ["nas", "compute", "gateway"] });
  try {
    const lab = await makeLab(join(fleetsFolder, fleet.name, "demo"), fleet.sshConfig);
    const chunks: Chunk[] = [];
    const now = (): number => (chunks.at(-1)?.at ?? 0) + 1;
    const show = (text: string): void => void chunks.push({ at: now(), text });

    show("\x1B[1m$ flurry deploy all --yes\x1B[0m\n");
    chunks.push(...(await record(lab, "deploy all --yes", now(), 0)));
    show("\n\x1B[1m$ $EDITOR systems/gateway/default.nix\x1B[0m   # a slip of the hand\n");
    const lines = await lab.edit(
      "systems/gateway/default.nix",
      "reverse_proxy nas",
      "reverse_proxi nas",
    );
    show(`${lines.split("\n").slice(1).map(coloured).join("\n")}\n`);
    show("\n\x1B[1m$ flurry deploy gateway --yes\x1B[0m\n");
    chunks.push(...(await record(lab, "deploy gateway --yes", now(), 14)));
    const title = "flurry deploys three hosts; a bad change of one is undone by the host itself";
    writeFileSync(file, svgOf(stretchesOf(chunks), columns, title));
  } finally {
    await fleet[Symbol.asyncDispose]();
  }
}

function coloured(line: string): string {
  return `\x1B[${line.startsWith("+") ? 32 : 31}m${line}\x1B[0m`;
}

/** What flurry writes to a terminal, with its times. */
async function record(
  lab: Lab,
  words: string,
  from: number,
  wanted: number,
): Promise<readonly Chunk[]> {
  const line = `stty cols ${columns} rows 40; exec ${process.execPath} ${lab.bundle} ${words}`;
  const child = spawn(
    "script",
    ["--quiet", "--flush", "--return", "--command", line, "/dev/null"],
    {
      cwd: lab.folder,
      env: { ...process.env, ...lab.env, TERM: "xterm-256color", LC_ALL: "C.UTF-8" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const begin = performance.now();
  const chunks: Chunk[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    chunks.push({ at: from + (performance.now() - begin) / 1000, text });
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== wanted) throw new Error(`flurry ${words} ended with ${code}, wanted ${wanted}`);
  return chunks;
}
