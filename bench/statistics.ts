/** How long one deploy took. */
export interface Sample {
  /** By the clock on the wall. */
  readonly seconds: number;
  /** Of processors, user and system, by all processes of this machine that it started and waited for. */
  readonly cpuSeconds: number;
  /** The same, by all hosts together. */
  readonly hostCpuSeconds: number;
}

/** The middle of some numbers; between the two middle ones where there are two. Throws without any. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error("no numbers have no median");
  return (lower + upper) / 2;
}

/**
 * How many times as long one took as the other: the median of the ratios of each round. A round's
 * samples lie close together in time, so that a machine that is busy for a while is busy for both.
 */
export function pairedRatio(ours: readonly Sample[], theirs: readonly Sample[]): number {
  const ratios = ours.flatMap(({ seconds }, round) => {
    const other = theirs[round];
    return other === undefined ? [] : [seconds / other.seconds];
  });
  return median(ratios);
}

/** The order in a round: there and back, so that nobody always comes first. Rounds count from 0. */
export function orderIn<Item>(round: number, items: readonly Item[]): readonly Item[] {
  return round % 2 === 0 ? items : items.toReversed();
}

/** What the shell's `times` says of the processes it waited for, in seconds; its second line. */
export function parseTimes(text: string): number {
  const [, children = ""] = text.split("\n");
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) throw new Error(`these are no times: ${text}`);
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}
