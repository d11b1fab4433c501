import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  writeSync,
} from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseJson } from "../lib/json.ts";
import { Problem } from "../lib/problem.ts";
import { lockFile } from "./file-lock.ts";

/** The open journal of a run that is under way. World deals in lines; event knows what they say. */
export interface Journal {
  readonly path: string;
  /**
   * Adds a line; on the disk before it returns if `durable`. Never throws: a full disk here is no
   * reason to leave hosts half changed, so it gives the problem back.
   */
  readonly append: (line: string, durable: boolean) => Problem | undefined;
  readonly close: () => void;
}

/** A journal on the disk. */
export interface RunFile {
  readonly id: string;
  readonly path: string;
  /** When the run began, milliseconds since 1970, from the file's name. */
  readonly at: number;
}

/** What tells one process from all others: numbers of processes are used again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since the boot; empty where the system does not say. */
  readonly startedAt: string;
  readonly bootId: string;
}

/** Where journals are: `$XDG_STATE_HOME/flurry/runs`, or systemd's state folder for a service. */
export function runsFolder(env: Readonly<Record<string, string | undefined>>): string {
  const service = env["STATE_DIRECTORY"]?.split(":")[0];
  if (service) return join(service, "runs");
  const state = env["XDG_STATE_HOME"] || join(env["HOME"] || homedir(), ".local", "state");
  return join(state, "flurry", "runs");
}

/**
 * Makes the journal of a new run, and locks it: as long as the lock is held, the run lives.
 * Throws a Problem `state-broken` where the folder cannot be written; nothing has begun then.
 */
export async function openJournal(folder: string, run: string, at: number): Promise<Journal> {
  const path = join(folder, `${stampOf(at)}-${run}.jsonl`);
  const descriptor = create(folder, path);
  for (let tries = 0; tries < 5; tries++) {
    // Someone may be asking, for a moment, whether this run lives.
    if ((await lockFile(descriptor, "exclusive")) !== "held") break;
  }
  return {
    path,
    append: (line, durable) => append(path, descriptor, line, durable),
    close: () => closeSync(descriptor),
  };
}

function create(folder: string, path: string): number {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { O_CREAT, O_EXCL, O_APPEND, O_RDWR } = constants;
    const descriptor = openSync(path, O_CREAT | O_EXCL | O_APPEND | O_RDWR, 0o600);
    syncFolder(folder);
    return descriptor;
  } catch (cause) {
    throw new Problem("state-broken", `cannot write the journal ${path}: ${messageOf(cause)}`, {
      hint: "XDG_STATE_HOME names another folder for journals",
      cause,
    });
  }
}

/** A new file is only there after a power cut if its folder was written, too. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function append(
  path: string,
  descriptor: number,
  line: string,
  durable: boolean,
): Problem | undefined {
  let before: number | undefined;
  try {
    before = fstatSync(descriptor).size;
    const bytes = Buffer.from(line);
    for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
    if (durable) fdatasyncSync(descriptor);
    return undefined;
  } catch (cause) {
    if (before !== undefined) takeBack(descriptor, before);
    const message = `the journal ${path} is incomplete: ${messageOf(cause)}`;
    return new Problem("state-broken", message, { cause });
  }
}

/** Half a line would spoil the next one. */
function takeBack(descriptor: number, size: number): void {
  try {
    ftruncateSync(descriptor, size);
  } catch {
    // Readers skip a line they cannot read.
  }
}

/** All runs that were made from here, newest first. */
export async function listRuns(folder: string): Promise<RunFile[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (codeOf(cause) === "ENOENT") return [];
    throw new Problem("state-broken", `cannot read ${folder}: ${messageOf(cause)}`, { cause });
  });
  const byName = names.toSorted((a, b) => (a < b ? 1 : -1));
  return byName.flatMap((name) => runFileOf(folder, name));
}

function runFileOf(folder: string, name: string): RunFile[] {
  const [, day, hours, minutes, seconds, id] = namePattern.exec(name) ?? [];
  if (id === undefined) return [];
  const at = Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`);
  return [{ id, path: join(folder, name), at }];
}

/** `2026-11-21T12-04-01.123Z-7f3kq2.jsonl`: sorts by time, and has no colon, for foreign disks. */
const namePattern = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})Z-([a-z0-9]+)\.jsonl$/;

function stampOf(at: number): string {
  return new Date(at).toISOString().replaceAll(":", "-");
}

/**
 * The journal of a run, by its id or how that begins. Throws a Problem `usage` where none or
 * several have it, `state-broken` where it cannot be read.
 */
export async function readRun(folder: string, prefix: string): Promise<RunFile & { text: string }> {
  const runs = await listRuns(folder);
  const matches = runs.filter(({ id }) => id.startsWith(prefix));
  const run = matches.find(({ id }) => id === prefix) ?? matches[0];
  if (run === undefined || prefix === "") {
    throw new Problem("usage", `no run ${prefix} was made from here`, { hint: "flurry history" });
  }
  if (matches.length > 1 && run.id !== prefix) {
    const ids = matches.map(({ id }) => id).join(", ");
    throw new Problem("usage", `${prefix} may be any of the runs ${ids}`, {
      hint: `flurry history show ${run.id}`,
    });
  }
  return { ...run, text: await readJournal(run.path) };
}

/** The text of a journal. Throws a Problem `state-broken` where it cannot be read. */
export async function readJournal(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Problem("state-broken", `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Whether the process of a run still lives: its lock says so; else pid, start time and boot id. */
export async function isAlive(path: string): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  try {
    const answer = await lockFile(file.fd, "shared");
    return answer === "unknown" ? await isProcessAlive(path) : answer === "held";
  } finally {
    await file.close();
  }
}

async function isProcessAlive(path: string): Promise<boolean> {
  const [first = ""] = (await readJournal(path)).split("\n", 1);
  const event = parseJson(first);
  if (!isRecord(event) || !isRecord(event["process"])) return false;
  const { pid, startedAt, bootId } = event["process"];
  if (typeof pid !== "number") return false;
  const now = await identityOf(pid);
  return now !== undefined && now.startedAt === startedAt && now.bootId === bootId;
}

/** This process, as `run.started` names it. */
export async function thisProcess(): Promise<ProcessIdentity> {
  return (await identityOf(process.pid)) ?? { pid: process.pid, startedAt: "", bootId: "" };
}

/** A living process; undefined where there is none of that number. */
async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const [bootId, stat] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""),
  ]);
  // The second field is the program's name in brackets, and may hold anything.
  const startedAt = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  if (startedAt !== undefined) return { pid, startedAt, bootId: bootId.trim() };
  return bootId === "" && answersSignals(pid) ? { pid, startedAt: "", bootId: "" } : undefined;
}

/** For systems without /proc. */
function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return codeOf(cause) === "EPERM";
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function codeOf(cause: unknown): unknown {
  return isRecord(cause) ? cause["code"] : undefined;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
