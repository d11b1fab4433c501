import { makeLatch } from "../lib/latch.ts";
import { type Problem, problemOf } from "../lib/problem.ts";
import { type Channel, type Means, openChannel, sendPayload } from "./channel.ts";
import { interrupted } from "./command-failure.ts";
import type { Place, Wanted } from "./connection.ts";
import { elevationWords } from "./elevation.ts";
import type { Meeting, Met, Route } from "./meeting.ts";
import type { Passwords } from "./passwords.ts";
import type { Surroundings } from "./shell.ts";
import { mayBeElsewhere } from "./ssh-failure.ts";
import { onAbort } from "./waiting.ts";
import type { Command, HostCommand, Output, Print, World } from "./world.ts";

/** The lines to all hosts of a run. */
export type Hosts = Pick<World, "onHost" | "sendTo" | "close">;

/** What the lines need of the world. */
export interface HostsMeans extends Means {
  readonly meeting: Meeting;
  readonly passwords: Passwords;
  readonly around: () => Surroundings;
  /** Tells what will be run, for those who want to see it. */
  readonly show: (words: readonly string[]) => void;
}

/** One host's lines: at most one for root and one for who logs in; the same where root logs in. */
interface Lines {
  root: Channel | null;
  user: Channel | null;
  /** Root needs a password there, or is not to be had: `if-possible` does not try again. */
  rootRefused: boolean;
  /** Resolves when all commands that were given are over. */
  queue: Promise<void>;
}

/** Opens lines when they are first needed, and anew where they were lost. */
export function keepHosts(means: HostsMeans): Hosts {
  const hosts = new Map<string, Lines>();
  const linesTo = (name: string): Lines => {
    const lines = hosts.get(name) ?? {
      root: null,
      user: null,
      rootRefused: false,
      queue: Promise.resolve(),
    };
    hosts.set(name, lines);
    return lines;
  };
  return {
    onHost: (command, print) => {
      const lines = linesTo(command.host.name);
      return inTurn(lines, command, async () => {
        const channel = openOne(lines, command) ?? (await openAnother(lines, command, means));
        return await channel.run(command, print);
      });
    },
    sendTo: (source, command, print) =>
      send(linesTo(command.host.name), means, source, command, print),
    close: async () => {
      const all = [...hosts.values()].flatMap(({ root, user }) => [root ?? [], user ?? []].flat());
      hosts.clear();
      await Promise.all([...new Set(all)].map((channel) => channel.close()));
    },
  };
}

/** Commands to one host go one after another; who is interrupted does not wait for their turn. */
async function inTurn<T>(
  lines: Lines,
  { host, signal }: HostCommand,
  act: () => Promise<T>,
): Promise<T> {
  const before = lines.queue;
  const over = makeLatch();
  lines.queue = before.then(() => over.opened);
  try {
    await untilAborted(before, signal);
    if (signal?.aborted) throw interrupted(host.name);
    return await act();
  } finally {
    over.open();
  }
}

async function untilAborted(turn: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const aborted = makeLatch();
  const lift = onAbort(signal, aborted.open);
  await Promise.race([turn, aborted.opened]);
  lift();
}

/** The open line that serves, if there is one. */
function openOne(lines: Lines, { asRoot, fresh }: HostCommand): Channel | null {
  if (fresh) return null;
  const root = lines.root?.isOpen() ? lines.root : null;
  const user = lines.user?.isOpen() ? lines.user : null;
  if (asRoot === undefined) return user;
  if (asRoot === "if-possible" && lines.rootRefused) return root ?? user;
  return root;
}

async function openAnother(
  lines: Lines,
  command: HostCommand,
  means: HostsMeans,
): Promise<Channel> {
  const met = means.meeting.find(command.host.name);
  const wanted = wantedOf(met, lines, command, means);
  const channel = await overRoutes(met, means, (place) => openChannel(place, wanted, means));
  lines.rootRefused ||= channel.rootRefused;
  const replaced = new Set<Channel | null>();
  if (command.fresh) {
    replaced.add(lines.root).add(lines.user);
    lines.root = null;
    lines.user = null;
  }
  if (channel.asRoot) {
    replaced.add(lines.root);
    lines.root = channel;
  }
  if (!channel.asRoot || channel.loginIsRoot) {
    replaced.add(lines.user);
    lines.user = channel;
  }
  // Nobody waits for the end of what is no longer used.
  for (const old of replaced) void old?.close();
  return channel;
}

function wantedOf(
  { elevate }: Met,
  lines: Lines,
  { asRoot, signal }: HostCommand,
  { passwords }: HostsMeans,
): Wanted {
  const root = asRoot === "if-possible" && lines.rootRefused ? false : (asRoot ?? false);
  return { root, elevate: elevationWords(elevate), passwords, signal };
}

/** Tries the host's addresses in order, until one is the host's. Throws what tells the most. */
async function overRoutes<T>(
  met: Met,
  means: HostsMeans,
  act: (place: Place) => Promise<T>,
): Promise<T> {
  if (met.problem) throw met.problem;
  if (met.isHere) return await act(placeHere(met, means));
  const problems: Problem[] = [];
  for (const route of met.routes) {
    try {
      const done = await act(placeOf(met, route, means));
      await means.meeting.prefer(met.host.name, route);
      return done;
    } catch (thrown) {
      const problem = problemOf(thrown);
      problems.push(problem);
      if (!mayBeElsewhere(problem)) throw problem;
    }
  }
  throw problems.find(({ code }) => code !== "host-unreachable") ?? problems[0];
}

function placeOf({ host, user }: Met, route: Route, { meeting, around, show }: HostsMeans): Place {
  const { alias, address, tryThis } = route;
  const ssh = ["ssh", "-F", meeting.config() ?? "none", alias];
  show([...ssh, "sh"]);
  return { host: host.name, address, user, ssh, tryThis, around: around() };
}

function placeHere({ host, user }: Met, { around }: HostsMeans): Place {
  const here = { address: "this machine", ssh: [], tryThis: "sh" };
  return { host: host.name, user, ...here, around: around() };
}

async function send(
  lines: Lines,
  means: HostsMeans,
  source: Command,
  command: HostCommand,
  print: Print | undefined,
): Promise<Output> {
  const met = means.meeting.find(command.host.name);
  if (met.problem) throw met.problem;
  const [route] = met.routes;
  const place = route ? placeOf(met, route, means) : placeHere(met, means);
  means.show(source.argv);
  const wanted = wantedOf(met, lines, command, means);
  const payload = { source, around: means.around() };
  return await sendPayload(place, wanted, means, payload, command, print);
}
