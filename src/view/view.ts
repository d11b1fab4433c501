import type { Event } from "../event/event.ts";
import type { RunState } from "../event/state.ts";

/** Someone looking on at a run. It can neither hold nor drop nor reorder what happens. */
export interface View {
  /** What happened, and what has become of the run by that. */
  readonly tell: (event: Event, state: RunState) => void;
  /** Time passes. To be called about ten times a second; milliseconds since 1970. */
  readonly tick: (now: number) => void;
  /** Nothing more will happen: leave the screen as it should stay. May be called twice. */
  readonly close: () => void;
}

/** Several views as one. */
export function views(...all: readonly View[]): View {
  return {
    tell: (event, state) => {
      for (const view of all) view.tell(event, state);
    },
    tick: (now) => {
      for (const view of all) view.tick(now);
    },
    close: () => {
      for (const view of all) view.close();
    },
  };
}
