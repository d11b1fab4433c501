import type { Event, StepResult } from "../event/event.ts";
import { hostOfStep, type LaneState, nothingYet, type RunState } from "../event/state.ts";
import { bytesText } from "../lib/bytes.ts";
import type { ProblemReport } from "../lib/problem.ts";
import { clean } from "../lib/width.ts";
import { offsetHere, timeOfDay } from "./clock.ts";
import { revisionText } from "./frame.ts";
import { wordOfRun } from "./run-words.ts";
import type { View } from "./view.ts";

/** Where a plain view gets the time from. */
export interface PlainOptions {
  readonly now: () => number;
  /** Of its clock, against UTC; as the clock here, unless given. */
  readonly offsetMinutes?: number;
  /** Only what went wrong, warnings and the heartbeat: for verbs whose answer says all the rest. */
  readonly onlyTrouble?: boolean;
}

const heartbeatMilliseconds = 30_000;

/**
 * For logs, pipes and CI: `TIME HOST PHASE WORD …`, one fact a line; `grep FAILED` finds all that
 * failed. Says every half minute that it still waits, and for what.
 */
export function plainView(write: (text: string) => void, options: PlainOptions): View {
  let state: RunState = nothingYet;
  let spokeAt = options.now();

  function say(at: number, facts: readonly string[]): void {
    if (facts.length === 0) return;
    const time = timeOfDay(at, options.offsetMinutes ?? offsetHere(at));
    write(facts.map((fact) => `${time} ${clean(fact)}\n`).join(""));
    spokeAt = at;
  }

  return {
    tell(event, next) {
      state = next;
      say(event.at, options.onlyTrouble ? troubleOf(event, state) : factsOf(event, state));
    },
    tick(now) {
      if (now - spokeAt < heartbeatMilliseconds || state.outcome !== null) return;
      say(now, stillGoing(state, now));
    },
    close() {},
  };
}

/** What an event says in plain words: no line, one, or several. */
export function factsOf(event: Event, state: RunState): string[] {
  switch (event.kind) {
    case "run.started":
      return [startOf(event, state)];
    case "plan.made":
      return [`all plan ${event.plan.title}`];
    case "step.printed":
      return [`${phaseOf(event.step)} | ${event.line}`];
    case "step.finished":
      return [
        `${phaseOf(event.step)} done${resultOf(event.result)} ${secondsOf(event.step, state)}`,
      ];
    case "step.failed":
      return failureOf(phaseOf(event.step), event.problem);
    case "build.finished":
      return [buildOf(event, state)];
    case "warning.given":
      return [`${event.host ?? "all"} warning ${event.message}`];
    case "lane.finished":
      return endOf(event, state);
    case "run.interrupted":
      return [`${wordOfRun(state)} interrupted signal=${event.signal} times=${event.times}`];
    case "run.finished":
      return [`${wordOfRun(state)} finished${countsOf(state)} exit=${event.exit}`];
    case "wave.started":
    case "host.seen":
    case "step.started":
    case "step.progressed":
    case "step.skipped":
    case "build.started":
    case "build.reached":
      return [];
  }
}

/** Of what an event says, that which is no good news. What was asked to be printed is printed. */
function troubleOf(event: Event, state: RunState): string[] {
  switch (event.kind) {
    case "step.printed":
    case "step.failed":
    case "warning.given":
    case "run.interrupted":
      return factsOf(event, state);
    case "build.finished":
      return event.outcome === "failed" ? factsOf(event, state) : [];
    case "lane.finished":
      return untold(event, state);
    default:
      return [];
  }
}

function startOf(event: Event & { readonly kind: "run.started" }, state: RunState): string {
  const { revision, dirty, hosts, by, title } = event;
  const rev = revision ? ` rev=${revisionText(revision, dirty)}` : "";
  return `${wordOfRun(state)} started${rev} hosts=${hosts.length} by=${by} ${title}`;
}

/** `nas.home.arpa.copy` → `nas.home.arpa copy`. */
function phaseOf(step: string): string {
  const host = hostOfStep(step);
  return `${host} ${step.slice(host.length + 1)}`;
}

function resultOf(result: StepResult | undefined): string {
  const { paths, bytes, generation, failedUnits = [] } = result ?? {};
  return [
    ...(paths === undefined ? [] : [` ${paths} paths`]),
    ...(bytes === undefined ? [] : [` ${bytesText(bytes).replace(" ", "")}`]),
    ...(generation === undefined ? [] : [` generation=${generation}`]),
    ...(failedUnits.length === 0 ? [] : [` failed-units=${failedUnits.join(",")}`]),
  ].join("");
}

function secondsOf(id: string, { lanes }: RunState): string {
  const step = lanes.get(hostOfStep(id))?.steps.find((each) => each.id === id);
  const milliseconds = (step?.endedAt ?? 0) - (step?.startedAt ?? step?.endedAt ?? 0);
  return `${(milliseconds / 1000).toFixed(1)}s`;
}

function failureOf(phase: string, problem: ProblemReport): string[] {
  return [
    `${phase} FAILED ${problem.message} code=${problem.code}`,
    ...(problem.evidence ?? []).map((line) => `${phase} | ${line}`),
    ...(problem.hint ? [`${phase} next ${problem.hint}`] : []),
  ];
}

function buildOf(event: Event & { readonly kind: "build.finished" }, { builds }: RunState): string {
  const build = builds.get(event.derivation);
  const name = build?.name ?? event.derivation;
  const seconds = build
    ? ` ${((event.at - build.startedAt) / 1000).toFixed(1)}s on=${build.on}`
    : "";
  const word = event.outcome === "failed" ? "FAILED" : "done";
  return `all build ${word} ${name}${seconds} ${doneOf(builds)}`;
}

function doneOf(builds: RunState["builds"]): string {
  const ended = [...builds.values()].filter(({ endedAt }) => endedAt !== null);
  return `${ended.length}/${builds.size}`;
}

type LaneEnd = Event & { readonly kind: "lane.finished" };

/** The problem was told when its step failed; one that no step had is told at the end. */
function untold({ host, problem }: LaneEnd, { lanes }: RunState): string[] {
  const told = lanes.get(host)?.steps.some((step) => step.problem?.message === problem?.message);
  return problem && !told ? failureOf(`${host} end`, problem) : [];
}

function endOf(event: LaneEnd, state: RunState): string[] {
  const { host, outcome, generation, because, problem } = event;
  const said = generation === null ? "" : ` generation=${generation}`;
  if (outcome === "unchanged" || (outcome === "done" && !problem)) {
    return [`${host} end ${outcome}${said}`];
  }
  if (outcome === "done" && problem) {
    return [`${host} end done${said}`, ...failureOf(`${host} end`, problem)];
  }
  const why = because ?? problem?.message ?? "";
  if (outcome === "skipped" && !problem) return [`${host} end skipped ${why}`];
  return [...untold(event, state), `${host} end FAILED ${outcome}${said} ${why}`];
}

function countsOf({ lanes }: RunState): string {
  const counts = new Map<string, number>();
  for (const { outcome } of lanes.values()) {
    const word = outcome ?? "unfinished";
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => ` ${word}=${count}`).join("");
}

/** What is waited for: the build that runs longest, and each host's step. */
function stillGoing({ lanes, builds }: RunState, now: number): string[] {
  const since = (at: number | null): string => `${Math.round((now - (at ?? now)) / 1000)}s`;
  const longest = [...builds.values()].find(({ endedAt }) => endedAt === null);
  const build = longest && [
    `all build still ${longest.name} (${since(longest.startedAt)}${longest.phase ? `, ${longest.phase}` : ""}) ${doneOf(builds)}`,
  ];
  const steps = [...lanes.values()].flatMap((lane) => stepsOf(lane, longest !== undefined));
  return [
    ...(build ?? []),
    ...steps.map(({ id, startedAt, heardAt, note }) => {
      const silent = now - (heardAt ?? now) >= heartbeatMilliseconds;
      const word = silent ? `nothing heard for ${since(heardAt)}` : (note ?? "");
      return `${phaseOf(id)} still ${word}${word ? " " : ""}(${since(startedAt)})`;
    }),
  ];
}

function stepsOf({ steps }: LaneState, buildTold: boolean): LaneState["steps"] {
  return steps.filter(
    ({ status, kind }) => status === "running" && !(buildTold && kind === "build"),
  );
}
