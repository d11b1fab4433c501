import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Seen, SeenHost } from "../src/fleet/seen.ts";
import type { ProblemCode } from "../src/lib/problem.ts";
import { widthOf } from "../src/lib/width.ts";
import {
  generationsDocument,
  generationsPlain,
  generationsText,
} from "../src/view/generations-text.ts";
import { statusDocument, statusOneline, statusPlain, statusText } from "../src/view/status-text.ts";
import { seenOf } from "../src/testing/hosts.ts";
import { hostHistoryText } from "../src/view/history-text.ts";
import type { Style } from "../src/view/style.ts";
import { foreignText, morning } from "./stories.ts";

const style: Style = { width: 120, ascii: false, colour: false };
const day = 86_400;

function seenHost(more: Partial<SeenHost> = {}): SeenHost {
  return seenOf("nas", "/nix/store/b-nixos", {
    at: morning,
    booted: "/nix/store/a-nixos",
    link: "system-119-link",
    generation: 119,
    revision: "3f9c1e2d4b5a",
    revisionDirty: false,
    uptimeSeconds: 41 * day,
    since: morning - 720_000,
    load: 0.42,
    storeBytes: 1000,
    storeFreeBytes: 290,
    storeFreeInodes: null,
    bootFreeBytes: null,
    generations: [
      {
        number: 118,
        system: "/nix/store/a-nixos",
        at: morning - 3 * day * 1000,
        nixosVersion: "25.11.20261109.abcdef0",
        kernel: "6.12.8",
        revision: "a41d0c7ffff",
        revisionDirty: true,
      },
      {
        number: 119,
        system: "/nix/store/b-nixos",
        at: morning - 720_000,
        nixosVersion: "25.11.20261120.0fedcba",
        kernel: "6.12.11",
        revision: "3f9c1e2d4b5a",
        revisionDirty: false,
      },
      {
        number: 117,
        system: null,
        at: null,
        nixosVersion: null,
        kernel: null,
        revision: null,
        revisionDirty: false,
      },
    ],
    ...more,
  });
}

const silent: Seen = {
  answers: false,
  at: morning,
  problem: { code: "host-unreachable", message: "ssh: connect to host offsite: No route to host" },
};

const rows = [
  { name: "nas", seen: seenHost({ needsReboot: true }) },
  { name: "gateway", seen: seenHost({ generation: 65, storeFreeBytes: 620 }) },
  {
    name: "compute",
    seen: seenHost({
      failedUnits: ["restic-b2.service", "smartd.service"],
      storeFreeBytes: 40,
      uptimeSeconds: 3 * day,
    }),
  },
  {
    name: "pi4",
    seen: seenHost({
      revision: "a41d0c7ffff",
      revisionDirty: true,
      profile: "/nix/store/c-nixos",
      lease: { run: "aaaaa1", owner: "bob@elm", secondsLeft: 80 },
      load: null,
      otherSwitchers: ["nixos-upgrade.timer, next 04:40"],
    }),
  },
  {
    name: "desk",
    seen: seenHost({
      open: { run: "7f3kq2", phase: "waiting", because: null, owner: "ada@fern" },
      revision: null,
      since: null,
    }),
  },
  { name: "offsite", seen: silent },
];
const moment = { now: morning, seconds: 1.9, revision: "3f9c1e2d4b5a" };

test.each([160, 100, 80, 50])("a status is a line a host, at %i columns", (width) => {
  expect(`\n${statusText(rows, { ...style, width }, moment).join("\n")}\n`).toMatchSnapshot();
});

test("a status document has every key, unknown is null", () => {
  const document = statusDocument({ nas: seenHost({ load: null }), offsite: silent });
  expect(document).toMatchInlineSnapshot(`
    {
      "hosts": {
        "nas": {
          "answers": true,
          "bootDefault": "/nix/store/b-nixos",
          "booted": "/nix/store/a-nixos",
          "failedUnits": [],
          "generation": 119,
          "lease": null,
          "load": null,
          "needsReboot": false,
          "open": null,
          "problem": null,
          "profile": "/nix/store/b-nixos",
          "revision": "3f9c1e2d4b5a",
          "revisionDirty": false,
          "running": "/nix/store/b-nixos",
          "since": "2026-11-21T11:52:01.000Z",
          "storeBytes": 1000,
          "storeFreeBytes": 290,
          "uptimeSeconds": 3542400,
        },
        "offsite": {
          "answers": false,
          "bootDefault": null,
          "booted": null,
          "failedUnits": null,
          "generation": null,
          "lease": null,
          "load": null,
          "needsReboot": null,
          "open": null,
          "problem": {
            "code": "host-unreachable",
            "message": "ssh: connect to host offsite: No route to host",
          },
          "profile": null,
          "revision": null,
          "revisionDirty": null,
          "running": null,
          "since": null,
          "storeBytes": null,
          "storeFreeBytes": null,
          "uptimeSeconds": null,
        },
      },
      "schema": "flurry.status/1",
    }
  `);
});

function notesOf(more: Partial<SeenHost>): string {
  const [, line = ""] = statusText([{ name: "nas", seen: seenHost(more) }], style, moment);
  return line.split(/ {2,}/).slice(8).join("  ");
}

test("a host that will boot another system than it runs says so, on purpose or not", () => {
  const tested = "/nix/store/c-nixos";
  const left = { goal: "test", system: tested };
  const dirty = { revision: "c26897b1234", revisionDirty: true };
  expect(notesOf({})).toBe("");
  expect(notesOf({ running: tested, left, ...dirty })).toBe(
    "test of c26897b+: next boot is generation 119",
  );
  expect(notesOf({ running: tested, left, revision: null })).toBe(
    "test: next boot is generation 119",
  );
  expect(
    notesOf({
      running: "/nix/store/a-nixos",
      left: { goal: "boot", system: "/nix/store/b-nixos" },
    }),
  ).toBe("boots generation 119 next");
  expect(notesOf({ running: tested })).toBe(
    "does not run its profile: next boot is generation 119",
  );
  expect(notesOf({ bootDefault: "/nix/store/a-nixos" })).toBe(
    "boots generation 118 next, not its profile",
  );
  expect(notesOf({ bootDefault: "/nix/store/z-nixos" })).toBe(
    "boots another generation next, not its profile",
  );
});

function refusedBy(code: ProblemCode, message: string): Seen {
  return { answers: false, at: morning, problem: { code, message } };
}

test.each([
  [
    "host-unreachable",
    "nas: no connection to 10.0.0.2",
    "✖ no answer",
    "no connection to 10.0.0.2",
  ],
  ["login-refused", "nas: root may not log in", "✖ login refused", "root may not log in"],
  ["host-key-changed", "nas: another host key", "✖ host key changed", "another host key"],
  ["host-described-badly", "nas is described badly", "✖ described badly", "is described badly"],
] as const)("%s is told as what it is, the host's name once", (code, message, state, note) => {
  const row = { name: "nas", seen: refusedBy(code, message) };
  const [, line = ""] = statusText([row], style, moment);
  expect(line).toMatch(new RegExp(`^nas +${state} .*${note}$`));
});

function sumsOf(seen: Partial<SeenHost>, revision: string | null = moment.revision): string {
  const shown = [{ name: "nas", seen: seenHost(seen) }];
  return statusText(shown, style, { ...moment, revision }).at(-1) ?? "";
}

test("how many are at the commit is counted among those that have one", () => {
  expect(statusText(rows, style, moment).at(-1)).toMatch(/^5 of 6 answer, 3 of 4 at 3f9c1e2, 1 /);
  expect(sumsOf({ revision: null })).toMatch(/^1 of 1 answer {6}/);
  expect(sumsOf({}, null)).toMatch(/^1 of 1 answer {6}/);
});

test("plain rows are for programs, and one line is for a prompt", () => {
  expect(statusPlain([rows[0] ?? never(), rows[3] ?? never(), rows[5] ?? never()])).toEqual([
    "nas\trunning\t119\t3f9c1e2d4b5a\t2026-11-21T11:52:01.000Z\t3542400\t0.42\t71\treboot for the kernel",
    expect.stringMatching(/^pi4\trunning\t119\ta41d0c7ffff\+\t.*\theld by bob@elm/),
    "offsite\tno answer\t\t\t\t\t\t\tssh: connect to host offsite: No route to host",
  ]);
  expect(statusOneline(rows, style)).toBe("✔3 ⚠2 ✖1");
  expect(statusOneline(rows, { ...style, ascii: true })).toBe("ok3 !2 x1");
  expect(generationsPlain("nas", seenHost())).toEqual([
    "nas\t119\t2026-11-21T11:52:01.000Z\t25.11.20261120.0fedcba\t6.12.11\t3f9c1e2d4b5a\trunning,boots,profile",
    "nas\t118\t2026-11-18T12:04:01.000Z\t25.11.20261109.abcdef0\t6.12.8\ta41d0c7ffff+\t",
    "nas\t117\t\t\t\t\tcollected",
  ]);
  expect(generationsPlain("offsite", silent)).toEqual([]);
});

function never(): never {
  throw new Error("there are six rows");
}

test("generations, newest first, with what runs and boots", () => {
  const lines = [
    ...generationsText("nas", seenHost(), style, morning, 0),
    ...generationsText("offsite", silent, style, morning, 0),
    ...generationsText("new", seenHost({ generations: [] }), style, morning, 0),
  ];
  expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
    "
    nas
      GEN  MADE               AGE  NIXOS                   KERNEL   REVISION
      119  2026-11-21 11:52  12 m  25.11.20261120.0fedcba  6.12.11  3f9c1e2   ✔ running, boots, profile
      118  2026-11-18 12:04   3 d  25.11.20261109.abcdef0  6.12.8   a41d0c7+
      117  –                    –  –                       –        –         collected
    offsite
      ✖ ssh: connect to host offsite: No route to host
    new
      no generations
    "
  `);
});

test("what hosts remember has the mark of edits, and no name twice", () => {
  const run = {
    run: "7f3kq2",
    phase: "confirmed",
    because: null,
    owner: "ada@fern",
    reason: null,
    goal: "switch",
    at: morning,
    revision: "c26897b1234",
    revisionDirty: true,
  };
  const text = hostHistoryText({ host: "nas", runs: [run], problem: null }, style, 0).join("\n");
  expect(text).toMatch(/7f3kq2 .* c26897b\+ /);
  const problem = { message: "nas: no connection to nas" };
  expect(hostHistoryText({ host: "nas", runs: null, problem }, style)).toEqual([
    "nas",
    "  ✖ no connection to nas",
  ]);
});

test("a document of generations says unknown where the boot default is", () => {
  const document = generationsDocument({ nas: seenHost({ bootDefault: null }), offsite: silent });
  expect(document.hosts["offsite"]).toBeNull();
  expect(document.hosts["nas"]?.[1]).toEqual({
    number: 119,
    system: "/nix/store/b-nixos",
    time: "2026-11-21T11:52:01.000Z",
    nixosVersion: "25.11.20261120.0fedcba",
    kernel: "6.12.11",
    revision: "3f9c1e2d4b5a",
    revisionDirty: false,
    running: true,
    bootDefault: null,
    profile: true,
  });
});

// Claim: whatever hosts say of themselves, tables fit, and drive no terminal.
test("no line of a status is wider than asked", () => {
  const sizes = fc.record({
    width: fc.integer({ min: 20, max: 170 }),
    ascii: fc.boolean(),
    colour: fc.constant(false),
  });
  const law = fc.property(foreignText, sizes, (text, size) => {
    const seen = seenHost({ failedUnits: [text], revision: text, nixosVersion: text } as never);
    const lines = [
      ...statusText([{ name: text, seen }, ...rows], size, moment),
      ...generationsText(text, seen, size, morning, 0),
    ];
    for (const line of lines) {
      expect(widthOf(line)).toBeLessThanOrEqual(size.width);
      expect(line).toMatch(size.ascii ? /^[\x20-\x7e]*$/ : /^\P{Cc}*$/u);
    }
  });
  fc.assert(law, { numRuns: 200 });
});
