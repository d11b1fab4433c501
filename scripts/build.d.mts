/** Writes the bundle to a file. */
export function bundle(outfile: string): Promise<void>;
