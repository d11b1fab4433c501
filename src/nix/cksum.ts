/** What POSIX `cksum` prints for these bytes: the checksum, and how many they are. */
export function cksum(bytes: Uint8Array): { readonly sum: number; readonly length: number } {
  let crc = 0;
  for (const byte of bytes) crc = shift(crc, byte);
  // The length follows the content, lowest byte first.
  for (let rest = bytes.length; rest > 0; rest = Math.floor(rest / 256)) {
    crc = shift(crc, rest % 256);
  }
  return { sum: ~crc >>> 0, length: bytes.length };
}

function shift(crc: number, byte: number): number {
  return (crc << 8) ^ (table[(crc >>> 24) ^ byte] ?? 0);
}

/** The remainders of all single bytes, for the polynomial that POSIX gives. */
const table: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc;
});
