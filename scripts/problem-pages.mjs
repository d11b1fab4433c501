// The module "problem-pages": docs/problems/*.md as text, for the bundle and for the tests.
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../docs/problems/", import.meta.url);

/** Its source text. */
export function problemPagesModule() {
  const names = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");
  const pages = names
    .toSorted()
    .map((name) => [name.slice(0, -3), readFileSync(new URL(name, folder), "utf8")]);
  return `export const problemPages = ${JSON.stringify(Object.fromEntries(pages))};`;
}
