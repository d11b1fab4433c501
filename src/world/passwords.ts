import { makeLatch } from "../lib/latch.ts";
import { Problem } from "../lib/problem.ts";
import type { SecretValue } from "../lib/secret-value.ts";

/** The passwords of a run: each user's asked once, and a wrong one tried once. */
export interface Passwords {
  /**
   * Gives the user's password to `attempt`, which tells whether it was right. Until one host has
   * taken it, only one tries; when it was wrong there, nobody else does: three lock an account.
   * Throws `password-needed` where nobody can be asked, `password-wrong`.
   */
  readonly use: (
    user: string,
    host: string,
    attempt: (password: SecretValue) => Promise<boolean>,
  ) => Promise<void>;
}

/** Asks a person; undefined: they did not answer. */
export type AskPassword = (prompt: string) => Promise<SecretValue | undefined>;

interface Known {
  readonly asked: Promise<SecretValue | undefined>;
  isProven: boolean;
  /** The host that refused it. */
  wrongOn: string | null;
  /** Resolves when the attempts before are over. */
  turn: Promise<void>;
}

/** No `ask`: there is nobody to be asked. */
export function keepPasswords(ask: AskPassword | undefined): Passwords {
  const known = new Map<string, Known>();

  const passwordOf = (user: string): Known => {
    const entry = known.get(user) ?? {
      asked: ask ? ask(`sudo password of ${user}`) : Promise.resolve(undefined),
      isProven: false,
      wrongOn: null,
      turn: Promise.resolve(),
    };
    known.set(user, entry);
    return entry;
  };

  return {
    use: async (user, host, attempt) => {
      const entry = passwordOf(user);
      const password = await entry.asked;
      if (password === undefined) throw nobodyToAsk(user, host);
      const before = entry.turn;
      const over = makeLatch();
      if (!entry.isProven) {
        entry.turn = over.opened;
        await before;
        // Once it is known to be right, the others need not wait for each other.
        if (entry.isProven) over.open();
      }
      try {
        if (entry.wrongOn !== null) throw wrong(user, host, entry.wrongOn);
        if (await attempt(password)) {
          entry.isProven = true;
        } else {
          if (!entry.isProven) entry.wrongOn = host;
          throw wrong(user, host, host);
        }
      } finally {
        over.open();
      }
    },
  };
}

function nobodyToAsk(user: string, host: string): Problem {
  return new Problem("password-needed", `${host}: sudo wants the password of ${user}`, {
    hint: `Run flurry in a terminal, or let ${user} use sudo without a password.`,
  });
}

function wrong(user: string, host: string, where: string): Problem {
  const message =
    host === where
      ? `${host}: sudo did not take the password of ${user}`
      : `${host}: the password of ${user} was wrong on ${where}, and is not tried again`;
  return new Problem("password-wrong", message, { hint: "Run it again with the right password." });
}
