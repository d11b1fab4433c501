/** Units by what happens to them in an activation. */
export interface Effects {
  readonly stop: readonly string[];
  readonly start: readonly string[];
  readonly restart: readonly string[];
  readonly reload: readonly string[];
  readonly kept: readonly string[];
}
