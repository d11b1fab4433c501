import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Seen, SeenHost } from "../src/fleet/seen.ts";
import { widthOf } from "../src/lib/width.ts";
import { generationsDocument, generationsText } from "../src/view/generations-text.ts";
import { statusDocument, statusText } from "../src/view/status-text.ts";
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

test("what a test or boot left on purpose is no difference", () => {
  const left = { goal: "test", system: "/nix/store/c-nixos" };
  const seen = seenHost({ running: "/nix/store/c-nixos", left });
  const text = statusText([{ name: "nas", seen }], style, moment).join("\n");
  expect(text).not.toContain("does not run its profile");
  const drifted = statusText([{ name: "nas", seen: { ...seen, left: null } }], style, moment);
  expect(drifted.join("\n")).toContain("does not run its profile");
});

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
