import type { CommandSpec } from "./command.ts";
import { deployCommand, goalCommands } from "./commands/deploy.ts";
import { diffCommand } from "./commands/diff.ts";
import { execCommand } from "./commands/exec.ts";
import { explainCommand } from "./commands/explain.ts";
import { generationsCommand } from "./commands/generations.ts";
import { helpCommand } from "./commands/help.ts";
import { historyCommand, historyLogCommand, historyShowCommand } from "./commands/history.ts";
import { logsCommand } from "./commands/logs.ts";
import {
  configShowCommand,
  hostListCommand,
  hostScanCommand,
  hostShowCommand,
} from "./commands/host.ts";
import { lockReleaseCommand, lockShowCommand } from "./commands/lock.ts";
import { buildCommand, dryBuildCommand, planCommand } from "./commands/plan.ts";
import { probeCommand } from "./commands/probe.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { runCommands } from "./commands/run-others.ts";
import { sshCommand } from "./commands/ssh.ts";
import { statusCommand } from "./commands/status.ts";
import { gcCommand, rebootCommand } from "./commands/upkeep.ts";
import { versionCommand } from "./commands/version.ts";

/** Every command there is, in the order of help. */
export const commands: readonly CommandSpec[] = [
  statusCommand,
  planCommand,
  diffCommand,
  deployCommand,
  ...goalCommands,
  buildCommand,
  dryBuildCommand,
  generationsCommand,
  rollbackCommand,
  historyCommand,
  historyShowCommand,
  historyLogCommand,
  logsCommand,
  ...runCommands,
  lockShowCommand,
  lockReleaseCommand,
  hostListCommand,
  hostShowCommand,
  hostScanCommand,
  execCommand,
  sshCommand,
  rebootCommand,
  gcCommand,
  probeCommand,
  configShowCommand,
  explainCommand,
  helpCommand,
  versionCommand,
];
