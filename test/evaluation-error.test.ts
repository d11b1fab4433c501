import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  evaluationProblem,
  framesOf,
  pathInTree,
  warningsWorthTelling,
} from "../src/nix/evaluation-error.ts";
import { NixLog } from "../src/nix/parse-log.ts";

function logOf(file: string): NixLog {
  const log = new NixLog();
  const text = readFileSync(join(import.meta.dirname, "data/nix-logs", file), "utf8");
  for (const line of text.split("\n")) log.line(line);
  return log.finish(1);
}

describe.each(["2.8.0", "2.26.3", "2.34.8"])("with Nix %s", (version) => {
  test("the innermost message is the headline, and the place has its source", () => {
    const log = logOf(`${version}/eval-undefined-variable.log`);
    const [frame] = framesOf(log.errors[0]?.text ?? "");
    expect(frame).toMatchObject({ file: "/home/ada/fleet/undef.nix", line: 3, column: 7 });
    const place = { position: "undef.nix:3:7", source: frame?.source ?? [] };
    const problem = evaluationProblem("nas", log, place);
    expect(problem.code).toBe("evaluation-failed");
    expect(problem.message).toBe(
      "nas does not evaluate: undefined variable 'undefinedVar' (undef.nix:3:7)",
    );
    expect(problem.evidence.join("\n")).toContain("b = undefinedVar;");
    expect(problem.hint).toBe("flurry plan nas -- --show-trace");
  });

  test("failed assertions are all shown", () => {
    const problem = evaluationProblem("nas", logOf(`${version}/eval-failed-assertions.log`), null);
    expect(problem.message).toBe("nas does not evaluate: Failed assertions:");
    expect(problem.evidence).toEqual([
      "- services.nginx: `virtualHosts.a.forceSSL` needs `enableACME`",
      "- The option `services.foo' does not exist.",
    ]);
  });
});

test("a usage error, which comes before there is a log, is shown as it is", () => {
  const problem = evaluationProblem("nas", logOf("2.8.0/usage-error.log"), null);
  expect(problem.message).toMatch(/^nas does not evaluate: \S/);
});

const hash = "40rblgdsha8p7d0clzwbvx0dysccaqdw";
test.each([
  [`/nix/store/${hash}-source/systems/nas/default.nix`, "systems/nas/default.nix"],
  ["«git+file:///home/ada/fleet?rev=1»/systems/nas.nix", "systems/nas.nix"],
  ["/home/ada/my fleet/a b.nix", "a b.nix"],
  ["<nix/derivation-internal.nix>", null],
])("%s is, in the repository, %s", (file, path) => {
  expect(pathInTree(file, "/home/ada/my fleet")).toBe(path);
});

test("settings of the flake that are not used become one warning, and noise none", () => {
  expect(
    warningsWorthTelling([
      "Git tree '/home/ada/fleet' is dirty",
      "ignoring untrusted flake configuration setting 'extra-substituters'",
      "ignoring untrusted flake configuration setting 'extra-trusted-public-keys'.\nPass '--accept-flake-config' to trust it",
      "error (ignored): error: SQLite database '/home/ada/.cache/x.sqlite' is busy",
      "the option x is deprecated",
    ]),
  ).toEqual([
    "the flake's own settings (extra-substituters, extra-trusted-public-keys) are not used; to allow them: -- --accept-flake-config",
    "the option x is deprecated",
  ]);
});
