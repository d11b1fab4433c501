import { nixEnvironment } from "../nix/nix-settings.ts";
import type { Command, Output, Print, World } from "../world/world.ts";

/** Runs a command of Nix here, with the person's own settings and the features we need. */
export function askNix(
  world: World,
  command: Command,
  more: { readonly print?: Print; readonly signal?: AbortSignal | undefined } = {},
): Promise<Output> {
  const { print, signal } = more;
  const env = { ...nixEnvironment(world.env), ...command.env };
  return world.here({ ...command, env, ...(signal && { signal }) }, print);
}

/** The lines of an answer, without empty ones. */
export function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
