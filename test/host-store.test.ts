import { describe, expect, test } from "vitest";
import { askCopyWay, copyWayOf, parseMissing, parseSystem } from "../src/nix/host-store.ts";
import { hostOf } from "../src/testing/hosts.ts";

const nixDaemon = "/opt/n/bin/nix-daemon";

describe("a closure goes", () => {
  const way = (elevate: "sudo" | "doas" | "none" | null, answer: string): object =>
    copyWayOf(hostOf("nas", { elevate }), nixDaemon, false, answer);

  test("through root's own daemon, with little patience for caches", () => {
    expect(way(null, "user-is-root\n")).toEqual({
      kind: "daemon",
      remoteProgram: [
        nixDaemon,
        ..."--option connect-timeout 5 --option download-attempts 3".split(" "),
      ],
      checkSignatures: false,
    });
  });

  test("through the daemon for a trusted user, who needs no root", () => {
    expect(way(null, "trusted\nroot-daemon\n")).toMatchObject({ remoteProgram: [nixDaemon] });
  });

  test("through root's daemon where it may be started without a password", () => {
    expect(way(null, "root-daemon\n")).toMatchObject({
      remoteProgram: ["sudo", "-n", "--", nixDaemon],
    });
    expect(way("doas", "root-daemon\n")).toMatchObject({
      remoteProgram: ["doas", "-n", nixDaemon],
    });
  });

  test("else through the guard", () => {
    expect(way(null, "")).toEqual({ kind: "import" });
    expect(way("none", "")).toEqual({ kind: "import" });
  });

  test("with signatures always through the daemon of the user, who asks for nothing", () => {
    expect(copyWayOf(hostOf("nas"), nixDaemon, true, "")).toEqual({
      kind: "daemon",
      remoteProgram: [nixDaemon],
      checkSignatures: true,
    });
  });
});

test("a user's own way to become root is none that Nix could be given", () => {
  expect(askCopyWay(hostOf("nas", { elevate: ["ssh", "root@localhost"] }), nixDaemon).args).toEqual(
    [nixDaemon, "none"],
  );
});

test("missing paths are read, and nothing else", () => {
  expect(parseMissing("/nix/store/a\nwarning: x\n/nix/store/b\n\n")).toEqual([
    "/nix/store/a",
    "/nix/store/b",
  ]);
});

test("a host's word on a system: paths, what was chosen, units", () => {
  const text = [
    "== paths",
    "/nix/store/s   \t  10",
    "/nix/store/htop\t   5",
    "== chosen",
    "/nix/store/htop",
    "== units",
    "123 45 nginx.service",
    "678 9 multi-user.target.wants/nginx.service",
    "",
  ].join("\n");
  expect(parseSystem(text, "/nix/store/s")).toEqual({
    closure: {
      system: "/nix/store/s",
      paths: [
        { path: "/nix/store/s", bytes: 10 },
        { path: "/nix/store/htop", bytes: 5 },
      ],
      chosen: ["/nix/store/htop"],
    },
    units: { "nginx.service": "123 45", "multi-user.target.wants/nginx.service": "678 9" },
  });
});

test("a host that does not have the system says so", () => {
  expect(parseSystem("== paths\n== missing\n", "/nix/store/s")).toBeNull();
  expect(parseSystem("no nix on this host\n", "/nix/store/s")).toBeNull();
});
