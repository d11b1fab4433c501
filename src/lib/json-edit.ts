/**
 * Sets one key in the text of a JSON object, and leaves every other character as it stands: people's
 * order, indentation and line ends stay. Missing objects on the way are made. The text must be JSON
 * with objects all along the way (see `readJson`).
 */
export function setInJson(text: string, path: readonly string[], value: unknown): string {
  const start = text.indexOf("{");
  return start < 0 ? text : setIn(text, start, path, value);
}

function setIn(text: string, start: number, path: readonly string[], value: unknown): string {
  const [key = "", ...rest] = path;
  const { members, end } = membersOf(text, start);
  // Of equal keys the last one counts.
  const found = members.findLast((member) => member.key === key);
  if (found !== undefined && rest.length > 0 && text[found.valueStart] === "{") {
    return setIn(text, found.valueStart, rest, value);
  }
  const whole = rest.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  if (found !== undefined) {
    const indent = indentAt(text, found.keyStart);
    const written = JSON.stringify(whole, null, 2).replaceAll("\n", `\n${indent}`);
    return text.slice(0, found.valueStart) + written + text.slice(found.valueEnd);
  }
  return inserted(text, { start, end, members }, key, whole);
}

function inserted(text: string, object: Members, key: string, value: unknown): string {
  const { start, end, members } = object;
  const last = members.at(-1);
  const outer = indentAt(text, start);
  const isLong = last === undefined || text.slice(start, last.keyStart).includes("\n");
  const indent = last === undefined ? `${outer}  ` : indentAt(text, last.keyStart);
  const written = isLong
    ? JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`)
    : JSON.stringify(value);
  const member = `${JSON.stringify(key)}: ${written}`;
  if (last === undefined) {
    return `${text.slice(0, start)}{\n${indent}${member}\n${outer}}${text.slice(end)}`;
  }
  const between = isLong ? `,\n${indent}` : ", ";
  return text.slice(0, last.valueEnd) + between + member + text.slice(last.valueEnd);
}

interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

interface Members {
  readonly members: readonly Member[];
  readonly start: number;
  /** Behind the closing brace. */
  readonly end: number;
}

/** The members of the object that begins at `start`. */
function membersOf(text: string, start: number): Members {
  const tokens = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
  tokens.lastIndex = start + 1;
  const members: Member[] = [];
  let depth = 0;
  let key: { readonly name: string; readonly start: number } | null = null;
  let valueStart: number | null = null;
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    const [word] = token;
    const after = token.index + word.length;
    if (depth === 0 && word === "}") return { members, start, end: after };
    if (depth === 0 && (word === "," || word === ":")) continue;
    if (depth === 0 && key === null) {
      key = { name: String(JSON.parse(word)), start: token.index };
      continue;
    }
    valueStart ??= token.index;
    if (word === "{" || word === "[") depth += 1;
    if (word === "}" || word === "]") depth -= 1;
    if (depth > 0 || key === null) continue;
    members.push({ key: key.name, keyStart: key.start, valueStart, valueEnd: after });
    key = null;
    valueStart = null;
  }
  return { members, start, end: text.length };
}

/** The blanks at the beginning of the line that this place is on. */
function indentAt(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}
