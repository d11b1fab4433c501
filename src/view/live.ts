import { nothingYet, type RunState } from "../event/state.ts";
import { failureText } from "./failure.ts";
import { frame } from "./frame.ts";
import { painter, type Screen } from "./painter.ts";
import { draw, type Style } from "./style.ts";
import type { View } from "./view.ts";

/** The view for a terminal: hosts as lines that are redrawn in place, failures above them. */
export interface LiveView extends View {
  /** Takes the lines away, and holds them while a question has the terminal. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** What a live view needs beside a screen. */
export interface LiveOptions {
  readonly style: Style;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Redraws at most ten times a second. */
const milliseconds = 100;

/** A live view on this screen. On closing it takes its lines away; what it said above them stays. */
export function liveView(screen: Screen, { style, now }: LiveOptions): LiveView {
  const { paint, say, clear } = painter(screen);
  let state: RunState = nothingYet;
  let paintedAt = -Infinity;
  let held = false;
  let closed = false;
  let waiting: string[] = [];

  const styleNow = (): Style => ({ ...style, width: screen.columns });

  function tell(lines: readonly string[]): void {
    // Nothing moves under a person's hands while they type an answer.
    if (held) waiting.push(...lines);
    else say(lines);
  }

  function redraw(at: number): void {
    if (held || closed || state.started === null || at - paintedAt < milliseconds) return;
    paintedAt = at;
    paint(frame(state, { ...styleNow(), rows: screen.rows, now: at }));
  }

  return {
    tell(event, next) {
      state = next;
      if (closed) return;
      if (event.kind === "lane.finished" && event.problem) {
        tell([...failureText(state, event.host, styleNow()), ""]);
      }
      if (event.kind === "warning.given") {
        const host = event.host === null ? "" : `${event.host}  `;
        tell([draw([{ text: "⚠", tone: "warn" }, ` ${host}${event.message}`], styleNow())]);
      }
      redraw(now());
    },
    tick: redraw,
    pause() {
      held = true;
      clear();
    },
    resume() {
      held = false;
      if (waiting.length > 0) say(waiting);
      waiting = [];
      paintedAt = -Infinity;
      redraw(now());
    },
    close() {
      if (closed) return;
      closed = true;
      if (!held) clear();
    },
  };
}
