import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { childEnvironment } from "../src/world/child-env.ts";
import { realFiles as files } from "../src/world/files.ts";
import { runHere } from "../src/world/shell.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flurry-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const modeOf = (name: string): string => (statSync(at(name)).mode & 0o777).toString(8);

test("a file is replaced as a whole, and nothing is left beside it", async () => {
  await files.write(at("a"), "one");
  const before = statSync(at("a")).ino;
  await files.write(at("a"), "two");
  expect(await files.read(at("a"))).toBe("two");
  expect(statSync(at("a")).ino).not.toBe(before);
  expect(readdirSync(folder)).toEqual(["a"]);
});

test("a mode is given or kept", async () => {
  await files.write(at("secret"), "x", 0o600);
  expect(modeOf("secret")).toBe("600");
  await files.write(at("secret"), "y");
  expect(modeOf("secret")).toBe("600");
  chmodSync(at("secret"), 0o755);
  await files.write(at("secret"), "z");
  expect(modeOf("secret")).toBe("755");
});

test("a link stays one, and its goal changes", async () => {
  mkdirSync(at("there"));
  await files.write(at("there/goal"), "old");
  symlinkSync("there/goal", at("link"));
  await files.write(at("link"), "new");
  expect(lstatSync(at("link")).isSymbolicLink()).toBe(true);
  expect(await files.read(at("there/goal"))).toBe("new");
  expect(await files.real(at("link"))).toBe(await files.real(at("there/goal")));
});

test("what is not there is undefined", async () => {
  await files.write(at("file"), "x");
  for (const path of [at("none"), at("none/at/all"), at("file/below")]) {
    expect(await files.read(path)).toBeUndefined();
    expect(await files.bytes(path)).toBeUndefined();
    expect(await files.list(path)).toBeUndefined();
    expect(await files.real(path)).toBeUndefined();
  }
});

test("what cannot be done is a problem with the file in it", async () => {
  await expect(files.write(at("no/folder/a"), "x")).rejects.toMatchObject({
    code: "file-missing",
    message: `${at("no/folder/a")} cannot be written: there is no such file or folder`,
  });
  await expect(files.read(folder)).rejects.toMatchObject({
    code: "command-failed",
    message: `${folder} cannot be read: it is a folder`,
  });
});

test("a folder's entries come by name, with what they are", async () => {
  mkdirSync(at("folder"));
  await files.write(at("b"), "");
  symlinkSync("b", at("a"));
  await runHere(
    { argv: ["mkfifo", at("pipe")], timeoutSeconds: 30 },
    { env: childEnvironment(process.env) },
  );
  expect(await files.list(folder)).toEqual([
    { name: "a", kind: "link" },
    { name: "b", kind: "file" },
    { name: "folder", kind: "directory" },
    { name: "pipe", kind: "other" },
  ]);
});

test("folders are made and removed with all that is in them", async () => {
  await files.makeFolder(at("x/y"), 0o700);
  await files.makeFolder(at("x/y"), 0o700);
  await files.write(at("x/y/file"), "text");
  expect(modeOf("x/y")).toBe("700");
  await files.remove(at("x"));
  await files.remove(at("x"));
  expect(await files.list(folder)).toEqual([]);
});
