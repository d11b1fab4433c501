import * as v from "valibot";
import { isHostName, isTag, isUserName } from "./names.ts";
import type { WrittenSettings } from "./settings.ts";

/**
 * What a person may want to know of a key, beside its schema. `fallback` is shown as it stands:
 * the value itself, or words where it depends on something (`hostName`).
 */
export interface SettingNote {
  readonly description: string;
  readonly fallback: string;
  readonly example: string;
  /** The variable that sets it for all hosts; null where one value for all makes no sense. */
  readonly variable: string | null;
}

/** A written value that does not fit. */
export interface Misfit {
  /** The dotted key: `policy.confirmSeconds`, `probes[0].port`; "" for the whole. */
  readonly key: string;
  /** `should be a string, it is null`, `is missing`. */
  readonly text: string;
}

/** An optional key with all that people may want to know of it. */
function noted<const Schema extends v.GenericSchema>(
  schema: Schema,
  description: string,
  fallback: string,
  example: string,
  variable: string | null = null,
) {
  return v.exactOptional(v.pipe(schema, v.metadata({ description, fallback, example, variable })));
}

// Each message says what is wanted; the sentence around it is made in one place, settings.ts.
const text = v.string("a string");
const flag = v.boolean("true or false");
const seconds = wholeNumber("a whole number of seconds, from 1 to 86400", 1, 86_400);
const port = wholeNumber("a port number, from 1 to 65535", 1, 65_535);
const word = v.pipe(text, v.regex(/^[^-\s\0][^\s\0]*$/u, "one word that does not begin with -"));
const line = v.pipe(text, v.regex(/^[^\0\r\n]*$/u, "one line"));
const words = v.array(line, "a list of strings");
const command = v.pipe(words, v.minLength(1, "a list of at least one string"));
const user = v.pipe(text, v.check(isUserName, "a login name"));
const publicKey = v.pipe(
  text,
  v.regex(
    /^(?:sk-)?(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521))(?:@openssh\.com)? [A-Za-z0-9+/]{40,}={0,3}(?: [^\0\r\n]*)?$/,
    "a public key (ssh-ed25519 AAAA…)",
  ),
);
const unitName = v.pipe(
  text,
  v.regex(/^[A-Za-z0-9:_.@*?\\-]+\.[a-z*]+$/, "unit names with their ending (nginx.service)"),
);

const isPlain = v.custom<Readonly<Record<string, unknown>>>(isPlainObject, "an object");

function isPlainObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wholeNumber(wanted: string, low: number, high: number) {
  return v.pipe(
    v.number(wanted),
    v.integer(wanted),
    v.minValue(low, wanted),
    v.maxValue(high, wanted),
  );
}

const probeCommon = {
  name: v.exactOptional(line),
  timeoutSeconds: v.exactOptional(seconds),
  tries: v.exactOptional(wholeNumber("a whole number from 1 to 100", 1, 100)),
  required: v.exactOptional(flag),
  from: v.exactOptional(v.picklist(["here", "host"], '"here" or "host"')),
};
const probe = v.variant(
  "kind",
  [
    v.strictObject({
      ...probeCommon,
      kind: v.literal("tcp"),
      address: v.exactOptional(word),
      port,
    }),
    v.strictObject({
      ...probeCommon,
      kind: v.literal("http"),
      url: v.pipe(
        text,
        v.regex(/^https?:\/\/[^\s\0]+$/, "an address that begins with http:// or https://"),
      ),
      status: v.exactOptional(wholeNumber("a status from 100 to 599", 100, 599)),
    }),
    v.strictObject({ ...probeCommon, kind: v.literal("unit"), unit: unitName }),
    v.strictObject({ ...probeCommon, kind: v.literal("command"), command }),
  ],
  'an object with kind "tcp", "http", "unit" or "command"',
);

const build = {
  on: noted(
    word,
    "Where its system is built: here, on the target itself, or on another host (a name or an address).",
    "here",
    '"target"',
    "FLURRY_BUILD_ON",
  ),
  substitutes: noted(
    flag,
    "The host fetches what it can from its own caches, and gets the rest from here.",
    "true",
    "false",
    "FLURRY_BUILD_SUBSTITUTES",
  ),
};

const policy = {
  goal: noted(
    v.picklist(["switch", "boot", "test"], '"switch", "boot" or "test"'),
    "What `flurry deploy` does with the new system.",
    "switch",
    '"boot"',
    "FLURRY_GOAL",
  ),
  confirm: noted(
    flag,
    "A new system is kept only when flurry reaches the host again. False: the host decides by its own look at the units.",
    "true",
    "false",
    "FLURRY_CONFIRM",
  ),
  fallback: noted(
    flag,
    "A system that fails is undone. False: it is left running, and the old one stays the boot default.",
    "true",
    "false",
    "FLURRY_FALLBACK",
  ),
  canary: noted(flag, "This host changes before the others.", "false", "true"),
  activationSeconds: noted(
    seconds,
    "How long an activation may be silent.",
    "240",
    "600",
    "FLURRY_ACTIVATION_SECONDS",
  ),
  activationLimitSeconds: noted(
    seconds,
    "How long an activation may take at all.",
    "1800",
    "3600",
    "FLURRY_ACTIVATION_LIMIT_SECONDS",
  ),
  confirmSeconds: noted(
    seconds,
    "How long the host waits for the word that it was reached again.",
    "30",
    "60",
    "FLURRY_CONFIRM_SECONDS",
  ),
  soakSeconds: noted(
    wholeNumber("a whole number of seconds, from 0 to 86400", 0, 86_400),
    "How long a new system is watched before it is confirmed.",
    "0",
    "120",
    "FLURRY_SOAK_SECONDS",
  ),
  evaluateSeconds: noted(
    seconds,
    "How long the evaluation of one host may take.",
    "600",
    "1200",
    "FLURRY_EVALUATE_SECONDS",
  ),
  units: noted(
    v.pipe(
      isPlain,
      v.record(unitName, v.picklist(["undo", "warn", "ignore"], '"undo", "warn" or "ignore"')),
    ),
    "What it means that a unit fails which did not fail before. Names may hold `*`.",
    "warn for units that wait for the network, undo for all others",
    '{ "backup.service": "warn" }',
  ),
};

const entries = {
  system: noted(text, "The system type.", "x86_64-linux", '"aarch64-linux"'),
  class: noted(
    v.picklist(
      ["nixos", "darwin", "system-manager", "image"],
      '"nixos", "darwin", "system-manager" or "image"',
    ),
    "What kind of machine it is; an image is built and never deployed.",
    "from the system",
    '"image"',
  ),
  hostName: noted(
    v.pipe(text, v.check(isHostName, "a host name (letters, digits, - and _, at most 63)")),
    "The name the machine gives itself.",
    "its name here",
    '"nas"',
  ),
  description: noted(line, "A few words about it.", "none", '"the box under the stairs"'),
  tags: noted(
    v.array(
      v.pipe(text, v.check(isTag, "a tag (small letters, digits, - and _)")),
      "a list of strings",
    ),
    "Labels by which hosts are selected: @web.",
    "none",
    '["web", "canary"]',
  ),
  enabled: noted(flag, "False: listed and checked, never deployed.", "true", "false"),
  users: noted(
    v.array(user, "a list of strings"),
    "Users whose homes in this repository belong to this host.",
    "none",
    '["alice"]',
  ),
  address: noted(
    v.union([text, v.pipe(v.array(text), v.minLength(1))], "an address, or a list of addresses"),
    "How to reach it: a name or an address, or a list of them, tried in order.",
    "hostName",
    '"192.168.1.10"',
  ),
  port: noted(port, "The port of its sshd.", "ssh decides", "2222"),
  user: noted(user, "The login name.", "ssh decides", '"deployer"', "FLURRY_USER"),
  sshOptions: noted(
    words,
    "More words for every ssh to it.",
    "none",
    '["-o", "ConnectTimeout=20"]',
  ),
  sshHostKey: noted(
    v.union(
      [publicKey, v.pipe(v.array(publicKey), v.minLength(1))],
      "a public key (ssh-ed25519 AAAA…), or a list of them",
    ),
    "Its public key, or a list of them: nothing else is then believed.",
    "the known_hosts of the user",
    '"ssh-ed25519 AAAA…"',
  ),
  elevate: noted(
    v.union(
      [v.picklist(["none", "sudo", "doas", "run0"]), command],
      '"sudo", "doas", "run0", "none" or a list of words',
    ),
    "How the login user becomes root.",
    "not at all for root, else sudo",
    '"doas"',
    "FLURRY_ELEVATE",
  ),
  machineId: noted(
    v.pipe(text, v.regex(/^[0-9a-f]{32}$/, "32 digits of /etc/machine-id")),
    "Its /etc/machine-id: a machine with another one is refused.",
    "not compared",
    '"6f1c…"',
  ),
  local: noted(
    flag,
    "This host may be deployed without ssh by flurry running on it.",
    "true",
    "false",
  ),
  build: group(build),
  profiles: noted(
    v.pipe(
      isPlain,
      v.record(
        v.pipe(text, v.regex(/^\w[\w.-]*$/, "plain names")),
        v.pipe(isPlain, v.object({ user })),
      ),
    ),
    "What has generations on it, and whose it is.",
    'system, of user "root"',
    '{ "system": { "user": "root" } }',
  ),
  profileOrder: noted(
    v.array(word, "a list of strings"),
    "In which order profiles change.",
    "system first",
    '["system"]',
  ),
  policy: group(policy),
  probes: noted(
    v.array(probe, "a list of objects"),
    "Questions to the changed host, asked before a system is kept.",
    "none",
    '[{ "kind": "tcp", "port": 443 }]',
  ),
};

function group<const Entries extends v.ObjectEntries>(entriesOfGroup: Entries) {
  return v.exactOptional(v.pipe(isPlain, v.object(entriesOfGroup)));
}

const schema = v.pipe(isPlain, v.object(entries));

/** The keys of one level: of a host's settings, or of its group `build` or `policy`. */
export function knownKeys(ofGroup: "" | "build" | "policy"): readonly string[] {
  return Object.keys({ "": entries, build, policy }[ofGroup]);
}

/** All settings by dotted key, in the order of the reference, with what there is to say of them. */
export function settingNotes(): ReadonlyMap<string, SettingNote> {
  const notes = new Map<string, SettingNote>();
  for (const [key, entry] of Object.entries(entries)) {
    if (key === "build" || key === "policy") {
      for (const [inner, one] of Object.entries({ build, policy }[key])) {
        notes.set(`${key}.${inner}`, noteOf(one));
      }
    } else {
      notes.set(key, noteOf(entry));
    }
  }
  return notes;
}

/** The settings that fit, and what does not. Keys that nobody knows are left out in silence. */
export function fitSettings(written: unknown): {
  readonly settings: WrittenSettings;
  readonly misfits: readonly Misfit[];
} {
  const first = v.safeParse(schema, written);
  if (first.success) return { settings: first.output, misfits: [] };
  const misfits = first.issues.map(misfitOf);
  const second = v.safeParse(schema, without(written, misfits));
  return { settings: second.success ? second.output : {}, misfits };
}

/** As JSON values are called in messages: `null`, `a list`, `"eth0"`, `17`. */
function nameOfFound(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const shown = JSON.stringify(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}…"` : shown;
}

function misfitOf(issue: v.BaseIssue<unknown>): Misfit {
  const key = (issue.path ?? [])
    .map(({ key: part }) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
  if (issue.expected === "never") return { key, text: "is not a key here" };
  if (issue.received === "undefined") return { key, text: "is missing" };
  return { key, text: `should be ${issue.message}, it is ${nameOfFound(issue.input)}` };
}

/** The same without the keys that do not fit; of the groups only the inner key goes. */
function without(written: unknown, misfits: readonly Misfit[]): unknown {
  if (!isRecord(written)) return {};
  const left: Record<string, unknown> = { ...written };
  for (const { key } of misfits) {
    const [outer = "", inner = ""] = key.split(/[.[]/);
    const whole = left[outer];
    const isGroup = outer === "build" || outer === "policy";
    if (!isGroup || inner === "" || !isRecord(whole)) delete left[outer];
    else left[outer] = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== inner));
  }
  return left;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value);
}

function noteOf(entry: { readonly wrapped: v.GenericSchema }): SettingNote {
  const { description, fallback, example, variable } = v.getMetadata(entry.wrapped);
  return {
    description: String(description),
    fallback: String(fallback),
    example: String(example),
    variable: typeof variable === "string" ? variable : null,
  };
}
