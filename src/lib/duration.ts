/** A duration as people read it: `7 s`, `6 m 02 s`, `1 h 05 m`, `41 d`. Seconds; less than 0 is 0. */
export function durationText(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.round(seconds)) : 0;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${twoDigits(whole % 60)} s`;
  if (whole < 2 * 86_400) {
    return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} m`;
  }
  return `${Math.floor(whole / 86_400)} d`;
}

/** A duration in one unit, for tables: `41 s`, `12 m`, `5 h`, `9 d`. */
export function roughDuration(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m`;
  if (whole < 2 * 86_400) return `${Math.floor(whole / 3600)} h`;
  return `${Math.floor(whole / 86_400)} d`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
