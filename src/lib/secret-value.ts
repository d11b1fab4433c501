const redacted = "[secret]";

/** A text that shows itself nowhere: not in a message, a document, nor when it is inspected. */
export class SecretValue {
  // A private name, not a property: nothing that walks over or inspects an object finds it.
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself: for the stdin of the program that asked for it, and nowhere else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }
}
