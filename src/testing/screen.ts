import type { Screen } from "../view/painter.ts";

/** A terminal in memory. It knows text, line ends, "up n", "erase line", "erase below"; no more. */
export class FakeScreen implements Screen {
  rows: number;
  columns: number;
  /** How much was written, in characters: flicker and slow links are made of these. */
  written = 0;
  #lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(rows: number, columns = 80) {
    this.rows = rows;
    this.columns = columns;
  }

  /** All that was ever left on it, also what has scrolled off. */
  get text(): string {
    return this.#lines.join("\n");
  }

  readonly write = (text: string): void => {
    this.written += text.length;
    const [plain = "", ...escapes] = text.split("\x1b[");
    this.#print(plain);
    for (const escape of escapes) {
      const [code = "", count = "", letter] = /^\??(\d*)([A-Za-z])/.exec(escape) ?? [];
      if (letter === "F") this.#up(Number(count));
      if (letter === "K" || letter === "J") this.#cut();
      if (letter === "J") this.#lines.length = this.#row + 1;
      this.#print(escape.slice(code.length));
    }
  };

  #print(text: string): void {
    const [first = "", ...rest] = text.split("\n");
    this.#put(first);
    for (const line of rest) {
      this.#row += 1;
      this.#column = 0;
      if (this.#row === this.#lines.length) this.#lines.push("");
      this.#put(line);
    }
  }

  #put(text: string): void {
    const line = this.#lines[this.#row] ?? "";
    const end = this.#column + text.length;
    this.#lines[this.#row] = line.slice(0, this.#column) + text + line.slice(end);
    this.#column = end;
  }

  #cut(): void {
    this.#lines[this.#row] = this.#lines[this.#row]?.slice(0, this.#column) ?? "";
  }

  /** As far as the top of the screen; what is above has scrolled off. */
  #up(count: number): void {
    this.#row = Math.max(this.#row - count, this.#lines.length - this.rows, 0);
    this.#column = 0;
  }
}
