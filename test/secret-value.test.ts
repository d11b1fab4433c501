import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { SecretValue } from "../src/lib/secret-value.ts";

test("a secret shows itself on no way out", () => {
  const secret = new SecretValue("hunter2");
  const error = new Error(`wrong: ${String(secret)}`, { cause: { secret } });
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: null, showHidden: true }),
    format("%s %o %j", secret, secret, secret),
    inspect(error),
    Object.entries(secret).join(","),
  ];
  expect(shown.filter((text) => text.includes("hunter2"))).toEqual([]);
  expect(secret.reveal()).toBe("hunter2");
});
