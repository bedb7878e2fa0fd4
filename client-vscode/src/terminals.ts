import * as vscode from "vscode";

import { SECTION } from "./settings.ts";

/** A command that has ended, as `understudy/terminal` tells of it. */
export interface Ended {
  command: string;
  cwd: string;
  exitCode: number | null;
  seconds: number | null;
  terminal: string;
}

interface Execution {
  commandLine: { value: string };
  cwd?: vscode.Uri;
}

interface Event {
  terminal: vscode.Terminal;
  execution: Execution;
  exitCode?: number;
}

/** Of VS Code 1.93 and later. */
interface ShellEvents {
  onDidStartTerminalShellExecution?: vscode.Event<Event>;
  onDidEndTerminalShellExecution?: vscode.Event<Event>;
}

/** Tells of the commands in terminals whose shell is integrated, while the user wants that. */
export function onCommandEnded(tell: (ended: Ended) => void): vscode.Disposable {
  const { onDidStartTerminalShellExecution: onStart, onDidEndTerminalShellExecution: onEnd } =
    vscode.window as ShellEvents;
  const begun = new WeakMap<Execution, number>();
  const known = new WeakMap<vscode.Terminal, string>();
  let count = 0;

  const name = (terminal: vscode.Terminal): string => {
    const found = known.get(terminal) ?? `terminal-${(count += 1).toString()}`;
    known.set(terminal, found);
    return found;
  };
  const started = onStart?.(({ execution }) => begun.set(execution, Date.now()));
  const ended = onEnd?.(({ terminal, execution, exitCode }) => {
    const { cwd, commandLine } = execution;
    const wanted = vscode.workspace.getConfiguration(SECTION, cwd).get("activity.terminal");
    if (wanted !== true || cwd?.scheme !== "file") return;
    const since = begun.get(execution);
    tell({
      command: commandLine.value,
      cwd: cwd.fsPath,
      exitCode: exitCode ?? null,
      seconds: since === undefined ? null : (Date.now() - since) / 1000,
      terminal: name(terminal),
    });
  });
  return vscode.Disposable.from(...[started, ended].filter((each) => each !== undefined));
}
