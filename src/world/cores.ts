import { availableParallelism } from "node:os";

/** How many processes can really work at once here. */
export function coresHere(): number {
  return availableParallelism();
}
