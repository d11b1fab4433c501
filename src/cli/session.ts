import type { Event } from "../event/event.ts";
import { exitOf, outcomeOf, readingExitOf } from "../event/exit.ts";
import type { RunState } from "../event/state.ts";
import { type Timeline, timelineOf } from "../event/timeline.ts";
import type { SeenHost } from "../fleet/seen.ts";
import type { Source } from "../fleet/fleet.ts";
import { type Control, makeControl } from "../run/control.ts";
import type { Ends } from "../run/ends.ts";
import type { Errand } from "../run/errand.ts";
import { jsonlView } from "../view/jsonl.ts";
import { liveView } from "../view/live.ts";
import { plainView } from "../view/plain.ts";
import type { View } from "../view/view.ts";
import { type Journal, openJournal, runsFolder, thisProcess } from "../world/journal.ts";
import { whoami } from "../world/whoami.ts";
import type { Call } from "./command.ts";
import { version } from "./version.ts";

/** One run from the command line: its journal, its views, its signals. */
export interface Session {
  readonly errand: Errand;
  readonly state: () => RunState;
  /** Holds redraws while a question is asked. */
  readonly asking: <T>(ask: () => Promise<T>) => Promise<T>;
  /** Says how the run ended, and gives the exit code. */
  readonly finish: (ends: Ends) => number;
  /** Ends views and journal; always to be called. */
  readonly close: () => void;
}

/** What a run is about. */
export interface SessionWish {
  /** The verb: `switch`, `rollback`, `plan`, … */
  readonly goal: string;
  readonly title: string;
  readonly hosts: readonly string[];
  readonly source: Source | null;
  readonly reason: string;
  /** Kept in the history: everything that may change a host. */
  readonly kept: boolean;
}

const idLetters = 6;
const tickSeconds = 0.1;

/** Begins a run: from here on everything is told as events. */
export async function openSession(call: Call, wish: SessionWish): Promise<Session> {
  const { context } = call;
  const { world } = context;
  const run = world.random(idLetters);
  const journal = wish.kept ? await openJournal(runsFolder(context.env), run, world.now()) : null;
  const view = viewOf(call, wish);
  const control = makeControl();
  const timeline = timelineFor(run, call, journal, view);
  const stopListening = listen(call, control, timeline);
  const over = new AbortController();
  void keepTicking(call, view, over.signal);

  timeline.emit({
    kind: "run.started",
    by: whoami(),
    flurry: version,
    goal: wish.goal,
    title: wish.title,
    hosts: wish.hosts,
    source: wish.source?.reference ?? null,
    revision: wish.source?.revision ?? null,
    dirty: wish.source?.dirty ?? false,
    reason: wish.reason,
    command: call.typed,
    kept: wish.kept,
    process: await thisProcess(),
  });
  const errand: Errand = {
    run,
    owner: whoami(),
    reason: wish.reason,
    world,
    emit: timeline.emit,
    control,
  };
  return {
    errand,
    state: timeline.state,
    asking: async (ask) => {
      view.pause();
      try {
        return await ask();
      } finally {
        view.resume();
      }
    },
    finish: (ends) => {
      const exitFor = wish.kept ? exitOf : readingExitOf;
      const exit = exitFor([...ends.values()], control.signal());
      timeline.emit({ kind: "run.finished", outcome: outcomeOf(exit), exit });
      return exit;
    },
    close: () => {
      if (over.signal.aborted) return;
      over.abort();
      stopListening();
      view.close();
      journal?.close();
    },
  };
}

/** What a host was last seen to be in this session; null as long as it has not answered. */
export function seenIn(session: Session): (host: string) => SeenHost | null {
  return (host) => {
    const seen = session.state().lanes.get(host)?.seen;
    return seen?.answers ? seen : null;
  };
}

type Shown = View & { readonly pause: () => void; readonly resume: () => void };

function timelineFor(run: string, call: Call, journal: Journal | null, view: View): Timeline {
  const listeners = [(event: Event, state: RunState): void => view.tell(event, state)];
  return timelineOf({
    run,
    now: call.context.world.now,
    listeners,
    ...(journal && { keep: journal.append }),
  });
}

/** Verbs whose answer says all that went well. */
const readers: ReadonlySet<string> = new Set(["plan", "diff", "build"]);

/** Events on stdout, redrawn lines on a terminal, or a line a fact; `-q` says nothing of it. */
function viewOf({ context }: Call, { goal }: SessionWish): Shown {
  const { output, stdout, stderr, world } = context;
  const still = { pause: () => {}, resume: () => {} };
  if (output.format === "jsonl") return { ...jsonlView(stdout), ...still };
  if (output.verbosity < 0) return { tell: () => {}, tick: () => {}, close: () => {}, ...still };
  if (!output.live) {
    const onlyTrouble = readers.has(goal) && output.verbosity < 1;
    return { ...plainView(stderr, { now: world.now, onlyTrouble }), ...still };
  }
  const screen = {
    write: stderr,
    get rows() {
      return context.rows();
    },
    get columns() {
      return context.progressStyle().width;
    },
  };
  return liveView(screen, { style: context.progressStyle(), now: world.now });
}

function listen({ context }: Call, control: Control, { emit }: Timeline): () => void {
  return context.onSignal((signal) => {
    emit({ kind: "run.interrupted", signal, times: control.interrupt(signal) });
  });
}

async function keepTicking({ context }: Call, view: View, over: AbortSignal): Promise<void> {
  const { world } = context;
  while (!over.aborted) {
    view.tick(world.now());
    await world.sleep(tickSeconds, over);
  }
}
