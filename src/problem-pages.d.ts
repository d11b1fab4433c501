/** The pages of docs/problems by their code; the bundle holds them as text (scripts/problem-pages.mjs). */
declare module "problem-pages" {
  export const problemPages: Readonly<Record<string, string>>;
}
