/**
 * What every call of Nix gets in its environment. The person's own settings stay in force: a line is
 * added to theirs, and it only adds features to those they have switched on.
 */
export function nixEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const theirs = env["NIX_CONFIG"] ?? "";
  const ours = "extra-experimental-features = nix-command flakes";
  return { NIX_CONFIG: theirs === "" ? ours : `${theirs}\n${ours}` };
}

/** Reads `name = value` lines, as `nix config show` and `nix show-config` print them. */
export function parseSettings(text: string): Readonly<Record<string, string>> {
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([a-z0-9-]+) = ?(.*)$/.exec(line);
    if (match) settings.set(match[1] ?? "", match[2] ?? "");
  }
  return Object.fromEntries(settings);
}
