/** Lines `name value` of the guard; a name may stand several times. */
export type Lines = readonly (readonly [name: string, value: string])[];

/** Splits an answer into its lines. What is no such line does no harm. */
export function linesOf(text: string): Lines {
  return text.split("\n").map((line) => firstWord(line));
}

/** Splits a line at its first blank. */
export function firstWord(line: string): readonly [string, string] {
  const blank = line.indexOf(" ");
  return blank < 0 ? [line, ""] : [line.slice(0, blank), line.slice(blank + 1).trimEnd()];
}

/** The first value of that name; null where there is none. */
export function fact(lines: Lines, name: string): string | null {
  return lines.find(([key]) => key === name)?.[1] ?? null;
}

/** All values of that name, in their order. */
export function all(lines: Lines, name: string): readonly string[] {
  return lines.filter(([key]) => key === name).map(([, value]) => value);
}

/** A whole number of at most twelve digits; null for anything else. */
export function whole(text: string | null): number | null {
  return text !== null && /^-?\d{1,12}$/.test(text) ? Number(text) : null;
}
