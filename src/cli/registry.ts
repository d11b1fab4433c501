import type { CommandSpec } from "./command.ts";
import { execCommand } from "./commands/exec.ts";
import { explainCommand } from "./commands/explain.ts";
import { helpCommand } from "./commands/help.ts";
import { sshCommand } from "./commands/ssh.ts";
import { versionCommand } from "./commands/version.ts";

/** Every command there is, in the order of help. */
export const commands: readonly CommandSpec[] = [
  execCommand,
  sshCommand,
  explainCommand,
  helpCommand,
  versionCommand,
];
