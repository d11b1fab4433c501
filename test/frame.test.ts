import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nothingYet, reduce } from "../src/event/state.ts";
import { widthOf } from "../src/lib/width.ts";
import { frame } from "../src/view/frame.ts";
import { anyEvents, halfway, morning, stateOf, whileBuilding } from "./stories.ts";

const plain = { ascii: false, colour: false, rows: 24 };

function shown(width: number, more: Partial<Parameters<typeof frame>[1]> = {}): string {
  const lines = frame(stateOf(halfway), { ...plain, width, now: morning + 134_000, ...more });
  return `\n${lines.join("\n")}\n`;
}

test("hosts are lines, builds stand below, at 100 columns", () => {
  expect(shown(100)).toMatchInlineSnapshot(`
    "
    run 7f3kq2  switch 3 of 5 hosts  3f9c1e2    2 m 14 s    build 31/37
      = pi4      unchanged    generation 40
      ▸ nas      activate     restarting postgresql.service                                          7 s
      ▸ gateway  confirm      waiting for an answer over a fresh connect…  ▕████░░░░░░░░░░░░░░▏ 7 s left
      ▸ compute  copy         ▕███████████░░░░░░░▏ 60 %   312 of 538 paths   39 MiB/s               22 s
      ✖ offsite  build        linux-6.12.11 failed in buildPhase with exit code 2
     ── builds ─────────────────────────────────────────────────────────────────────────
      ▸ immich-web-1.142.0  checkPhase  compute  1 m 04 s
      ⋯ 5 waiting
    "
  `);
});

test("at 160 columns the clocks stay near", () => {
  expect(shown(160)).toMatchInlineSnapshot(`
    "
    run 7f3kq2  switch 3 of 5 hosts  3f9c1e2    2 m 14 s    build 31/37
      = pi4      unchanged    generation 40
      ▸ nas      activate     restarting postgresql.service                                          7 s
      ▸ gateway  confirm      waiting for an answer over a fresh connect…  ▕████░░░░░░░░░░░░░░▏ 7 s left
      ▸ compute  copy         ▕███████████░░░░░░░▏ 60 %   312 of 538 paths   39 MiB/s               22 s
      ✖ offsite  build        linux-6.12.11 failed in buildPhase with exit code 2
     ── builds ─────────────────────────────────────────────────────────────────────────
      ▸ immich-web-1.142.0  checkPhase  compute  1 m 04 s
      ⋯ 5 waiting
    "
  `);
});

test("at 80 columns", () => {
  expect(shown(80)).toMatchInlineSnapshot(`
    "
    run 7f3kq2  switch 3 of 5 hosts  3f9c1e2    2 m 14 s    build 31/37
      = pi4      unchanged    generation 40
      ▸ nas      activate     restarting postgresql.service                      7 s
      ▸ gateway  confirm      waiting for an answer over a f…  ▕██░░░░░░░░▏ 7 s left
      ▸ compute  copy         ▕██████░░░░▏ 60 %   312 of 538 paths   39 MiB/s   22 s
      ✖ offsite  build        linux-6.12.11 failed in buildPhase with exit code 2
     ── builds ─────────────────────────────────────────────────────────────────────
      ▸ immich-web-1.142.0  checkPhase  compute  1 m 04 s
      ⋯ 5 waiting
    "
  `);
});

test("at 60 columns the bars go", () => {
  expect(shown(60)).toMatchInlineSnapshot(`
    "
    run 7f3kq2  switch 3 of 5 hosts  3f9c1e2    2 m 14 s    bui…
      = pi4      unchanged    generation 40
      ▸ nas      activate     restarting postgresql.service  7 s
      ▸ gateway  confirm      waiting for an answer o…  7 s left
      ▸ compute  copy         60 %   312 of 538 paths   3…  22 s
      ✖ offsite  build        linux-6.12.11 failed in buildPhas…
     ── builds ─────────────────────────────────────────────────
      ▸ immich-web-1.142.0  checkPhase  compute  1 m 04 s
      ⋯ 5 waiting
    "
  `);
});

test("in ASCII", () => {
  expect(shown(100, { ascii: true })).toMatchInlineSnapshot(`
    "
    run 7f3kq2  switch 3 of 5 hosts  3f9c1e2    2 m 14 s    build 31/37
      =  pi4      unchanged    generation 40
      >  nas      activate     restarting postgresql.service                                         7 s
      >  gateway  confirm      waiting for an answer over a fresh conn...  [####..............] 7 s left
      >  compute  copy         [###########.......] 60 %   312 of 538 paths   39 MiB/s              22 s
      x  offsite  build        linux-6.12.11 failed in buildPhase with exit code 2
     -- builds -------------------------------------------------------------------------
      > immich-web-1.142.0  checkPhase  compute  1 m 04 s
      . 5 waiting
    "
  `);
});

test("colours stand beside words, never for them", () => {
  const colours = frame(stateOf(halfway), {
    ...plain,
    width: 80,
    colour: true,
    now: morning + 134_000,
  });
  expect(`\n${colours.join("\n").replaceAll("\u001b", "␛")}\n`).toMatchInlineSnapshot(`
    "
    ␛[1mrun 7f3kq2␛[0m  switch 3 of 5 hosts  3f9c1e2    2 m 14 s    build 31/37
      ␛[2m=␛[0m pi4      unchanged    generation 40
      ␛[36m▸␛[0m nas      activate     restarting postgresql.service                      7 s
      ␛[36m▸␛[0m gateway  confirm      waiting for an answer over a f…  ␛[36m▕██░░░░░░░░▏ ␛[0m7 s left
      ␛[36m▸␛[0m compute  copy         ␛[36m▕██████░░░░▏ ␛[0m60 %   312 of 538 paths   39 MiB/s   22 s
      ␛[31m✖␛[0m offsite  build        ␛[31mlinux-6.12.11 failed in buildPhase with exit code 2␛[0m
    ␛[2m ── builds ─────────────────────────────────────────────────────────────────────␛[0m
      ▸ immich-web-1.142.0  checkPhase  compute  1 m 04 s
    ␛[2m  ⋯ 5 waiting␛[0m
    "
  `);
  // oxlint-disable-next-line no-control-regex
  const bare = colours.join("\n").replaceAll(/\u001b\[\d+m/g, "");
  expect(`\n${bare}\n`).toBe(shown(80));
});

test("while all is being built", () => {
  const state = stateOf(whileBuilding);
  const lines = frame(state, { ...plain, width: 100, now: morning + 90_000 });
  expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
    "
    run 7f3kq2  switch 5 hosts  3f9c1e2    1 m 30 s    build 31/37
      = pi4      unchanged    generation 40
      ▸ nas      build                                                                          1 m 08 s
      ▸ gateway  build                                                                          1 m 08 s
      ▸ compute  build                                                                          1 m 08 s
      ▸ offsite  build        31 of 37 built                                                    1 m 08 s
     ── builds ─────────────────────────────────────────────────────────────────────────
      ▸ linux-6.12.11       buildPhase  fern     1 m 07 s
      ▸ immich-web-1.142.0  checkPhase  compute  20 s
      ⋯ 4 waiting
    "
  `);
});

test("on a small screen hosts fold, and builds take a third of it at most", () => {
  expect(shown(80, { rows: 7 })).toMatchInlineSnapshot(`
    "
    run 7f3kq2  switch 3 of 5 hosts  3f9c1e2    2 m 14 s    build 31/37
      ▸ nas      activate     restarting postgresql.service                      7 s
      ✖ offsite  build        linux-6.12.11 failed in buildPhase with exit code 2
      ⋯ 3 more: 1 unchanged, 2 running
     ── builds ─────────────────────────────────────────────────────────────────────
      ⋯ 1 more, 5 waiting
    "
  `);
});

test("where nothing is heard from a host the view says so, with the clock that runs", () => {
  expect(shown(100, { now: morning + 160_000 })).toMatchInlineSnapshot(`
    "
    run 7f3kq2  switch 3 of 5 hosts  3f9c1e2    2 m 40 s    build 31/37
      = pi4      unchanged    generation 40
      ▸ nas      activate     nothing heard for 30 s, waited for 5 m 00 s                           33 s
      ▸ gateway  confirm      nothing heard for 30 s, waited for 1 m 30 s  ▕░░░░░░░░░░░░░░░░░░▏ 0 s left
      ▸ compute  copy         nothing heard for 27 s                                                48 s
      ✖ offsite  build        linux-6.12.11 failed in buildPhase with exit code 2
     ── builds ─────────────────────────────────────────────────────────────────────────
      ▸ immich-web-1.142.0  checkPhase  compute  1 m 30 s
      ⋯ 5 waiting
    "
  `);
});

// Claim: whatever has happened, whatever hosts are called and say, a frame fits the screen.
test("no frame is wider or taller than asked, or drives the terminal", () => {
  const sizes = fc.record({
    width: fc.integer({ min: 20, max: 170 }),
    rows: fc.integer({ min: 1, max: 30 }),
    ascii: fc.boolean(),
    now: fc.double({ min: morning, max: morning + 1e7, noNaN: true }),
  });
  const law = fc.property(anyEvents, sizes, (events, size) => {
    const lines = frame(events.reduce(reduce, nothingYet), { ...size, colour: false });
    expect(lines.length).toBeLessThanOrEqual(Math.max(1, size.rows - 1));
    for (const line of lines) {
      expect(widthOf(line)).toBeLessThanOrEqual(size.width);
      expect(line).toMatch(size.ascii ? /^[\x20-\x7e]*$/ : /^\P{Cc}*$/u);
      expect(line).not.toMatch(/NaN|undefined|Infinity|null/);
    }
  });
  fc.assert(law, { numRuns: 300 });
});
