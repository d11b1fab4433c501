import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { parseAddress } from "../fleet/address.ts";
import type { Host, HostSettings } from "../fleet/host.ts";
import { sshAlias, sshAliasOfAddress } from "../fleet/ssh-alias.ts";
import { Problem, problemOf } from "../lib/problem.ts";
import { shLine, splitWords } from "../lib/quote.ts";
import { realFiles } from "./files.ts";
import { makePrivateFolder } from "./private-folder.ts";
import { runHere, type Surroundings } from "./shell.ts";
import {
  asksForAgent,
  asksForTerminal,
  askSsh,
  askSshPlainly,
  knownHostsText,
  loginUserOf,
  parseHostKey,
  type Pin,
  type SshBlock,
  sshConfigText,
  type SshWords,
  takeConfigOut,
} from "./ssh-config.ts";
import { isOnlyReachableFromItself, isThisMachine, type ThisMachine } from "./this-machine.ts";

/** ssh only reads files when asked; a `Match exec` of the user may take a while. */
const askSeconds = 15;
/** How many hosts ssh is asked about at once. */
const askWidth = 8;

/** What the person said for this run; it wins over what the fleet says. */
export interface SshWishes {
  readonly sshOptions?: readonly string[] | undefined;
  readonly sshUser?: string | undefined;
  readonly elevate?: HostSettings["elevate"] | undefined;
}

/** A host that can be spoken to, or why not. */
export interface Met {
  readonly host: Host;
  /** It is this machine: no ssh. */
  readonly isHere: boolean;
  /** Who logs in. */
  readonly user: string;
  readonly elevate: HostSettings["elevate"];
  /** Its addresses, in the order in which they are tried. The first has the host's own alias. */
  readonly routes: readonly Route[];
  readonly problem: Problem | null;
}

/** One address of a host. */
export interface Route {
  readonly alias: string;
  readonly address: string;
  /** What a person types to get there. */
  readonly tryThis: string;
  readonly block: SshBlock;
}

/** The hosts of this run, and the ssh config that names them. */
export interface Meeting {
  readonly meet: (hosts: readonly Host[]) => Promise<void>;
  readonly find: (name: string) => Met;
  /** This address answered where others did not: from now on the host's alias means it. */
  readonly prefer: (name: string, route: Route) => Promise<void>;
  /** For `-F`; null as long as no host was met that needs ssh. */
  readonly config: () => string | null;
  readonly close: () => Promise<void>;
}

/** What the meeting needs. */
export interface MeetingPlace {
  readonly around: Surroundings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly machine: () => Promise<ThisMachine>;
  readonly wishes: SshWishes;
  readonly warn: (host: string | null, message: string) => void;
}

/** Nothing is connected here: ssh is asked what it would do, and told in one file what to do. */
export function startMeeting(place: MeetingPlace): Meeting {
  const { env, warn } = place;
  const met = new Map<string, Met>();
  let folder: string | null = null;
  let busy = Promise.resolve();

  const write = async (): Promise<void> => {
    const routes = [...met.values()].flatMap((each) => each.routes);
    if (routes.length === 0) return;
    folder ??= await makePrivateFolder(env["XDG_RUNTIME_DIR"]);
    const knownHostsFile = join(folder, "known_hosts");
    const blocks = routes.map(({ block }) => withKnownHosts(block, knownHostsFile));
    const pins = new Map(blocks.flatMap(({ pin }) => (pin ? [[pin.alias, pin]] : [])));
    const configs = new Set([...met.values()].map(({ host }) => wordsFor(host, place).config));
    const includes = [...configs].flatMap((config) => includesOf(config));
    await realFiles.write(knownHostsFile, knownHostsText([...pins.values()]), 0o600);
    await realFiles.write(join(folder, "config"), sshConfigText(blocks, includes), 0o600);
  };
  /** One writes at a time. */
  const alone = (act: () => Promise<void>): Promise<void> => {
    const done = busy.then(act);
    busy = done.catch(() => {});
    return done;
  };

  return {
    meet: (hosts) =>
      alone(async () => {
        const strangers = hosts.filter((host) => met.get(host.name)?.host !== host);
        const found = await meetAll(strangers, place);
        for (const each of found) met.set(each.host.name, each);
        const [first, another] = found.filter(wantsTerminal);
        if (first) warn(another ? null : first.host.name, terminalNotUsed);
        await write();
      }),
    find: (name) => {
      const found = met.get(name);
      if (found) return found;
      throw new Problem("bug", `${name} was not met before it was spoken to`);
    },
    prefer: (name, route) =>
      alone(async () => {
        const found = met.get(name);
        if (!found || found.routes[0] === route) return;
        const others = found.routes.filter((each) => each !== route);
        const routes = [route, ...others].map((each, index) => renamed(each, name, index + 1));
        met.set(name, { ...found, routes });
        await write();
      }),
    config: () => (folder === null ? null : join(folder, "config")),
    close: () =>
      alone(async () => {
        if (folder !== null) await realFiles.remove(folder);
        folder = null;
      }),
  };
}

const terminalNotUsed =
  "ssh's settings ask for a terminal (RequestTTY or -t). It is not used: it would damage what is copied.";

function wantsTerminal({ routes }: Met): boolean {
  return routes.some(({ block }) => asksForTerminal(block.asked));
}

async function meetAll(hosts: readonly Host[], place: MeetingPlace): Promise<readonly Met[]> {
  const met: Met[] = [];
  for (let at = 0; at < hosts.length; at += askWidth) {
    const some = hosts.slice(at, at + askWidth).map((host) => meetHost(host, place));
    met.push(...(await Promise.all(some)));
  }
  return met;
}

async function meetHost(host: Host, place: MeetingPlace): Promise<Met> {
  const { elevate = host.settings.elevate } = place.wishes;
  const nobody = { host, isHere: false, user: "", elevate, routes: [], problem: null };
  if (isThisMachine(host, await place.machine())) {
    return { ...nobody, isHere: true, user: userInfo().username };
  }
  if (isOnlyReachableFromItself(host)) return { ...nobody, problem: elsewhere(host) };
  try {
    const routes = await routesTo(host, place);
    const user = (routes[0] && loginUserOf(routes[0].block.asked)) ?? "";
    return { ...nobody, user, routes };
  } catch (thrown) {
    // It is this host's trouble; the others are met.
    return { ...nobody, problem: problemOf(thrown) };
  }
}

function elsewhere({ name, settings }: Host): Problem {
  const message = `${name}: ${settings.addresses.join(", ")} is every machine's own, and this one is not ${settings.hostName}`;
  return new Problem("host-elsewhere", message, {
    hint: `Run flurry on ${name}, or give it an address that others can reach.`,
  });
}

async function routesTo(host: Host, place: MeetingPlace): Promise<readonly Route[]> {
  const { name, settings } = host;
  const { around } = place;
  const words = wordsFor(host, place);
  const keys = settings.sshHostKey.map((key) => parseHostKey(name, key));
  const pin: Pin | null =
    keys.length === 0 ? null : { alias: sshAlias(name), keys, knownHostsFile: "" };
  const routes: Route[] = [];
  for (const text of settings.addresses) {
    const address = parseAddress(text).host;
    const [asked, plain] = await Promise.all([
      ask(name, askSsh(address, words), around),
      ask(name, askSshPlainly(address), around),
    ]);
    const alias = sshAliasOfAddress(name, routes.length + 1);
    const forwardsAgent = asksForAgent(settings.sshOptions);
    const block: SshBlock = { alias, address, asked, plain, pin, forwardsAgent };
    routes.push({ alias, address, tryThis: tryWords(address, words), block });
  }
  return routes;
}

async function ask(host: string, argv: readonly string[], around: Surroundings): Promise<string> {
  const accepts = Array.from({ length: 255 }, (_, index) => index + 1);
  const output = await runHere({ argv, timeoutSeconds: askSeconds, accepts }, around);
  if (output.code === 0) return output.stdout;
  const [first = `it ended with ${output.code}`] = output.stderr.split("\n");
  const message = `${host}: ssh does not like its configuration: ${first}`;
  const evidence = output.stderr.split("\n");
  throw new Problem("setting-broken", message, { evidence, hint: `Try: ${shLine(argv)}` });
}

/** What was said for this run comes first, then the fleet's, because ssh believes the first of two. */
function wordsFor({ settings }: Host, { env, wishes, around }: MeetingPlace): SshWords {
  const user = wishes.sshUser ?? settings.user;
  const { config, options } = takeConfigOut([
    ...(wishes.sshOptions ?? []),
    ...(user === null ? [] : ["-l", user]),
    ...(settings.port === null ? [] : ["-p", String(settings.port)]),
    ...settings.sshOptions,
    ...splitWords(env["NIX_SSHOPTS"] ?? ""),
  ]);
  const file = config ?? env["SSH_CONFIG_FILE"] ?? "";
  if (file === "" || file === "none") return { config: file || null, options };
  return { config: resolve(around.cwd ?? "/", file), options };
}

function includesOf(config: string | null): readonly string[] {
  if (config === "none") return [];
  if (config !== null) return [config];
  // ssh takes the home from the user database, whatever HOME says.
  return [join(userInfo().homedir, ".ssh/config"), "/etc/ssh/ssh_config"];
}

function tryWords(address: string, { config, options }: SshWords): string {
  const file = config === null ? [] : ["-F", config];
  return shLine(["ssh", ...file, ...options, address, "true"]);
}

function renamed(route: Route, name: string, number: number): Route {
  const alias = sshAliasOfAddress(name, number);
  return { ...route, alias, block: { ...route.block, alias } };
}

function withKnownHosts(block: SshBlock, knownHostsFile: string): SshBlock {
  return block.pin ? { ...block, pin: { ...block.pin, knownHostsFile } } : block;
}
