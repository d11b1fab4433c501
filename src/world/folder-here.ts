import { Problem } from "../lib/problem.ts";

/** The folder we were started in. Throws `file-missing` where somebody deleted it since. */
export function folderHere(us: { readonly cwd: () => string }): string {
  try {
    return us.cwd();
  } catch (cause) {
    throw new Problem("file-missing", "the folder that flurry was started in no longer exists", {
      hint: "cd to a folder that does",
      cause,
    });
  }
}
