import { expect, test } from "vitest";
import { sshProblem } from "../src/world/ssh-failure.ts";

// ssh's own words are kept by test/ssh.contract.test.ts; here is what becomes of them.
function problemFor(errors: readonly string[]): object {
  const failure = { host: "nas", address: "10.0.0.2", user: "root", tryThis: "ssh -F /x nas true" };
  return sshProblem({ ...failure, errors, talk: "", code: 255 }).report;
}

test("of another host key one line is shown, and no file of ours is offered for editing", () => {
  const alarm = [
    "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
    "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
    "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!",
    "Someone could be eavesdropping on you right now (man-in-the-middle attack)!",
    "It is also possible that a host key has just been changed.",
    "The fingerprint for the ED25519 key sent by the remote host is",
    "SHA256:6cGAzDbt3xYVIk.",
    "Please contact your system administrator.",
    "Add correct host key in /tmp/flurry-x/known_hosts to get rid of this message.",
    "Offending ED25519 key in /tmp/flurry-x/known_hosts:1",
    "Host key for nas has changed and you have requested strict checking.",
    "Host key verification failed.",
  ];
  expect(problemFor(alarm)).toEqual({
    code: "host-key-changed",
    message: "nas: 10.0.0.2 has another host key than the one that is known",
    evidence: [
      "The fingerprint for the ED25519 key sent by the remote host is SHA256:6cGAzDbt3xYVIk",
    ],
    hint: "If the machine is the right one: flurry host scan nas",
  });
  const short = ["Host key for nas has changed and you have requested strict checking."];
  expect(problemFor(short)).toMatchObject({ code: "host-key-changed", evidence: short });
});

test("of a key that is not known, and of none that fits, the line that says so", () => {
  const unknown = "No ED25519 host key is known for nas and you have requested strict checking.";
  expect(problemFor([unknown, "Host key verification failed."])).toMatchObject({
    code: "host-key-unknown",
    evidence: [unknown],
    hint: "flurry host scan nas",
  });
  const offer = "Unable to negotiate with 10.0.0.2: no matching host key type found.";
  expect(problemFor(["debug", offer])).toMatchObject({
    code: "host-key-changed",
    evidence: [offer],
  });
});
