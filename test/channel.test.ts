import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../src/world/channel.ts";
import { type Login, makeStubs, runOn, type Stubs } from "./line.ts";

// Claim: whatever shell an account has, scripts run as they are written, one after another, over
// one line, and what a script does to its shell ends that script only.
let stubs: Stubs;
let opened: Channel[] = [];

beforeEach(() => {
  stubs = makeStubs();
});
afterEach(async () => {
  await Promise.all(opened.map((channel) => channel.close()));
  opened = [];
  stubs.remove();
});

async function open(login?: Login): Promise<Channel> {
  const channel = await stubs.open(login);
  opened.push(channel);
  return channel;
}

const shells = ["/bin/sh", "/bin/bash", "/usr/bin/fish", "/bin/tcsh", "/bin/zsh"];

for (const shell of shells) {
  test.skipIf(!existsSync(shell))(`scripts arrive whole through ${shell}`, async () => {
    const channel = await open({ shell: [shell] });
    const words = ["it's", "$HOME", "a  b", "!!", "\\", '"', "", "ü\n*"];
    const { stdout } = await runOn(channel, `for w; do printf '%s|' "$w"; done`, { args: words });
    expect(stdout).toBe(words.map((word) => `${word}|`).join(""));
  });
}

test("output comes back as it was, with stderr in its place", async () => {
  const channel = await open();
  expect(await runOn(channel, "echo a; echo b >&2; echo c")).toEqual({
    code: 0,
    stdout: "a\nb\nc\n",
    stderr: "",
    asRoot: false,
  });
  expect((await runOn(channel, "printf 'no end'")).stdout).toBe("no end");
  expect((await runOn(channel, "printf '\\n\\n'")).stdout).toBe("\n\n");
  expect((await runOn(channel, "")).stdout).toBe("");
});

test("a script ends itself, and not the line", async () => {
  const channel = await open();
  await expect(runOn(channel, "echo gone; exit 3")).rejects.toMatchObject({
    code: "command-failed",
    message: "nas: the script ended with 3",
    evidence: ["gone"],
  });
  await expect(runOn(channel, "if then (")).rejects.toMatchObject({ code: "command-failed" });
  await expect(runOn(channel, "kill -9 $$")).rejects.toMatchObject({
    message: "nas: the script ended with 137",
  });
  expect(channel.isOpen()).toBe(true);
  expect((await runOn(channel, "echo still here")).stdout).toBe("still here\n");
});

test("nothing of a script runs where it is no script", async () => {
  const channel = await open();
  await expect(runOn(channel, `touch ${stubs.folder}/ran\nif then`)).rejects.toThrow(/ended with/);
  expect(existsSync(`${stubs.folder}/ran`)).toBe(false);
});

test("what a shell left unread of a broken script is not taken for the next one", async () => {
  const channel = await open();
  const broken = `if then )\n${"# 0123456789abcdef\n".repeat(20_000)}`;
  await expect(runOn(channel, broken)).rejects.toThrow(/ended with/);
  expect((await runOn(channel, "echo next")).stdout).toBe("next\n");
});

test("a program in a script cannot eat the rest of it", async () => {
  const channel = await open();
  expect((await runOn(channel, "cat\necho after")).stdout).toBe("after\n");
});

test("exit codes are answers, or have the meaning that the caller gives them", async () => {
  const channel = await open();
  expect((await runOn(channel, "exit 3", { accepts: [3] })).code).toBe(3);
  const busy = runOn(channel, "echo locked by ada; exit 75", { exits: { 75: "host-busy" } });
  await expect(busy).rejects.toMatchObject({ code: "host-busy", message: "nas: locked by ada" });
});

test("a large script with payload arrives, and the answer may be large too", async () => {
  const channel = await open();
  const text = "0123456789abcdef\n".repeat(20_000);
  const { stdout } = await runOn(channel, `cat <<'END'\n${text}END`);
  expect(stdout).toBe(text);
});

test("an answer without bounds costs the line", async () => {
  const channel = await open();
  await expect(runOn(channel, "yes")).rejects.toMatchObject({
    message: "nas: the script printed more than 4 MiB",
  });
  expect(channel.isOpen()).toBe(false);
});

test("lines are told as they come, and only those of the script", async () => {
  const channel = await open();
  const lines: string[] = [];
  const { stdout } = await runOn(channel, "echo a; echo; echo b; echo", { follow: true }, (line) =>
    lines.push(line),
  );
  expect(stdout).toBe("a\n\nb\n\n");
  expect(lines).toEqual(["a", "", "b", ""]);
});

test("a script that takes too long costs the line", async () => {
  const channel = await open();
  await expect(
    runOn(channel, "echo began; sleep 987", { timeoutSeconds: 0.5 }),
  ).rejects.toMatchObject({
    code: "command-timed-out",
    message: "nas: the script took longer than 0.5 s",
  });
  expect(channel.isOpen()).toBe(false);
});

test("an aborted script costs the line", async () => {
  const channel = await open();
  const control = new AbortController();
  const { signal } = control;
  const running = runOn(channel, "echo here; sleep 987", { signal, follow: true }, () =>
    control.abort(),
  );
  await expect(running).rejects.toMatchObject({ code: "interrupted" });
  expect(channel.isOpen()).toBe(false);
});

test("a line that is not used is given up before the host ends it", async () => {
  let now = 0;
  const channel = await open({ now: () => now });
  await runOn(channel, "true");
  now = 74_000;
  expect(channel.isOpen()).toBe(true);
  now = 76_000;
  expect(channel.isOpen()).toBe(false);
});

test("what a login shell prints unasked is kept apart and told", async () => {
  stubs.add("chatty", 'echo "Welcome to nas"; exec /bin/sh "$@"');
  const channel = await open({ shell: [`${stubs.folder}/bin/chatty`] });
  const output = await runOn(channel, "echo a");
  expect(output).toMatchObject({ stdout: "a\n", chatter: "Welcome to nas" });
});

test("a login shell that runs nothing is named with the account", async () => {
  stubs.add("nologin", "echo This account is currently not available.; exit 1");
  await expect(open({ shell: [`${stubs.folder}/bin/nologin`] })).rejects.toMatchObject({
    code: "login-shell-refused",
    message:
      "nas: the login shell of ada (nologin) runs no commands, it ended with 1: This account is currently not available.",
  });
});

test("programs are found where a bare command of ssh does not look", async () => {
  const channel = await open();
  const { stdout } = await runOn(channel, 'echo "$PATH"; echo "$LC_ALL"');
  expect(stdout).toContain("/run/current-system/sw/bin");
  expect(stdout).toContain("/nix/var/nix/profiles/default/bin");
  expect(stdout).toMatch(/\nC\n$/);
});

test("what was lost is told as a connection, and the line is not used again", async () => {
  const channel = await open();
  await expect(runOn(channel, "kill -9 0")).rejects.toMatchObject({
    code: "host-unreachable",
    message: "nas: the connection was lost: it ended without a word",
  });
  expect(channel.isOpen()).toBe(false);
});
