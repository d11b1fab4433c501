/** One file that git tracks. */
export interface IndexEntry {
  /** `100644`, `100755`, `120000` a link, `160000` a submodule. */
  readonly mode: string;
  /** 1 to 3: one side of a merge conflict. */
  readonly stage: number;
  readonly path: string;
  /** False: the name's bytes are no UTF-8; `path` then shows them as `\xff`. */
  readonly isUtf8: boolean;
}

/** Reads `git ls-files -s` with `core.quotePath=true`, which quotes every odd name. */
export function parseIndex(text: string): readonly IndexEntry[] {
  return linesOf(text).flatMap((line) => {
    const [, mode = "", stage = "", name = ""] = /^(\d{6}) \S+ (\d)\t(.*)$/.exec(line) ?? [];
    return mode === "" ? [] : [{ mode, stage: Number(stage), ...unquote(name) }];
  });
}

/** Reads a list of paths, one a line, quoted where they are odd. */
export function parsePaths(text: string): readonly string[] {
  return linesOf(text).map((line) => unquote(line).path);
}

/** What `git status --porcelain=v2 --branch --untracked-files=no` says. */
export interface GitStatus {
  /** Null before the first commit. */
  readonly revision: string | null;
  readonly isDirty: boolean;
}

/** Reads the answer of git status; anything but its headers is a change. */
export function parseStatus(text: string): GitStatus {
  const oid = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(text)?.[1];
  return { revision: oid ?? null, isDirty: /^[^#\s]/m.test(text) };
}

/** Which rule excludes a path: `git check-ignore -v`, by path. `source` is `.gitignore:3 (build/)`. */
export function parseIgnored(text: string): ReadonlyMap<string, string> {
  const rules = linesOf(text).flatMap((line): [string, string][] => {
    const [, where = "", pattern = "", path = ""] = /^(.*?:\d+):(.*)\t(.*)$/.exec(line) ?? [];
    return where === "" ? [] : [[unquote(path).path, `${where} (${pattern})`]];
  });
  return new Map(rules);
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

const letters: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** Undoes git's quoting in the manner of C: `"bad\377"`. */
function unquote(name: string): { readonly path: string; readonly isUtf8: boolean } {
  if (!name.startsWith('"')) return { path: name, isUtf8: true };
  const bytes: number[] = [];
  for (const [, octal, letter, plain] of name
    .slice(1, -1)
    .matchAll(/\\([0-7]{3})|\\(.)|([^\\])/gsu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (letter !== undefined) bytes.push(letters[letter] ?? letter.charCodeAt(0));
    else bytes.push(...new TextEncoder().encode(plain));
  }
  const decoded = new TextDecoder().decode(Uint8Array.from(bytes));
  if (!decoded.includes("\uFFFD")) return { path: decoded, isUtf8: true };
  const shown = bytes.map((byte) => {
    const isPlain = byte >= 0x20 && byte < 0x7f;
    return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return { path: shown.join(""), isUtf8: false };
}
