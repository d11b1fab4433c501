import { spawn } from "node:child_process";

/** How a program of the test bench ended. */
export interface Ended {
  /** Its exit code; 128 + n when signal n ended it, and 127 when it could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program gets besides its words. */
export interface ProgramOptions {
  readonly input?: string;
  readonly cwd?: string;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A limit, not an expectation: machines under test are busy. 120 unless said. */
  readonly timeoutSeconds?: number;
}

/** Runs a program of the test bench to its end, whatever that is. Never throws. */
export function attempt(argv: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  const [program = "", ...words] = argv;
  const seconds = options.timeoutSeconds ?? 120;
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: seconds * 1000,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin.on("error", () => {}); // It may end before it has read everything.
    child.stdin.end(options.input ?? "");
    child.once("error", (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.once("close", (code, signal) => {
      if (signal !== null) stderr += `\nended by ${signal} (limit: ${seconds} s)`;
      resolve({ code: code ?? 128, stdout, stderr });
    });
  });
}

/** What a program printed. Throws with its words and its stderr unless it ends with 0. */
export async function run(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const ended = await attempt(argv, options);
  if (ended.code === 0) return ended.stdout;
  throw new Error(`${argv.join(" ")}: ended with ${ended.code}\n${ended.stderr.trim()}`);
}

/** Asks again and again, 50 ms apart, until the answer is yes. Throws after so many seconds. */
export async function until(
  what: string,
  answer: () => boolean | Promise<boolean>,
  seconds = 120,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await answer())) {
    if (Date.now() > end) throw new Error(`${what}: not so within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
