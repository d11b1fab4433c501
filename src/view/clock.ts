/** Minutes by which the clock here is ahead of UTC, at that time. */
export function offsetHere(at: number): number {
  return -new Date(at).getTimezoneOffset();
}

/** The time of day, `12:04:01`. Milliseconds since 1970. */
export function timeOfDay(at: number, offsetMinutes: number): string {
  return shifted(at, offsetMinutes).slice(11, 19);
}

/** Day and time, `2026-11-21 12:04`. */
export function dayAndTime(at: number, offsetMinutes: number): string {
  return shifted(at, offsetMinutes).slice(0, 16).replace("T", " ");
}

function shifted(at: number, offsetMinutes: number): string {
  const time = new Date(at + offsetMinutes * 60_000);
  // A journal may hold any number.
  return Number.isNaN(time.getTime()) ? "????-??-??T??:??:??" : time.toISOString();
}
