import { parseJson } from "../lib/json.ts";
import type { Event, Happening } from "./event.ts";

/** One event as one line of a journal: JSON, with its line end, and harmless for a terminal. */
export function encodeLine(event: Event): string {
  return `${JSON.stringify(event).replace(/[\u007f-\u009f\u2028\u2029]/g, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Events that are only told, never kept: by far most of what happens, and of no use afterwards. */
export function isKept({ kind }: Happening): boolean {
  return kind !== "step.progressed";
}

/**
 * Lines that must be on the disk before their effect begins. After a power cut the journal then
 * names every host that may have been touched.
 */
export function declaresIntent(happening: Happening): boolean {
  if (happening.kind === "plan.made") return true;
  if (happening.kind !== "step.started") return false;
  return /\.(?:arm|activate|confirm|commit|reboot|collect)$/.test(happening.step);
}

/**
 * The events of a journal, in order. A line that a crash or a full disk has torn is dropped: it
 * ends before its last brace. Lines of kinds we do not know, from a newer flurry, are skipped.
 */
export function decodeLines(text: string): Event[] {
  return text.split("\n").flatMap((line) => {
    const event = decodeLine(line);
    return event === undefined ? [] : [event];
  });
}

/** One line of a journal; undefined for what is no event that we know. */
export function decodeLine(line: string): Event | undefined {
  const value = parseJson(line);
  return isEvent(value) ? value : undefined;
}

function isEvent(value: unknown): value is Event {
  if (!isRecord(value)) return false;
  const { v, run, at, kind } = value;
  if (v !== 1 || typeof run !== "string" || typeof at !== "number") return false;
  const needed = typeof kind === "string" ? neededOf.get(kind) : undefined;
  return needed !== undefined && Object.entries(needed).every(([key, is]) => is(value[key]));
}

type Test = (value: unknown) => boolean;

const text: Test = (value) => typeof value === "string";
const number: Test = (value) => typeof value === "number";
const list: Test = (value) => Array.isArray(value);
const record: Test = isRecord;
const words: Test = (value) => value === undefined || listOf(value, text);
const plan: Test = (value) => isRecord(value) && listOf(value["waves"], isWave);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function listOf(value: unknown, is: Test): boolean {
  return Array.isArray(value) && value.every(is);
}

function isWave(value: unknown): boolean {
  return isRecord(value) && listOf(value["lanes"], isLane);
}

function isLane(value: unknown): boolean {
  return isRecord(value) && text(value["host"]) && listOf(value["steps"], isStep);
}

function isStep(value: unknown): boolean {
  return isRecord(value) && text(value["id"]) && text(value["kind"]);
}

/** What each kind must have to be understood. Further fields may come, and are let through. */
const needs: Readonly<Record<Happening["kind"], Readonly<Record<string, Test>>>> = {
  "run.started": {
    by: text,
    goal: text,
    title: text,
    hosts: list,
    process: record,
    command: words,
  },
  "plan.made": { plan },
  "wave.started": { wave: text },
  "host.seen": { host: text, seen: record },
  "step.started": { step: text },
  "step.printed": { step: text, line: text },
  "step.progressed": { step: text, done: number, expected: number, unit: text },
  "step.finished": { step: text },
  "step.failed": { step: text, problem: record },
  "step.skipped": { step: text, because: text },
  "build.started": { derivation: text, name: text, on: text },
  "build.reached": { derivation: text, phase: text },
  "build.finished": { derivation: text, outcome: text },
  "warning.given": { message: text },
  "lane.finished": { host: text, outcome: text },
  "run.interrupted": { signal: text, times: number },
  "run.finished": { outcome: text, exit: number },
};

const neededOf: ReadonlyMap<string, Readonly<Record<string, Test>>> = new Map(
  Object.entries(needs),
);
