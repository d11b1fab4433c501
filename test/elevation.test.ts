import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SecretValue } from "../src/lib/secret-value.ts";
import type { Channel } from "../src/world/channel.ts";
import { asksAgain } from "../src/world/elevation.ts";
import { keepPasswords, type Passwords } from "../src/world/passwords.ts";
import { type Login, makeStubs, runOn, type Stubs } from "./line.ts";

// The stand-ins for sudo do with stdin, stdout and their exit code what the real ones do; who they
// run things as is what the variable FAKE_UID says to the stand-in for `id`.
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

async function open(login: Login): Promise<Channel> {
  const channel = await stubs.open({ root: true, ...login });
  opened.push(channel);
  return channel;
}

const become = 'until [ "$1" = -- ]; do shift; done; shift; FAKE_UID=0 exec "$@"';

/** Asks as sudo does: three times, on its stdin, with its own prompt; and remembers what it read. */
function askingSudo(prompt: string, sorry: string): string {
  return `
    case " $* " in *" -n "*) echo "sudo: a password is required" >&2; exit 1;; esac
    for try in 1 2 3; do
      printf '%s' "${prompt}" >&2
      read -r password || { echo "sudo: no password was provided" >&2; exit 1; }
      echo "$password" >>${stubs.folder}/tries
      [ "$password" = right ] && { ${become}; }
      echo "${sorry}" >&2
    done
    echo "sudo: 3 incorrect password attempts" >&2
    exit 1`;
}

function passwordIs(text: string): Passwords {
  return keepPasswords(async () => new SecretValue(text));
}

function tries(): string[] {
  return readFileSync(`${stubs.folder}/tries`, "utf8").trim().split("\n");
}

test("sudo that asks for nothing gives root", async () => {
  stubs.add("sudo", become);
  const channel = await open({});
  expect(await runOn(channel, "id -u")).toMatchObject({ stdout: "0\n", asRoot: true });
});

test("root needs no sudo", async () => {
  stubs.add("id", "echo 0");
  stubs.add("sudo", "exit 1");
  const channel = await open({});
  expect(channel).toMatchObject({ asRoot: true, loginIsRoot: true });
});

test("the right password goes in once, and its prompt is nowhere", async () => {
  stubs.add("sudo", askingSudo("[sudo] Password: ", "Sorry, try again."));
  const channel = await open({ passwords: passwordIs("right") });
  expect(await runOn(channel, "id -u")).toEqual({
    code: 0,
    stdout: "0\n",
    stderr: "",
    asRoot: true,
  });
  expect(tries()).toEqual(["right"]);
});

test.each([
  ["[sudo] password for ada: ", "Sorry, try again."],
  ["[sudo: authenticate] Password: ", "sudo: Authentication failed, try again."],
  ["[sudo] Passwort: ", "Leider falsch."],
])("a wrong password is one attempt (%s)", async (prompt, sorry) => {
  stubs.add("sudo", askingSudo(prompt, sorry));
  await expect(open({ passwords: passwordIs("wrong") })).rejects.toMatchObject({
    code: "password-wrong",
    message: "nas: sudo did not take the password of ada",
  });
  expect(tries()).toEqual(["wrong"]);
});

test("a wrong password is not tried again on other hosts that share it", async () => {
  stubs.add("sudo", askingSudo("Password: ", "Sorry, try again."));
  const passwords = passwordIs("wrong");
  const both = await Promise.allSettled([open({ passwords }), open({ passwords })]);
  expect(both.map((each) => each.status)).toEqual(["rejected", "rejected"]);
  await expect(open({ passwords })).rejects.toMatchObject({ code: "password-wrong" });
  expect(tries()).toEqual(["wrong"]);
});

test("a password is asked once for all hosts", async () => {
  let asked = 0;
  stubs.add("sudo", askingSudo("Password: ", "Sorry, try again."));
  const passwords = keepPasswords(async (prompt) => {
    asked += 1;
    expect(prompt).toContain("ada");
    return new SecretValue("right");
  });
  await Promise.all([open({ passwords }), open({ passwords }), open({ passwords })]);
  expect(asked).toBe(1);
  expect(tries()).toEqual(["right", "right", "right"]);
});

test("where nobody can be asked, a password is needed", async () => {
  stubs.add("sudo", askingSudo("Password: ", "Sorry, try again."));
  await expect(open({})).rejects.toMatchObject({
    code: "password-needed",
    message: "nas: sudo wants the password of ada",
  });
});

test("a sudo that did not read the password leaves it for nobody", async () => {
  stubs.add(
    "sudo",
    `case " $* " in *" -n "*) echo "sudo: a password is required" >&2; exit 1;; esac
    ${become}`,
  );
  const channel = await open({ passwords: passwordIs("right") });
  expect((await runOn(channel, "id -u; cat")).stdout).toBe("0\n");
});

test("root if possible is the user where root needs a password, over the same line", async () => {
  stubs.add("sudo", askingSudo("Password: ", "Sorry, try again."));
  const channel = await open({ root: "if-possible", passwords: passwordIs("right") });
  expect(channel).toMatchObject({ asRoot: false, rootRefused: true });
  expect(await runOn(channel, "id -u")).toMatchObject({ stdout: "1000\n", asRoot: false });
});

test("a sudo that takes no option of ours is broken, and quoted; it is no wrong password", async () => {
  stubs.add("sudo", "echo \"sudo: unrecognized option '-n'\" >&2; echo 'usage: sudo' >&2; exit 1");
  await expect(open({ passwords: passwordIs("right") })).rejects.toMatchObject({
    code: "elevation-broken",
    message: "nas: sudo does not know its options: sudo: unrecognized option '-n'",
  });
});

test("a sudo that knows -n and not -S is broken too", async () => {
  stubs.add(
    "sudo",
    `case " $* " in *" -n "*) echo "sudo: a password is required" >&2;; *) echo "usage: sudo -n command" >&2;; esac
    exit 1`,
  );
  await expect(open({ passwords: passwordIs("right") })).rejects.toMatchObject({
    code: "elevation-broken",
    message: "nas: sudo does not know its options: usage: sudo -n command",
  });
});

test.each([
  ["sudo", "ada is not in the sudoers file.", "elevation-refused", "does not let ada be root"],
  ["sudo", "sudo: a terminal is required to read the password", "elevation-broken", "terminal"],
  ["run0", "Failed to start: Interactive authentication required.", "elevation-refused", "agent"],
  ["doas", "doas: Operation not permitted", "elevation-refused", "doas: Operation not permitted"],
] as const)("%s says: %s", async (elevate, said, code, part) => {
  stubs.add(elevate, `echo "${said}" >&2; exit 1`);
  const refused = open({ elevate, passwords: passwordIs("right") });
  await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(part) });
});

test("an elevation that is not there is named", async () => {
  await expect(open({ elevate: ["become-root"] })).rejects.toMatchObject({
    code: "elevation-broken",
    message: "nas: become-root is not there for ada",
  });
});

test.each(["doas", "run0"] as const)("%s gives root without a password", async (elevate) => {
  stubs.add(elevate, `echo "$*" >${stubs.folder}/words; ${become}`);
  const channel = await open({ elevate });
  expect(await runOn(channel, "id -u")).toMatchObject({ stdout: "0\n", asRoot: true });
  const words = readFileSync(`${stubs.folder}/words`, "utf8");
  expect(words).toMatch(elevate === "doas" ? /^-n -- / : /^--no-ask-password -- /);
});

test("a command of one's own gives root", async () => {
  stubs.add("become", 'shift; FAKE_UID=0 exec "$@"');
  const channel = await open({ elevate: ["become", "--quickly now"] });
  expect(channel.asRoot).toBe(true);
});

test("a command that gives no root is not believed", async () => {
  stubs.add("become", 'exec "$@"');
  await expect(open({ elevate: ["become"] })).rejects.toMatchObject({
    code: "elevation-broken",
    message: "nas: become ran as ada, not as root",
  });
  await expect(open({ elevate: "none" })).rejects.toMatchObject({ code: "elevation-refused" });
});

test("nothing but the password is sent before the elevated side is ready", async () => {
  // It reads all it can get before it asks for anything.
  stubs.add(
    "sudo",
    `case " $* " in *" -n "*) echo "sudo: a password is required" >&2; exit 1;; esac
    timeout 1 cat >${stubs.folder}/tries; echo "Sorry, try again." >&2; exit 1`,
  );
  writeFileSync(`${stubs.folder}/tries`, "");
  await expect(open({ passwords: passwordIs("right") })).rejects.toMatchObject({
    code: "password-wrong",
  });
  expect(tries()).toEqual(["right"]);
});

test("a second question is known in any language", () => {
  expect(asksAgain("")).toBe(false);
  expect(asksAgain("[sudo] Passwort für ada: ")).toBe(false);
  expect(asksAgain("[sudo] Passwort für ada: \n")).toBe(false);
  expect(asksAgain("[sudo] Passwort für ada: Leider falsch\n[sudo] Passwort für ada: ")).toBe(true);
  expect(asksAgain("Respect the privacy of others.\n\nPassword: ")).toBe(false);
});
