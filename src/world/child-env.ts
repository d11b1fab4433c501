/** What a child may see of our environment: names that programs we start are known to read. */
const passedOn =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|TZ|SSH_AUTH_SOCK|XDG_\w+|NIX_\w+|GIT_\w+|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS|(?:https?|ftp|all|no)_proxy|DBUS_SESSION_BUS_ADDRESS|GNUPGHOME|KRB5\w+)$/i;

/**
 * The environment of a child: the few names it may see, messages in English, and a shell that ssh
 * and Nix may start, whatever the person's own is.
 */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const child: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && passedOn.test(name)) child[name] = value;
  }
  return { ...child, LC_ALL: "C", SHELL: "/bin/sh", ...more };
}
