import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { childEnvironment } from "../src/world/child-env.ts";
import { runHere, startProgram } from "../src/world/shell.ts";
import type { Command, Output, Print } from "../src/world/world.ts";

const env = childEnvironment(process.env);

test("a program's output is the answer, and its errors are told line by line", async () => {
  const lines: string[] = [];
  const output = await sh("echo a; echo b >&2; printf c; printf 'd\\n\\ne' >&2", {}, (line) =>
    lines.push(line),
  );
  expect(output).toEqual({ code: 0, stdout: "a\nc", stderr: "b\nd\n\ne" });
  expect(lines).toEqual(["b", "d", "", "e"]);
});

test("stdout is told too where it is followed", async () => {
  const lines: string[] = [];
  await sh("echo a; echo b", { follow: true }, (line) => lines.push(line));
  expect(lines).toEqual(["a", "b"]);
});

test("only the last 200 lines of stderr are kept", async () => {
  const { stderr } = await sh("i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo $i >&2; done");
  expect(stderr.split("\n")).toHaveLength(200);
  expect(stderr.endsWith("\n1000")).toBe(true);
});

test("an exit code is an answer where it is accepted, a problem with a meaning or without", async () => {
  expect((await sh("exit 3", { accepts: [3] })).code).toBe(3);
  await expect(sh("echo no >&2; exit 3")).rejects.toMatchObject({
    code: "command-failed",
    message: "sh ended with 3",
    evidence: ["no"],
  });
  await expect(
    sh("echo nas is busy >&2; exit 75", { exits: { 75: "host-busy" } }),
  ).rejects.toMatchObject({
    code: "host-busy",
    message: "nas is busy",
  });
});

test("a program that is not there is named, with how to get it", async () => {
  await expect(run({ argv: ["no-such-program"] })).rejects.toMatchObject({ code: "tool-missing" });
  const nowhere = { ...env, PATH: "/nonexistent" };
  const nix = runHere({ argv: ["nix", "build"], timeoutSeconds: 30 }, { env: nowhere });
  await expect(nix).rejects.toMatchObject({
    code: "nix-missing",
    hint: "On Debian: apt-get install nix-bin",
  });
  await expect(run({ argv: ["true"], cwd: "/nonexistent" })).rejects.toMatchObject({
    code: "file-missing",
  });
});

test("a program that takes too long is ended, with all that it started", async () => {
  const lines: string[] = [];
  const long = "sleep 987 & echo $! >&2; wait";
  await expect(sh(long, { timeoutSeconds: 0.3 }, (line) => lines.push(line))).rejects.toMatchObject(
    { code: "command-timed-out", message: "sh took longer than 0.3 s" },
  );
  expect(isAlive(Number(lines[0]))).toBe(false);
});

test("a program that will not hear TERM is killed", async () => {
  const deaf = "trap '' TERM; echo $$ >&2; while :; do sleep 1; done";
  const lines: string[] = [];
  await expect(sh(deaf, { timeoutSeconds: 0.3 }, (line) => lines.push(line))).rejects.toMatchObject(
    { code: "command-timed-out" },
  );
  expect(isAlive(Number(lines[0]))).toBe(false);
});

test("an aborted signal ends a program, or keeps it from starting", async () => {
  const control = new AbortController();
  const ended = sh("echo here >&2; sleep 987", { signal: control.signal }, () => control.abort());
  await expect(ended).rejects.toMatchObject({ code: "interrupted" });
  await expect(sh("exit 0", { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "interrupted",
  });
});

test("one signal may end very many programs, without a warning", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 12 }, () => sh("exit 0", { signal })));
  process.off("warning", note);
  expect(warnings).toEqual([]);
});

test("what no program can be given is a problem", async () => {
  await expect(run({ argv: ["echo", "a\0b"] })).rejects.toMatchObject({ code: "command-failed" });
  await expect(run({ argv: ["echo", "x".repeat(3_000_000)] })).rejects.toMatchObject({
    code: "command-failed",
    message: expect.stringContaining("echo cannot be started"),
  });
});

test("a limit longer than timers can wait is one", async () => {
  expect((await sh("sleep 0.1", { timeoutSeconds: 1e9 })).code).toBe(0);
});

test("input that nobody reads is no failure", async () => {
  const input = "x".repeat(10_000_000);
  expect((await sh("exit 0", { input })).code).toBe(0);
  expect((await sh("wc -c", { input })).stdout.trim()).toBe("10000000");
});

test("a listener that throws changes nothing", async () => {
  expect(await sh("echo a >&2; echo b", { follow: true }, fail)).toMatchObject({ stdout: "b\n" });
});

test("a character that comes in two pieces is one", async () => {
  const { stdout } = await sh(String.raw`printf '\303'; sleep 0.1; printf '\274'`);
  expect(stdout).toBe("ü");
});

test("a child sees few variables, English, and a plain shell", async () => {
  const seen = childEnvironment(
    {
      PATH: "/bin",
      SECRET: "x",
      NIX_CONFIG: "a",
      https_proxy: "p",
      SHELL: "/bin/fish",
      LANG: "de",
    },
    { NIX_SSHOPTS: "-F f" },
  );
  expect(seen).toEqual({
    PATH: "/bin",
    NIX_CONFIG: "a",
    https_proxy: "p",
    LC_ALL: "C",
    SHELL: "/bin/sh",
    NIX_SSHOPTS: "-F f",
  });
});

test("one program's output can be another's input", async () => {
  const writer = startProgram(["sh", "-c", "echo a; echo b"], { env });
  const reader = startProgram(["cat"], { env });
  let text = "";
  reader.onOutput((piece) => {
    text += piece;
  });
  writer.pipeInto(reader);
  expect(await Promise.all([writer.ended, reader.ended])).toEqual([0, 0]);
  expect(text).toBe("a\nb\n");
});

function fail(): void {
  throw new Error("EPIPE");
}

function sh(script: string, more: Partial<Command> = {}, print?: Print): Promise<Output> {
  return run({ argv: ["sh", "-c", script], ...more }, print);
}

function run(command: Omit<Command, "timeoutSeconds">, print?: Print): Promise<Output> {
  return runHere({ timeoutSeconds: 30, ...command }, { env }, print);
}

/** What ended may stay a zombie where nobody collects it. */
function isAlive(pid: number): boolean {
  const [, state = "Z"] = /^State:\s+(\w)/m.exec(textOf(`/proc/${pid}/status`)) ?? [];
  return state !== "Z";
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
