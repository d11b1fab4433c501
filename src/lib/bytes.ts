const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A size as people read it: `512 B`, `1.4 GiB`, `41 MiB`. Bytes. */
export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes)) return "–";
  let value = Math.abs(bytes);
  let unit = 0;
  // What would be rounded up to 1024 belongs to the next unit.
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
  return `${bytes < 0 ? "−" : ""}${digits} ${units[unit]}`;
}

/** A difference of sizes, with its sign: `+38 MiB`, `−210 MiB`, `±0 B`. */
export function bytesDifference(bytes: number): string {
  if (bytes === 0) return "±0 B";
  return bytes > 0 ? `+${bytesText(bytes)}` : bytesText(bytes);
}
