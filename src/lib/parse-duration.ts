const seconds: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
};

/** `90s`, `15m`, `36h`, `14d`, `2w` in seconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const [, number, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : seconds[unit];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}
