import { decodeLogLine, isRecord, type LogLine } from "./log-line.ts";
import { positionsOf, readError } from "./parse-error.ts";
import { storeName } from "./store-name.ts";

/** One derivation, as far as the log told of it. */
export interface Build {
  readonly derivation: string;
  /** `linux-6.12.11`. */
  readonly name: string;
  /** The builder's address; null: this machine. */
  readonly host: string | null;
  /**
   * `stopped` says nothing about success. At the end each is `built`, `failed` (with a reason),
   * `blocked` (something it needs failed), `aborted` or `unverified` (nobody asked the store).
   */
  readonly status: BuildStatus;
  readonly phase: string | null;
  readonly reason: string | null;
  /** Nix's own words on the failure, without colours: for a wrong hash they say the right one. */
  readonly words: string | null;
  /** How many lines it printed, and the last of them. */
  readonly lines: number;
  readonly tail: readonly string[];
}

export type BuildStatus =
  | "planned"
  | "running"
  | "stopped"
  | "built"
  | "failed"
  | "blocked"
  | "aborted"
  | "unverified";

/** A path on its way from one store to another. */
export interface Copy {
  readonly path: string;
  readonly from: string;
  readonly to: string;
  readonly done: number;
  readonly size: number;
  readonly status: "running" | "done";
}

/** An error that is not about one build. */
export interface NixError {
  readonly text: string;
  /** The innermost message, without how Nix came there. */
  readonly innermost: string;
  /** `FILE:LINE:COLUMN`, outermost first. */
  readonly positions: readonly string[];
}

/** Told while the log is read. */
export interface LogListener {
  /** Any line, after it was taken in. */
  readonly heard?: () => void;
  readonly started?: (build: Build) => void;
  readonly reached?: (build: Build) => void;
  /** It failed, or it stopped and nothing bad was heard of it at once. */
  readonly settled?: (build: Build) => void;
  /** A line of a build, or one that is not of the log (`build` is null). */
  readonly printed?: (line: string, build: Build | null) => void;
  readonly warned?: (warning: string) => void;
}

/** How much is done of how much. */
export interface Progress {
  readonly done: number;
  readonly expected: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type OpenBuild = Mutable<Build> & { tail: string[] };

interface Activity {
  readonly type: number;
  readonly text: string;
  /** Counts as last written, not yet parsed. */
  counts: string;
  readonly build: OpenBuild | null;
  readonly copy: Mutable<Copy> | null;
}

type Start = LogLine & { readonly kind: "start" };
type Result = LogLine & { readonly kind: "result" };

/** Activities and results, by the numbers they have in the log (Nix's `logging.hh`). */
const copyPath = 100;
const fileTransfer = 101;
const copyPaths = 103;
const buildActivity = 105;
const buildWaiting = 111;
const buildLogLine = 101;
const setPhase = 104;
const progressResult = 105;
const setExpected = 106;
const postBuildLogLine = 107;
const buildResult = 110;
const knownActivities = new Set([
  0, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113,
]);
const quietResults = new Set([100, 102, 103, 108, 109]);

/** "Here", in the words of different versions. */
const here = new Set(["", "local", "local://", "unix", "unix://", "daemon"]);
const units: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};
/** Limits, so that a log without end cannot fill the memory. */
const tailLines = 50;
const mostPlainLines = 200;
const mostErrors = 100;

/**
 * Follows Nix's internal-json log, from 2.8 to 2.36 and its relatives, one line at a time. Counts
 * what it does not know, and never throws. It is a view of what goes on: the truth is the exit code
 * and the store, so `finish` settles what the log leaves open.
 */
export class NixLog {
  readonly #builds = new Map<string, OpenBuild>();
  readonly #copies: Mutable<Copy>[] = [];
  readonly #fetches: string[] = [];
  readonly #errors: NixError[] = [];
  readonly #warnings = new Set<string>();
  readonly #plain: string[] = [];
  readonly #unknown = new Map<string, number>();
  readonly #activities = new Map<string, Activity>();
  readonly #listener: LogListener;
  /** Builds that stopped with the last line: the error of a failure may come right behind. */
  #justStopped: OpenBuild[] = [];
  /** Which list of the plan the indented lines belong to. */
  #list: "builds" | "fetches" | null = null;
  #timeouts: string[] = [];
  #evaluating: string | null = null;
  #waiting: string | null = null;
  #interrupted = false;
  #download = 0;
  #unpack = 0;
  #announced = 0;
  readonly #expected = new Map<number, number>();
  readonly #transferred = new Map<number, number>();

  constructor(listener: LogListener = {}) {
    this.#listener = listener;
  }

  /** By derivation. */
  get builds(): ReadonlyMap<string, Build> {
    return this.#builds;
  }
  get copies(): readonly Copy[] {
    this.#settleCopies();
    return this.#copies;
  }
  /** Store paths that are to be fetched from caches. */
  get fetches(): readonly string[] {
    return this.#fetches;
  }
  get errors(): readonly NixError[] {
    return this.#errors;
  }
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }
  /** Lines that are not of the log, the first 200. */
  get plain(): readonly string[] {
    return this.#plain;
  }
  /** What was not understood, and how often. */
  get unknown(): ReadonlyMap<string, number> {
    return this.#unknown;
  }
  /** The attribute being evaluated, where Nix says so (from 2.26). */
  get evaluating(): string | null {
    return this.#evaluating;
  }
  /** `waiting for lock on …`: another process builds the same. */
  get waiting(): string | null {
    return this.#waiting;
  }
  get interrupted(): boolean {
    return this.#interrupted;
  }
  /** Bytes that the plan says will be downloaded, and what they take unpacked. */
  get planned(): { readonly download: number; readonly unpack: number } {
    return { download: this.#download, unpack: this.#unpack };
  }

  /** Bytes of files fetched so far; expected grows as Nix learns. */
  get downloaded(): Progress {
    return this.#progressOf(fileTransfer);
  }
  /** Bytes copied between stores so far. Nix 2.8 does not tell of copies to a host. */
  get copied(): Progress {
    return this.#progressOf(copyPath);
  }

  /** Paths copied between stores so far, of those that were announced. */
  get copiedPaths(): Progress {
    const done = this.#copies.filter(({ status }) => status === "done").length;
    return { done, expected: Math.max(this.#copies.length, this.#announced) };
  }

  /** Takes one line, without its end. */
  line(raw: string): void {
    const line = decodeLogLine(raw);
    if (line.kind === "progress") this.#count(line.id, line.counts);
    else {
      const stopped = this.#justStopped;
      this.#justStopped = [];
      this.#take(line);
      for (const build of stopped) {
        if (build.status === "stopped") this.#listener.settled?.(build);
      }
    }
    this.#listener.heard?.();
  }

  /**
   * After the end of the process. `isValid` says what the store answered for a derivation's outputs;
   * null: it was not asked. A stop alone proves nothing once anything has failed.
   */
  finish(exit: number, isValid: (derivation: string) => boolean | null = () => null): this {
    for (const build of this.#builds.values()) {
      if (build.status === "running") build.status = "aborted";
      const open = build.status === "stopped" || (build.status === "planned" && exit === 0);
      if (open) build.status = this.#ended(exit === 0 ? true : isValid(build.derivation));
    }
    this.#settleTimeouts();
    return this;
  }

  #ended(valid: boolean | null): BuildStatus {
    if (valid === true) return "built";
    if (this.#interrupted) return "aborted";
    return valid === null ? "unverified" : "failed";
  }

  /** A timeout without a name is of the one build that has neither result nor reason. */
  #settleTimeouts(): void {
    const open = [...this.#builds.values()].filter(
      ({ status, reason }) => status === "unverified" || (status === "failed" && reason === null),
    );
    for (const reason of this.#timeouts) {
      const [only] = open;
      if (only && open.length === 1) Object.assign(only, { status: "failed", reason });
      else this.#addError(`error: ${reason}`, reason);
    }
  }

  #take(line: Exclude<LogLine, { readonly kind: "progress" }>): void {
    switch (line.kind) {
      case "start":
        return this.#start(line);
      case "stop":
        return this.#stop(line.id);
      case "result":
        return this.#result(line);
      case "message":
        return this.#message(line.level, line.text, line.innermost);
      case "plain":
        if (line.text !== "") this.#print(line.text);
        return;
      case "odd":
        this.#odd(line.what);
        if (line.text !== null) this.#print(line.text);
        return;
    }
  }

  #start({ id, type, text, fields }: Start): void {
    if (!knownActivities.has(type)) this.#odd(`activity:${type}`);
    const build = type === buildActivity ? this.#startBuild(fields) : null;
    const copy = type === copyPath ? this.#startCopy(fields) : null;
    this.#activities.set(id, { type, text, counts: "", build, copy });
    if (type === buildWaiting) this.#waiting = text;
    if (type === copyPaths) this.#announced += Number(/^copying (\d+) paths/.exec(text)?.[1] ?? 0);
    if (text.startsWith(evaluatingWords)) this.#evaluating = text.slice(evaluatingWords.length);
  }

  /** Remote builds are announced twice; the second time 2.8 leaves the machine out. */
  #startBuild([derivation, machine]: readonly unknown[]): OpenBuild | null {
    if (typeof derivation !== "string" || derivation === "") return null;
    const build = this.#buildOf(derivation);
    const again = build.status === "running";
    const host = typeof machine === "string" && !here.has(machine) ? machine : null;
    if (host !== null || !again) build.host = host;
    build.status = "running";
    if (!again) this.#listener.started?.(build);
    return build;
  }

  #startCopy([path, from, to]: readonly unknown[]): Mutable<Copy> {
    const copy: Mutable<Copy> = {
      path: wordOf(path),
      from: wordOf(from),
      to: wordOf(to),
      done: 0,
      size: 0,
      status: "running",
    };
    this.#copies.push(copy);
    return copy;
  }

  #stop(id: string): void {
    const activity = this.#activities.get(id);
    if (!activity) return;
    this.#activities.delete(id);
    this.#settle(activity);
    const { type, text, build, copy } = activity;
    if (build?.status === "running") {
      build.status = "stopped";
      this.#justStopped.push(build);
    }
    if (copy) copy.status = "done";
    if (type === buildWaiting) this.#waiting = null;
    if (text.startsWith(evaluatingWords)) this.#evaluating = null;
  }

  #result({ id, type, fields, payload }: Result): void {
    if (type === buildResult && isRecord(payload)) return this.#buildResult(payload);
    if (!fields) return this.#odd(`result:${type}:no-fields`);
    const [first, second] = fields;
    const build = this.#activities.get(id)?.build ?? null;
    switch (type) {
      case buildLogLine:
      case postBuildLogLine:
        return this.#buildLine(String(first), build);
      case setPhase:
        if (!build) return;
        build.phase = String(first);
        this.#listener.reached?.(build);
        return;
      case progressResult:
        return this.#count(id, fields.join(","));
      case setExpected:
        if (typeof first === "number") this.#expected.set(first, clamped(second));
        return;
      default:
        if (!quietResults.has(type)) this.#odd(`result:${type}`);
    }
  }

  /** Determinate Nix says how a build ended, by the derivation's base name. */
  #buildResult({ path, status }: Readonly<Record<string, unknown>>): void {
    const name = isRecord(path) && typeof path["drvPath"] === "string" ? path["drvPath"] : null;
    if (name === null || typeof status !== "string") return;
    for (const build of this.#builds.values()) {
      if (!build.derivation.endsWith(name)) continue;
      if (/^(?:Built|Substituted|AlreadyValid|ResolvesToAlreadyValid)$/.test(status)) {
        build.status = "built";
      } else this.#fail(build, "failed", status, null);
    }
  }

  #buildLine(line: string, build: OpenBuild | null): void {
    if (build) {
      build.lines += 1;
      build.tail.push(line);
      if (build.tail.length > tailLines) build.tail.shift();
    }
    this.#listener.printed?.(line, build);
  }

  #message(level: number, text: string, innermost: string): void {
    if (this.#planLine(text)) return;
    this.#list = null;
    if (level === 0 && text.startsWith("error:")) this.#error(text, innermost);
    else if (level <= 1 && !text.startsWith("(use '--show-trace'")) {
      this.#warn(text.replace(/^(?:evaluation )?(?:warning|trace): */, ""));
    }
  }

  /** The plan: a line that heads a list, then one indented line a path. */
  #planLine(text: string): boolean {
    if (/^(?:this derivation|these \d+ derivations) will be built:/.test(text)) {
      this.#list = "builds";
      return true;
    }
    const fetched = fetchHead.exec(text);
    if (fetched) {
      this.#list = "fetches";
      this.#download = bytesOf(fetched[1], fetched[2]);
      this.#unpack = bytesOf(fetched[3], fetched[4]);
      return true;
    }
    const path = this.#list && /^ {2}(\/\S*\/[0-9a-z]{32}-\S+)$/.exec(text)?.[1];
    if (!path) return false;
    if (this.#list === "builds") this.#buildOf(path);
    else this.#fetches.push(path);
    return true;
  }

  #error(text: string, innermost: string): void {
    const reading = readError(text);
    switch (reading.kind) {
      case "build":
        return this.#fail(this.#buildOf(reading.derivation), reading.status, reading.reason, text);
      case "timeout":
        this.#timeouts.push(reading.reason);
        return;
      case "interrupted":
        this.#interrupted = true;
        return;
      case "summary":
        return;
      case "other":
        // Nix says an error when it happens, and again at the end.
        if (!this.#errors.some((error) => error.text === text)) this.#addError(text, innermost);
    }
  }

  #fail(
    build: OpenBuild,
    status: "failed" | "blocked",
    reason: string,
    words: string | null,
  ): void {
    if (build.status === "failed") return;
    Object.assign(build, { status, reason, words });
    this.#listener.settled?.(build);
  }

  #buildOf(derivation: string): OpenBuild {
    const known = this.#builds.get(derivation);
    if (known) return known;
    const build: OpenBuild = {
      derivation,
      name: storeName(derivation).replace(/\.drv$/, ""),
      host: null,
      status: "planned",
      phase: null,
      reason: null,
      words: null,
      lines: 0,
      tail: [],
    };
    this.#builds.set(derivation, build);
    return build;
  }

  #addError(text: string, innermost: string): void {
    if (this.#errors.length >= mostErrors) return;
    this.#errors.push({ text, innermost, positions: positionsOf(text) });
  }

  #warn(warning: string): void {
    if (this.#warnings.has(warning) || this.#warnings.size >= mostErrors) return;
    this.#warnings.add(warning);
    this.#listener.warned?.(warning);
  }

  #print(text: string): void {
    if (this.#plain.length < mostPlainLines) this.#plain.push(text);
    this.#listener.printed?.(text, null);
  }

  #odd(what: string): void {
    this.#unknown.set(what, (this.#unknown.get(what) ?? 0) + 1);
  }

  /** Only kept: what is shown ten times a second need not be parsed a hundred thousand times. */
  #count(id: string, counts: string): void {
    const activity = this.#activities.get(id);
    if (activity) activity.counts = counts;
  }

  #settleCopies(): void {
    for (const activity of this.#activities.values()) readCopy(activity);
  }

  /** An activity that ends leaves what it moved behind. */
  #settle(activity: Activity): void {
    readCopy(activity);
    const { done } = countsOf(activity.counts);
    const sum = (this.#transferred.get(activity.type) ?? 0) + done;
    this.#transferred.set(activity.type, sum);
  }

  #progressOf(type: number): Progress {
    let done = this.#transferred.get(type) ?? 0;
    for (const activity of this.#activities.values()) {
      if (activity.type === type) done += countsOf(activity.counts).done;
    }
    return { done, expected: Math.max(done, this.#expected.get(type) ?? 0) };
  }
}

const evaluatingWords = "evaluating derivation ";
const fetchHead =
  /^(?:this path|these \d+ paths) will be fetched(?: \(([\d.]+) (\w+) download, ([\d.]+) (\w+) unpacked\))?/;

function wordOf(field: unknown): string {
  return typeof field === "string" ? field : "";
}

function readCopy({ copy, counts }: Activity): void {
  if (!copy || counts === "") return;
  const { done, expected } = countsOf(counts);
  copy.done = done;
  copy.size = expected;
}

function countsOf(counts: string): Progress {
  const [done = "", expected = ""] = counts.split(",");
  return { done: clamped(Number(done)), expected: clamped(Number(expected)) };
}

/** 2⁶³ stands for "unknown" in some versions. */
function clamped(value: unknown): number {
  return typeof value === "number" && value < 2 ** 62 ? value : 0;
}

function bytesOf(number: string | undefined, unit: string | undefined): number {
  return Math.round(Number(number ?? 0) * (units[unit ?? "B"] ?? 1));
}
