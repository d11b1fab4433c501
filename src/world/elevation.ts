import type { HostSettings } from "../fleet/host.ts";
import { Problem } from "../lib/problem.ts";

// How a channel begins, and what those say who stand between the login and root. The words here
// are read by every login shell alike (see lib/quote.ts), so nothing of them needs `'`, `\` or `!`.

/** Where programs are that a bare ssh command, or sudo, often does not find. */
const path =
  "PATH=$PATH:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; LC_ALL=C; export PATH LC_ALL";

/** What we say to the login's side after it was refused. */
export const answers = { asUser: "user", withPassword: "password" } as const;

/**
 * The command that a login shell is given. It reports on stdout, each on a line that begins with
 * the mark: `login UID`, `refused CODE` if root was wanted and not had, `ready UID`. After `ready` it
 * waits for a line with the mark alone, and then for scripts.
 */
export function channelWords(mark: string, elevate: readonly string[]): readonly string[] {
  return beginWords(mark, elevate, scriptLoop(mark));
}

/** The same for one script whose stdin is what follows it. */
export function payloadWords(mark: string, elevate: readonly string[]): readonly string[] {
  return beginWords(mark, elevate, oneScript(mark));
}

function beginWords(mark: string, elevate: readonly string[], loop: string): readonly string[] {
  const report = `exec 2>&1; ${path}; echo; echo ${mark} login $(id -u); l=$1; shift`;
  const asUser = `exec /bin/sh -c "$l"`;
  if (elevate.length === 0) return ["/bin/sh", "-c", `${report}; ${asUser}`, "sh", loop];
  const script = [
    report,
    `[ "$(id -u)" = 0 ] && ${asUser}`,
    // Not exec: that it was refused is for us to know, and to decide what becomes of it.
    `"$@" /bin/sh -c "$l" && exit`,
    `c=$?; echo; echo ${mark} refused $c; read -r x || exit 1`,
    `[ "$x" = ${answers.asUser} ] && ${asUser}`,
    `[ "$x" = ${answers.withPassword} ] && exec sudo -k -S -- /bin/sh -c "$l"`,
    "exit 1",
  ];
  return ["/bin/sh", "-c", script.join("; "), "sh", loop, ...elevate];
}

/**
 * Length and end mark come with each script on stdin, for argv is public. A sudo that did not ask
 * leaves the password on stdin: lines before the mark are dropped. Ends after 90 s without a script.
 * It survives scripts that exit, that are no sh, and that kill their own shell.
 */
function scriptLoop(mark: string): string {
  return [
    begin(mark),
    "while n=$(timeout 90 head -c 9) && read -r m; do head -c $n | { /bin/sh -s; c=$?; cat >/dev/null; exit $c; }",
    "c=$?; echo; echo $m $c; done",
  ].join("; ");
}

/** `eval` in a shell of its own, so that the script may exit and its stdin is the payload. */
function oneScript(mark: string): string {
  return `${begin(mark)}; n=$(head -c 9); read -r m; s=$(head -c $n); (eval "$s"); c=$?; echo; echo $m $c`;
}

function begin(mark: string): string {
  return `${path}; echo; echo ${mark} ready $(id -u); while read -r x; do [ "$x" = ${mark} ] && break; done`;
}

/** The words in front of a command that make it root's, without a password. */
export function elevationWords(elevate: HostSettings["elevate"]): readonly string[] {
  if (elevate === null) return ["sudo", "-n", "--"];
  if (typeof elevate !== "string") return elevate;
  switch (elevate) {
    case "none":
      return [];
    case "sudo":
      return ["sudo", "-n", "--"];
    case "doas":
      return ["doas", "-n", "--"];
    case "run0":
      return ["run0", "--no-ask-password", "--"];
  }
}

/** Who refused whom, for a message. */
export interface Refusal {
  readonly host: string;
  readonly user: string;
  /** The words of the elevation; empty where there is none. */
  readonly words: readonly string[];
  /** What it said. */
  readonly talk: string;
  readonly code: number;
}

/** sudo would let us, with a password. Only sudo reads one from stdin. */
export function wantsPassword({ words, talk }: Refusal): boolean {
  return words[0] === "sudo" && /password is required|authentication is required/i.test(talk);
}

const optionErrors =
  /^usage:|(?:unknown|invalid|unrecognized|unexpected|illegal) (?:option|argument)/im;

/** Why root was not had: the elevation is broken, or it refused. */
export function refusalProblem(refusal: Refusal): Problem {
  const { host, user, words, code } = refusal;
  const evidence = talkLines(refusal.talk);
  const said = evidence[0] ?? `it ended with ${code} and said nothing`;
  const name = words[0] ?? "sudo";
  const more = { evidence };
  if (code === 127) {
    const message = `${host}: ${name} is not there for ${user}`;
    return new Problem("elevation-broken", message, { ...more, hint: otherElevation });
  }
  if (optionErrors.test(refusal.talk)) {
    const message = `${host}: ${name} does not know its options: ${said}`;
    return new Problem("elevation-broken", message, { ...more, hint: otherElevation });
  }
  if (/terminal is required|must have a tty|no tty present/i.test(refusal.talk)) {
    const message = `${host}: ${name} wants a terminal: ${said}`;
    const hint = "Take requiretty out of the host's sudoers.";
    return new Problem("elevation-broken", message, { ...more, hint });
  }
  if (/interactive authentication|polkit|askpass|authentication agent/i.test(refusal.talk)) {
    const message = `${host}: ${name} asks for an agent, and there is none: ${said}`;
    const hint = `Let ${user} use ${name} without being asked: with polkit, by a rule of the host.`;
    return new Problem("elevation-refused", message, { ...more, hint });
  }
  const message = `${host}: ${name} does not let ${user} be root: ${said}`;
  const hint = `Let ${user} use ${name} without a password, or log in as root ("user": "root").`;
  return new Problem("elevation-refused", message, { ...more, hint });
}

const otherElevation = 'Say how to become root there: "elevate": "doas", "run0" or a command.';

/** A command that ran, and was not root's after all. */
export function notRoot(host: string, user: string, words: readonly string[]): Problem {
  if (words.length === 0) {
    const message = `${host}: root is needed, ${user} is not root, and elevate is none`;
    return new Problem("elevation-refused", message, {
      hint: 'Set "elevate": "sudo" for this host, or "user": "root".',
    });
  }
  const message = `${host}: ${words[0]} ran as ${user}, not as root`;
  return new Problem("elevation-broken", message, { hint: otherElevation });
}

/**
 * sudo asks once more, so the password was wrong. It is time to close its stdin: that is one failed
 * attempt, where another line would be two. `talk` is all it said since it was given the password.
 */
export function asksAgain(talk: string): boolean {
  if (/sorry|try again|incorrect password|authentication fail/i.test(talk)) return true;
  const asking = talk.slice(talk.lastIndexOf("\n") + 1).trim();
  return asking.length > 2 && talk.indexOf(asking) < talk.lastIndexOf(asking);
}

/** What was said, without prompts, which are for nobody. */
function talkLines(talk: string): string[] {
  return talk
    .split("\n")
    .map((line) => line.replace(/^\[sudo[^\]]*\][^:]*: ?/, "").trim())
    .filter((line) => line !== "");
}
