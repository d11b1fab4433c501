/**
 * A name as a person can find it again: control characters, marks that turn the direction of
 * writing, and what nobody sees stand as `\x1b` or `\u{202e}`. Letters of all languages stay.
 */
export function visible(name: string): string {
  return name.replace(hidden, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16);
    return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, "0")}`;
  });
}

const hidden =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\ufe00-\ufe0f\u2800\u3164\uffa0\u115f\u1160]/gu;
