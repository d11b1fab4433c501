import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "../src/event/event.ts";
import { runDocument } from "../src/event/run-document.ts";
import { nothingYet, reduce, type RunState } from "../src/event/state.ts";
import { widthOf } from "../src/lib/width.ts";
import { FakeScreen } from "../src/testing/screen.ts";
import { failuresText, failureText, problemText } from "../src/view/failure.ts";
import { frame } from "../src/view/frame.ts";
import { logText, runText, timingText } from "../src/view/history-text.ts";
import { jsonlView } from "../src/view/jsonl.ts";
import { wordsOf } from "../src/view/lane-words.ts";
import { liveView } from "../src/view/live.ts";
import { painter } from "../src/view/painter.ts";
import { plainView } from "../src/view/plain.ts";
import type { Style } from "../src/view/style.ts";
import { summaryText } from "../src/view/summary.ts";
import { type View, views } from "../src/view/view.ts";
import { anyEvents, eventsOf, finished, foreignText, morning, stateOf } from "./stories.ts";

const style: Style = { width: 100, ascii: false, colour: false };

function shown(lines: readonly string[]): string {
  return `\n${lines.join("\n")}\n`;
}

/** Tells a view a story, and ticks as time goes by. */
function tellAll(view: View, events: readonly Event[]): RunState {
  let state = nothingYet;
  for (const event of events) {
    state = reduce(state, event);
    view.tell(event, state);
    view.tick(event.at);
  }
  view.close();
  return state;
}

function plainLog(events: readonly Event[], offsetMinutes = 0): string {
  let log = "";
  const view = plainView((text) => (log += text), { now: () => morning, offsetMinutes });
  tellAll(view, events);
  return log;
}

function isCommand(line: string): boolean {
  return /^( {2}Next {3}|(Again|Log|Follow|Reboot|Look) {2}flurry )/.test(line);
}

test("a run in a CI log", () => {
  expect(shown(plainLog(eventsOf(finished)).split("\n"))).toMatchInlineSnapshot(`
    "
    12:04:01 run 7f3kq2 started rev=3f9c1e2 hosts=5 by=ada@fern switch 5 hosts
    12:04:01 all plan prepare 5 hosts
    12:04:02 pi4 look done 1.0s
    12:04:02 nas look done 1.0s
    12:04:02 gateway look done 1.0s
    12:04:02 compute look done 1.0s
    12:04:02 offsite look done 1.0s
    12:04:22 pi4 evaluate done 21.4s
    12:04:22 nas evaluate done 21.4s
    12:04:22 gateway evaluate done 21.4s
    12:04:22 compute evaluate done 21.4s
    12:04:22 offsite evaluate done 21.4s
    12:04:23 pi4 build done 0.4s
    12:04:23 pi4 end unchanged generation=40
    12:05:11 all build still linux-6.12.11 (47s, buildPhase) 0/2
    12:05:21 nas build done 58.0s
    12:05:21 gateway build done 58.0s
    12:05:21 compute build done 58.0s
    12:05:41 all plan switch 3 of 5 hosts
    12:05:51 gateway copy done 12 paths 50MiB 29.0s
    12:05:53 gateway arm done 0.6s
    12:05:56 gateway activate done 2.0s
    12:06:06 nas copy done 538 paths 1.1GiB 44.0s
    12:06:07 nas arm done 0.5s
    12:06:13 all build FAILED linux-6.12.11 109.0s on=fern 1/2
    12:06:13 offsite build FAILED linux-6.12.11 failed in buildPhase with exit code 2 code=build-failed
    12:06:13 offsite build | drivers/net/foo.c:118:9: error: implicit declaration of function 'bar'
    12:06:13 offsite build | make[2]: *** [drivers/net/foo.o] Error 1
    12:06:13 offsite build next nix log /nix/store/1111111111111111111111111111111a-linux-6.12.11.drv
    12:06:19 gateway commit done 1.0s
    12:06:18 gateway confirm done 21.0s
    12:06:19 gateway end done generation=65
    12:06:21 nas activate done 13.0s
    12:06:27 nas confirm done 6.0s
    12:06:28 nas commit done 1.0s
    12:06:28 nas end done generation=119
    12:06:29 compute copy done 538 paths 36.0s
    12:06:32 compute arm done 1.0s
    12:06:41 compute activate done 9.0s
    12:06:44 compute confirm done 3.0s
    12:06:45 compute commit done 1.0s
    12:06:46 compute end done generation=92
    12:06:46 compute end FAILED compute runs the new system, and restic-b2.service failed code=units-failed
    12:06:46 compute end next flurry logs compute -u restic-b2.service
    12:08:52 offsite end FAILED failed generation=33 build failed
    12:08:52 run 7f3kq2 finished unchanged=1 done=3 failed=1 exit=20

    "
  `);
});

test("of verbs that answer at the end, only trouble is told before it", () => {
  let log = "";
  const view = plainView((text) => (log += text), {
    now: () => morning,
    offsetMinutes: 0,
    onlyTrouble: true,
  });
  tellAll(view, eventsOf(finished));
  expect(shown(log.split("\n"))).toMatchInlineSnapshot(`
    "
    12:05:11 all build still linux-6.12.11 (47s, buildPhase) 0/2
    12:05:41 all build still linux-6.12.11 (77s, buildPhase) 0/2
    12:05:41 nas copy still (19s)
    12:05:41 gateway copy still (19s)
    12:06:11 all build still linux-6.12.11 (107s, buildPhase) 0/2
    12:06:11 nas activate still restarting postgresql.service (3s)
    12:06:11 gateway confirm still (14s)
    12:06:11 compute copy still (18s)
    12:06:13 all build FAILED linux-6.12.11 109.0s on=fern 1/2
    12:06:13 offsite build FAILED linux-6.12.11 failed in buildPhase with exit code 2 code=build-failed
    12:06:13 offsite build | drivers/net/foo.c:118:9: error: implicit declaration of function 'bar'
    12:06:13 offsite build | make[2]: *** [drivers/net/foo.o] Error 1
    12:06:13 offsite build next nix log /nix/store/1111111111111111111111111111111a-linux-6.12.11.drv
    12:06:44 all build still immich-web-1.142.0 (93s, checkPhase) 1/2
    12:06:46 compute end FAILED compute runs the new system, and restic-b2.service failed code=units-failed
    12:06:46 compute end next flurry logs compute -u restic-b2.service
    12:08:52 all build still immich-web-1.142.0 (221s, checkPhase) 1/2

    "
  `);
});

test("a run that is not kept has no id in a log", () => {
  const [start, ...rest] = eventsOf(finished);
  if (start?.kind !== "run.started") throw new Error("a story begins with its run");
  const log = plainLog([{ ...start, goal: "run follow", kept: false }, ...rest]);
  expect(log).toContain("12:04:01 run follow started rev=3f9c1e2 hosts=5");
  expect(log).toContain("run follow finished unchanged=1");
  expect(log).not.toContain("7f3kq2");
});

test("the summary is the last thing on the screen", () => {
  expect(shown(summaryText(stateOf(finished), style))).toMatchInlineSnapshot(`
    "
    run 7f3kq2  finished in 4 m 51 s    1 unchanged, 3 done, 1 failed
      =  pi4       40  unchanged
      ✔  nas      119  confirmed after 6.0 s   2 m 27 s
      ✔  gateway   65  confirmed after 22.0 s  2 m 18 s
      ⚠  compute   92  confirmed after 3.0 s   2 m 45 s  ⚠ runs the new system, and restic-b2.service f…
      ✖  offsite   33  build failed            4 m 51 s  still on generation 33: build failed

    Again  flurry switch offsite      Log  flurry history log 7f3kq2 offsite
    "
  `);
});

test.each([60, 80, 160])("the summary at %i columns", (width) => {
  expect(shown(summaryText(stateOf(finished), { ...style, width }))).toMatchSnapshot();
});

test("a failure says what, evidence, why, what next", () => {
  expect(shown(failureText(stateOf(finished), "offsite", style))).toMatchInlineSnapshot(`
    "
    ✖ offsite  linux-6.12.11 failed in buildPhase with exit code 2

      │ drivers/net/foo.c:118:9: error: implicit declaration of function 'bar'
      │ make[2]: *** [drivers/net/foo.o] Error 1
      └ all: flurry history log 7f3kq2 offsite

      Why    build failed
      Now    offsite still on generation 33
      Next   nix log /nix/store/1111111111111111111111111111111a-linux-6.12.11.drv
      code build-failed (flurry explain build-failed)    run 7f3kq2    exit 11
    "
  `);
});

test("a problem outside of a run has the same form", () => {
  const problem = {
    code: "unknown-host",
    message: "there is no host nass",
    hint: "flurry host list",
  } as const;
  expect(shown(problemText(problem, style))).toMatchInlineSnapshot(`
    "
    ✖ there is no host nass
      Next   flurry host list
      code unknown-host (flurry explain unknown-host)    exit 64
    "
  `);
});

test("a host that went back says what it runs now", () => {
  const state = stateOf([
    [
      0,
      {
        kind: "lane.finished",
        host: "nas",
        outcome: "undone",
        from: "/nix/store/a",
        to: "/nix/store/b",
        generation: 118,
        because: "postgresql.service failed",
        problem: {
          code: "activation-failed",
          message: "postgresql.service failed 4 s after activation; undone",
          hint: "flurry diff nas@118 nas@119",
          evidence: ["FATAL: database files are incompatible with server"],
        },
      },
    ],
  ]);
  expect(shown(failureText(state, "nas", style))).toMatchInlineSnapshot(`
    "
    ✖ nas  postgresql.service failed 4 s after activation; undone

      │ FATAL: database files are incompatible with server
      └ all: flurry history log 7f3kq2 nas

      Why    postgresql.service failed
      Now    nas runs generation 118 again
      Next   flurry diff nas@118 nas@119
      code activation-failed (flurry explain activation-failed)    run 7f3kq2    exit 14
    "
  `);
});

test("where the time went", () => {
  expect(shown(timingText(stateOf(finished), style))).toMatchInlineSnapshot(`
    "
    HOST      LOOK  EVALUATE     BUILD    COPY    ARM  ACTIVATE  CONFIRM  COMMIT    IN ALL
    pi4      1.0 s    21.4 s     0.4 s       –      –         –        –       –    22.5 s
    nas      1.0 s    21.4 s    58.0 s  44.0 s  0.5 s    13.0 s    6.0 s   1.0 s  2 m 27 s
    gateway  1.0 s    21.4 s    58.0 s  29.0 s  0.6 s     2.0 s   21.0 s   1.0 s  2 m 18 s
    compute  1.0 s    21.4 s    58.0 s  36.0 s  1.0 s     9.0 s    3.0 s   1.0 s  2 m 45 s
    offsite  1.0 s    21.4 s  1 m 50 s       –      –         –        –       –  4 m 51 s
    "
  `);
});

test("jsonl has every event, a line each", () => {
  let log = "";
  tellAll(
    jsonlView((text) => (log += text)),
    eventsOf(finished),
  );
  const events = log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  expect(events).toEqual(eventsOf(finished));
});

test("a heartbeat every half minute says what is waited for", () => {
  let log = "";
  const start = eventsOf([[0, { kind: "step.started", step: "nas.activate" }]]);
  const view = plainView((text) => (log += text), { now: () => morning, offsetMinutes: 60 });
  const state = start.reduce(reduce, nothingYet);
  for (const event of start) view.tell(event, state);
  for (let seconds = 0; seconds <= 65; seconds += 0.1) view.tick(morning + seconds * 1000);
  expect(shown(log.split("\n"))).toMatchInlineSnapshot(`
    "
    13:04:31 nas activate still nothing heard for 30s (30s)
    13:05:01 nas activate still nothing heard for 60s (60s)

    "
  `);
});

// Claim: live view, plain log and documents tell the same end of every host, whatever happened.
test("all views agree on how each host ended", () => {
  const law = fc.property(anyEvents, (events) => {
    const state = events.reduce(reduce, nothingYet);
    const document = runDocument(state);
    const log = plainLog(events);
    const lines = frame(state, { ...style, width: 2000, rows: 500, now: state.at });
    const summary = summaryText(state, { ...style, width: 2000 });
    for (const [host, { outcome }] of state.lanes) {
      expect(document.hosts[host]?.outcome).toBe(outcome);
      if (outcome === null || !/^[a-z.]+$/.test(host)) continue;
      const { word } = wordsOf(outcome);
      const told = log.split("\n").findLast((line) => line.slice(9).startsWith(`${host} end `));
      // What a host with failed units ended with stands a line above its warning.
      expect(told ?? "").toMatch(outcome === "done" ? /./ : new RegExp(`\\b${word}\\b`));
      const shownAt = lines.find((line) => line.slice(4).startsWith(`${host} `));
      expect(shownAt ?? "").toContain(word);
      const closing = summary.find((line) => line.includes(` ${host} `));
      const failedStep = outcome === "failed" ? / failed/ : null;
      const how = outcome === "done" ? /done|confirmed/ : (failedStep ?? new RegExp(word));
      expect(closing ?? "").toMatch(how);
    }
    expect(summary.length).toBeGreaterThanOrEqual(1 + state.lanes.size);
    expect(log.includes("FAILED")).toBe(
      events.some(
        (event) =>
          event.kind === "step.failed" ||
          (event.kind === "lane.finished" &&
            !(
              event.outcome === "unchanged" ||
              (event.outcome === "done" && !event.problem) ||
              (event.outcome === "skipped" && !event.problem)
            )) ||
          (event.kind === "build.finished" && event.outcome === "failed"),
      ),
    );
  });
  fc.assert(law, { numRuns: 200 });
});

// Claim: no text of a run is wider than asked, and none drives the terminal.
test("no line is wider than asked, whatever hosts are called and say", () => {
  const law = fc.property(
    anyEvents,
    fc.integer({ min: 20, max: 170 }),
    fc.boolean(),
    (events, width, ascii) => {
      const state = events.reduce(reduce, nothingYet);
      const narrow = { width, ascii, colour: false };
      const lines = [
        ...summaryText(state, narrow),
        ...failuresText(state, narrow),
        ...runText({ state, alive: false }, narrow, 0),
        ...timingText(state, narrow),
      ];
      for (const line of lines) {
        // What is to be pasted is never cut.
        if (!isCommand(line)) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(line).toMatch(ascii ? /^[\x20-\x7e]*$/ : /^\P{Cc}*$/u);
      }
      for (const line of logText(events, null, narrow, 0)) expect(line).toMatch(/^\P{Cc}*$/u);
      for (const line of plainLog(events).split("\n")) expect(line).toMatch(/^\P{Cc}*$/u);
    },
  );
  fc.assert(law, { numRuns: 200 });
});

// Claim: whatever is painted and said, the screen ends with the last frame below all that was said.
test("a painter leaves what it was told to", () => {
  const line = fc.string({ unit: fc.constantFrom("a", "b", "✓"), maxLength: 8 });
  const lines = fc.array(line, { maxLength: 6 });
  const rows = fc.integer({ min: 2, max: 8 });
  const frames = fc.array(fc.record({ lines, said: fc.option(line, { nil: undefined }) }));
  const law = fc.property(rows, frames, (height, all) => {
    const screen = new FakeScreen(height);
    const { paint, say } = painter(screen);
    for (const { lines: next, said } of all) {
      paint(next);
      if (said !== undefined) say([said]);
    }
    const said = all.flatMap((each) => (each.said === undefined ? [] : [each.said]));
    const last = (all.at(-1)?.lines ?? []).slice(0, height - 1);
    expect(screen.text).toBe([...said, ...last, ""].join("\n"));
  });
  fc.assert(law, { numRuns: 500 });
});

test("a painter writes nothing where nothing differs, and only what differs else", () => {
  const screen = new FakeScreen(24);
  const { paint } = painter(screen);
  const long = "x".repeat(70);
  paint([long, "one", long]);
  const before = screen.written;
  paint([long, "one", long]);
  expect(screen.written).toBe(before);
  paint([long, "two", long]);
  expect(screen.written - before).toBeLessThan(40);
});

test("a painter finds its lines again when the terminal became narrower", () => {
  const screen = new FakeScreen(24, 80);
  const { paint } = painter(screen);
  const written: string[] = [];
  paint(["x".repeat(70), "short"]);
  const write = screen.write;
  Object.assign(screen, { write: (text: string) => written.push(text) });
  screen.columns = 40;
  paint(["narrow"]);
  expect(written.join("")).toContain("\u001b[3F");
  Object.assign(screen, { write });
});

test("a live view leaves failures, and takes its lines away at the end", () => {
  const screen = new FakeScreen(40, 100);
  const live = liveView(screen, { style, now: () => morning });
  tellAll(live, eventsOf(finished));
  expect(screen.text).toContain("✖ offsite  linux-6.12.11 failed in buildPhase");
  expect(screen.text).toContain("⚠ compute  runs the new system");
  expect(screen.text).not.toContain("run 7f3kq2  switch");
});

test("nothing moves while a question is asked, and what happened then is told after it", () => {
  const screen = new FakeScreen(40, 100);
  const live = liveView(screen, { style, now: () => morning });
  const events = eventsOf(finished);
  const middle = events.findIndex(({ kind }) => kind === "wave.started") + 1;
  let state = nothingYet;
  for (const event of events.slice(0, middle)) {
    state = reduce(state, event);
    live.tell(event, state);
  }
  live.pause();
  screen.write("Activate 3 hosts? [y/N] ");
  const asked = screen.text;
  for (const event of events.slice(middle)) {
    state = reduce(state, event);
    live.tell(event, state);
    live.tick(event.at);
  }
  expect(screen.text).toBe(asked);
  screen.write("y\n");
  live.resume();
  expect(screen.text).toMatch(/^Activate 3 hosts\? \[y\/N\] y\n[\s\S]*✖ offsite[\s\S]*run 7f3kq2/);
});

test("a live view redraws ten times a second at most", () => {
  const screen = new FakeScreen(40, 100);
  let writes = 0;
  const write = screen.write;
  Object.assign(screen, {
    write: (text: string) => {
      writes += 1;
      write(text);
    },
  });
  let at = morning;
  const live = liveView(screen, { style, now: () => at });
  const [first] = eventsOf(finished);
  if (!first) throw new Error("no story");
  let state = reduce(nothingYet, first);
  live.tell(first, state);
  for (let done = 0; done < 1000; done++) {
    at = morning + done;
    const [progress] = eventsOf([
      [
        done / 1000,
        { kind: "step.progressed", step: "nas.copy", done, expected: 1000, unit: "paths" },
      ],
    ]);
    if (!progress) continue;
    state = reduce(state, progress);
    live.tell(progress, state);
    live.tick(at);
  }
  expect(writes).toBeLessThanOrEqual(11);
});

// Claim: a hostile host cannot move the cursor, whatever it is called.
test("what a host says above the lines is harmless, too", () => {
  const law = fc.property(foreignText, (message) => {
    let text = "";
    const screen = { write: (part: string) => (text += part), rows: 24, columns: 80 };
    const live = liveView(screen, { style, now: () => morning });
    tellAll(live, eventsOf([[0, { kind: "warning.given", host: message, message }]]));
    // oxlint-disable-next-line no-control-regex
    expect(text.replaceAll(/\u001b\[(\?2026[hl]|\d*[FJK])/g, "")).toMatch(
      /^[^\p{Cc}]*(\n[^\p{Cc}]*)*$/u,
    );
  });
  fc.assert(law, { numRuns: 300 });
});

test("several views are told the same", () => {
  const kinds: string[][] = [[], []];
  const listener = (at: number): View => ({
    tell: ({ kind }) => kinds[at]?.push(kind),
    tick: () => kinds[at]?.push("tick"),
    close: () => kinds[at]?.push("closed"),
  });
  tellAll(views(listener(0), listener(1)), eventsOf(finished).slice(0, 2));
  expect(kinds[0]).toEqual(["run.started", "tick", "plan.made", "tick", "closed"]);
  expect(kinds[1]).toEqual(kinds[0]);
});
