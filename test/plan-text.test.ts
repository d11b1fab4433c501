import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ClosureDiff, NameChange } from "../src/plan/closure-diff.ts";
import type { PlanDocument, PlannedHost } from "../src/plan/plan-document.ts";
import { widthOf } from "../src/lib/width.ts";
import { changeText, effectsText, planPlain, planText } from "../src/view/plan-text.ts";
import type { Style } from "../src/view/style.ts";
import { foreignText } from "./stories.ts";

const style: Style = { width: 100, ascii: false, colour: false };
const mib = 2 ** 20;

function change(name: string, kind: NameChange["kind"], from: string, to: string): NameChange {
  return {
    name,
    kind,
    class: "package",
    from: from === "" ? [] : [from],
    to: to === "" ? [] : [to],
    kept: [],
    bytes: 0,
    chosen: false,
    with: null,
  };
}

function diffOf(changes: readonly NameChange[], bytes: number): ClosureDiff {
  return {
    from: "/nix/store/a",
    to: "/nix/store/b",
    changes,
    rebuilt: { names: [], bytes: 0 },
    paths: { before: 10, after: 10, added: 1, removed: 1 },
    bytes: { before: 1000 * mib, after: 1000 * mib + bytes },
  };
}

function planned(more: Partial<PlannedHost>): PlannedHost {
  return {
    change: "switch",
    running: "/nix/store/a",
    to: "/nix/store/b",
    generation: 118,
    nextGeneration: 119,
    diff: null,
    effects: null,
    risks: [],
    problem: null,
    ...more,
  };
}

const kernel = change("linux", "upgraded", "6.12.8", "6.12.11");
const restarts = ["a", "b", "c", "d", "e", "f"].map((name) => `${name}.service`);
const plan: PlanDocument = {
  schema: "flurry.plan/1",
  goal: "switch",
  source: "/home/ada/fleet",
  revision: "3f9c1e2d4b5a69788796a5b4c3d2e1f001122334",
  dirty: true,
  hosts: {
    nas: planned({
      diff: diffOf([kernel, change("immich", "upgraded", "1.141.1", "1.142.0")], 38 * mib),
      risks: [
        { kind: "kernel", message: "reboot for the kernel" },
        { kind: "space", message: "/boot has 41 MiB free, the new kernel needs 52 MiB" },
      ],
    }),
    gateway: planned({
      generation: 64,
      nextGeneration: 65,
      diff: diffOf([change("openssh", "upgraded", "9.9", "10.0")], mib),
      risks: [{ kind: "ssh", message: "sshd restarts: undone unless confirmed within 30 s" }],
    }),
    compute: planned({
      generation: 91,
      nextGeneration: 92,
      diff: diffOf(
        [change("python3", "downgraded", "3.13", "3.12"), change("x", "removed", "1", "")],
        -210 * mib,
      ),
      effects: { stop: ["x.service"], start: [], restart: restarts, reload: [], kept: [] },
    }),
    pi4: planned({ change: "none", generation: 40, nextGeneration: null }),
    offsite: planned({
      change: null,
      generation: 33,
      nextGeneration: null,
      problem: {
        code: "host-unreachable",
        message: "offsite does not answer: no route to host",
        hint: "flurry ssh offsite",
      },
    }),
  },
  waves: [{ name: "hosts", width: 10, hosts: ["nas", "gateway", "compute"] }],
  work: { builds: 37, fetches: 212, fetchBytes: 1.4 * 2 ** 30, on: "fern" },
  seconds: 21.4,
};

function shown(more: Partial<Style> = {}, document = plan): string {
  return `\n${planText(document, { ...style, ...more }).join("\n")}\n`;
}

test("a plan is a line a host, their sum, and what to think of beforehand", () => {
  expect(shown()).toMatchInlineSnapshot(`
    "
    /home/ada/fleet  3f9c1e2  + edits that are not committed
    5 hosts looked at in 21 s     37 to build on fern     212 to fetch, 1.4 GiB

       HOST     GENERATION  CHANGE                                  SIZE  EFFECT
    ~  nas       118 → 119  2 upgraded, linux 6.12.8 → 6.12.11   +38 MiB  ⚠ reboot for the kernel (+1)
    ~  gateway     64 → 65  1 upgraded                          +1.0 MiB  ⚠ sshd restarts: undone unles…
    ~  compute     91 → 92  1 downgraded, 1 removed             −210 MiB  restarts 6 units, stops x
    =  pi4              40  no change
    ✖  offsite          33  does not answer: no route to host

    3 hosts would change, 1 is unchanged, 1 cannot be planned.
    ✖ offsite  does not answer: no route to host
      flurry ssh offsite
    ⚠ nas  reboot for the kernel
    ⚠ nas  /boot has 41 MiB free, the new kernel needs 52 MiB
    ⚠ gateway  sshd restarts: undone unless confirmed within 30 s

    Differences  flurry diff nas      Go on  flurry deploy nas gateway compute
    "
  `);
});

test("at 160 columns", () => {
  expect(shown({ width: 160 })).toMatchInlineSnapshot(`
    "
    /home/ada/fleet  3f9c1e2  + edits that are not committed
    5 hosts looked at in 21 s     37 to build on fern     212 to fetch, 1.4 GiB

       HOST     GENERATION  CHANGE                                  SIZE  EFFECT
    ~  nas       118 → 119  2 upgraded, linux 6.12.8 → 6.12.11   +38 MiB  ⚠ reboot for the kernel (+1)
    ~  gateway     64 → 65  1 upgraded                          +1.0 MiB  ⚠ sshd restarts: undone unless confirmed within 30 s
    ~  compute     91 → 92  1 downgraded, 1 removed             −210 MiB  restarts 6 units, stops x
    =  pi4              40  no change
    ✖  offsite          33  does not answer: no route to host

    3 hosts would change, 1 is unchanged, 1 cannot be planned.
    ✖ offsite  does not answer: no route to host
      flurry ssh offsite
    ⚠ nas  reboot for the kernel
    ⚠ nas  /boot has 41 MiB free, the new kernel needs 52 MiB
    ⚠ gateway  sshd restarts: undone unless confirmed within 30 s

    Differences  flurry diff nas      Go on  flurry deploy nas gateway compute
    "
  `);
});

test("at 80 columns generations go first", () => {
  expect(shown({ width: 80 })).toMatchInlineSnapshot(`
    "
    /home/ada/fleet  3f9c1e2  + edits that are not committed
    5 hosts looked at in 21 s     37 to build on fern     212 to fetch, 1.4 GiB

       HOST     CHANGE                              EFFECT
    ~  nas      2 upgraded, linux 6.12.8 → 6.12.11  ⚠ reboot for the kernel (+1)
    ~  gateway  1 upgraded                          ⚠ sshd restarts: undone unless …
    ~  compute  1 downgraded, 1 removed             restarts 6 units, stops x
    =  pi4      no change
    ✖  offsite  does not answer: no route to host

    3 hosts would change, 1 is unchanged, 1 cannot be planned.
    ✖ offsite  does not answer: no route to host
      flurry ssh offsite
    ⚠ nas  reboot for the kernel
    ⚠ nas  /boot has 41 MiB free, the new kernel needs 52 MiB
    ⚠ gateway  sshd restarts: undone unless confirmed within 30 s

    Differences  flurry diff nas      Go on  flurry deploy nas gateway compute
    "
  `);
});

test("at 60 columns in ASCII", () => {
  expect(shown({ width: 60, ascii: true })).toMatchInlineSnapshot(`
    "
    /home/ada/fleet  3f9c1e2  + edits that are not committed
    5 hosts looked at in 21 s     37 to build on fern     212...

       HOST     CHANGE                               EFFECT
    ~  nas      2 upgraded, linux 6.12.8 -> 6.12.11  ! reboot...
    ~  gateway  1 upgraded                           ! sshd r...
    ~  compute  1 downgraded, 1 removed              restarts...
    =  pi4      no change
    x  offsite  does not answer: no route to host

    3 hosts would change, 1 is unchanged, 1 cannot be planned.
    x offsite  does not answer: no route to host
      flurry ssh offsite
    ! nas  reboot for the kernel
    ! nas  /boot has 41 MiB free, the new kernel needs 52 MiB
    ! gateway  sshd restarts: undone unless confirmed within 30
      s

    Differences  flurry diff nas
    Go on  flurry deploy nas gateway compute
    "
  `);
});

test("a plan that is about to be carried out needs neither heading nor hint", () => {
  const text = shown({}, { ...plan, source: null, seconds: null, work: null });
  expect(text).toMatch(/^\n +HOST/);
  expect(text).not.toContain("flurry deploy");
});

test("plain rows have a host each, its change and what comes of it", () => {
  const problem = { code: "build-failed", message: "pi4: linux failed" } as const;
  const hosts = { ...plan.hosts, pi4: planned({ change: null, generation: 40, problem }) };
  const rows = planPlain({ ...plan, hosts }).map((line) => line.split("\t"));
  expect(rows.find(([name]) => name === "nas")).toEqual([
    "nas",
    "switch",
    "118",
    "119",
    "2 upgraded, linux 6.12.8 → 6.12.11",
    String(38 * mib),
    "reboot for the kernel (+1)",
  ]);
  expect(rows.find(([name]) => name === "pi4")).toEqual([
    "pi4",
    "failed",
    "40",
    "",
    "",
    "",
    "linux failed",
  ]);
});

test("a plan that changes nothing suggests nothing", () => {
  const hosts = { pi4: planned({ change: "none", generation: 40 }) };
  expect(shown({}, { ...plan, hosts })).toMatch(/0 hosts would change, 1 is unchanged\.\n$/);
});

test.each([
  [diffOf([], 0), "configuration only"],
  [{ ...diffOf([], 0), rebuilt: { names: ["a", "b"], bytes: 1 } }, "2 rebuilt"],
  [diffOf([kernel], 0), "1 upgraded, linux 6.12.8 → 6.12.11"],
  [
    diffOf([{ ...change("etc", "upgraded", "1", "2"), class: "configuration" }], 0),
    "configuration only",
  ],
  [null, "not known"],
])("a change in a few words: %#", (diff, words) => {
  expect(changeText(diff)).toBe(words);
});

test("effects in a few words", () => {
  const none = { stop: [], start: [], restart: [], reload: [], kept: [] };
  expect(effectsText(none)).toBe("");
  expect(effectsText({ ...none, restart: ["sshd.service"] })).toBe("restarts sshd");
  expect(effectsText({ ...none, restart: restarts, stop: ["a", "b"] })).toBe(
    "restarts 6 units, stops 2",
  );
});

// Claim: whatever hosts are called and say, a plan fits, and drives no terminal.
test("no line of a plan is wider than asked", () => {
  const sizes = fc.record({
    width: fc.integer({ min: 20, max: 170 }),
    ascii: fc.boolean(),
    colour: fc.constant(false),
  });
  const law = fc.property(foreignText, foreignText, sizes, (name, message, size) => {
    const risky = planned({ risks: [{ kind: "other", message }] });
    const broken = planned({ change: null, problem: { code: "bug", message, hint: message } });
    const hosts = { [name]: risky, [`${name}2`]: broken };
    for (const line of planText({ ...plan, hosts, source: message }, size)) {
      // What is to be pasted is never cut.
      const isCommand = /^( {2}\S|(Differences|Go on) {2}flurry )/.test(line);
      if (!isCommand) expect(widthOf(line)).toBeLessThanOrEqual(size.width);
      expect(line).toMatch(size.ascii ? /^[\x20-\x7e]*$/ : /^\P{Cc}*$/u);
    }
  });
  fc.assert(law, { numRuns: 300 });
});
