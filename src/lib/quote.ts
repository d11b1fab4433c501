import { Problem } from "./problem.ts";

// The only place that quotes. Two readers differ: a POSIX sh, which we choose, and the login shell
// of an account, which may be fish or csh as well.

/** What no shell of any family takes for anything but itself. */
const plain = /^[\w./:,@%+-]+$/;

/** One word for a POSIX sh, so that it is read as exactly this text. */
export function quoteForSh(word: string): string {
  return plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line for a POSIX sh, or for a person to paste. */
export function shLine(words: readonly string[]): string {
  return words.map(quoteForSh).join(" ");
}

/**
 * A command line that every login shell reads alike: plain words, and single-quoted ones. Inside
 * quotes, fish takes `\` for more than itself, csh also `!` and the end of a line: such a word
 * throws `setting-broken`, and belongs into a script on stdin instead.
 */
export function loginLine(words: readonly string[]): string {
  return words.map(quoteForLogin).join(" ");
}

/** As plain as the first word of a command can be: `%` and `@` begin something in some shells. */
const plainForLogin = /^[A-Za-z0-9_./:,+-]+$/;

function quoteForLogin(word: string): string {
  if (plainForLogin.test(word)) return word;
  // oxlint-disable-next-line no-control-regex
  if (/['\\!\u0000-\u001f\u007f]/.test(word)) {
    const message = `${JSON.stringify(word)} cannot be passed through every login shell`;
    throw new Problem("setting-broken", message, {
      hint: "Leave out quotes, backslashes, exclamation marks and line ends.",
    });
  }
  return `'${word}'`;
}

/**
 * Words as a person wrote them in a variable such as NIX_SSHOPTS: split at blanks, with single and
 * double quotes and backslashes as in a shell, and nothing else special. A quote that is never
 * closed is taken for itself.
 */
export function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|\S)+/gs)) {
    words.push(word.replaceAll(/\\(.)|'([^']*)'|"((?:\\.|[^"\\])*)"/gs, unquoted));
  }
  return words;
}

function unquoted(_: string, escaped?: string, single?: string, double?: string): string {
  return escaped ?? single ?? (double ?? "").replaceAll(/\\([\\"$`])/g, "$1");
}
