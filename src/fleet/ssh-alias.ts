/**
 * What ssh and Nix call a host: `flurry-nas`. The run's ssh config says what it stands for, so the
 * address appears once. Names may hold anything; an alias has only lower-case letters, digits, `-`,
 * and `.` around the hexadecimal number of any other character, so two names never share one.
 */
export function sshAlias(name: string): string {
  return `flurry-${escapeName(name)}`;
}

/** The alias under which the host's second, third … address is tried; 1 is the host's own. */
export function sshAliasOfAddress(name: string, number: number): string {
  return number === 1 ? sshAlias(name) : `flurry${number}-${escapeName(name)}`;
}

function escapeName(name: string): string {
  return name.replaceAll(/[^a-z0-9-]/gu, (letter) => `.${letter.codePointAt(0)?.toString(16)}.`);
}
