/** The candidates that `word` was probably meant to be: at most three, the nearest first. */
export function nearest(word: string, candidates: Iterable<string>): readonly string[] {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const plain = word.toLowerCase();
  return [...candidates]
    .map((candidate) => ({ candidate, distance: distanceOf(plain, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => {
      return distance <= limit || (word.length >= 3 && candidate.startsWith(word));
    })
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** How many letters to add, drop, change or swap with their neighbour. */
function distanceOf(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const best = [
        (above[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
      ];
      if (swapped && row > 1) best.push((before[column - 2] ?? 0) + 1);
      line.push(Math.min(...best));
    }
    before = above;
    above = line;
  }
  return above[to.length] ?? 0;
}
