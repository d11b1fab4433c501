/** The source text of the module `problem-pages`. */
export function problemPagesModule(): string;
