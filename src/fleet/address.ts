import { Problem } from "../lib/problem.ts";

/** Where a host is, in its parts. */
export interface Address {
  /** A name, an IPv4 or an IPv6 address: without brackets, and with its zone (`fe80::1%eth0`). */
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
}

/**
 * Takes apart what people write: `nas`, `root@nas.lan:2222`, `ssh://root@nas`, `[fd77::11]:22`,
 * `fd77::11`. Throws `setting-broken` for what ssh could take for something else than an address.
 */
export function parseAddress(text: string): Address {
  const read = readAddress(text);
  if (read instanceof Problem) throw read;
  return read;
}

/** As `parseAddress`, giving the Problem back: for readers that collect all complaints. */
export function readAddress(text: string): Address | Problem {
  const bare = text.replace(/^ssh(?:-ng)?:\/\//, "").replace(/\/$/, "");
  const at = bare.lastIndexOf("@");
  const user = at < 0 ? null : bare.slice(0, at);
  const place = bare.slice(at + 1);
  const [, bracketed, behind] = /^\[([^[\]]*)\](?::(.*))?$/.exec(place) ?? [];
  const [, named, port] = /^([^:]*):([^:]*)$/.exec(place) ?? [];
  const host = bracketed ?? named ?? place;
  const written = bracketed === undefined ? port : behind;
  if (written !== undefined && !isPort(written)) {
    return broken(text, `${JSON.stringify(written)} is no port`);
  }
  if (user !== null && isOdd(user, /^[^\s:'"`$\\/-][^\s:'"`$\\/]*$/)) return oddPart(text, user);
  if (isOdd(host, /^(?!-)[\w.:%~-]+$/)) return oddPart(text, host);
  return { host, user, port: written === undefined ? null : Number(written) };
}

/** A loopback address, by which every machine means itself. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|.*\.localhost|127(?:\.\d+){1,3}|::1|0\.0\.0\.0|::)$/i.test(host);
}

function isPort(digits: string): boolean {
  return /^\d{1,5}$/.test(digits) && Number(digits) >= 1 && Number(digits) <= 65_535;
}

function isOdd(part: string, fine: RegExp): boolean {
  // oxlint-disable-next-line no-control-regex
  return !fine.test(part) || /[\u0000-\u001f\u007f]/.test(part);
}

function oddPart(text: string, part: string): Problem {
  return broken(text, `${JSON.stringify(part)} is no name that ssh would take as one`);
}

function broken(text: string, why: string): Problem {
  return new Problem("setting-broken", `address ${JSON.stringify(text)}: ${why}`, {
    hint: "Write it as NAME, NAME:PORT, USER@NAME or [IPv6]:PORT.",
  });
}
