/**
 * argv`nix copy --to ${url}` reads like a shell line, but no shell ever sees it: words are split
 * where the template has blanks, and a value is never split, whatever it holds.
 */
export function argv(
  texts: TemplateStringsArray,
  ...values: readonly (string | number)[]
): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [index, text] of texts.entries()) {
    for (const [piece] of text.matchAll(/\s+|\S+/g)) {
      if (piece.trim() !== "") {
        word = (word ?? "") + piece;
      } else if (word !== undefined) {
        words.push(word);
        word = undefined;
      }
    }
    if (index < values.length) word = (word ?? "") + String(values[index]);
  }
  return word === undefined ? words : [...words, word];
}
