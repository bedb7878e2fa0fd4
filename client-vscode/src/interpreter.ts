import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";

import type { ManagedEnvironment } from "./managed.ts";
import { executable, importFailure, NoInterpreter } from "./python.ts";
import { SECTION } from "./settings.ts";

export interface Interpreter {
  path: string;
  origin: "setting" | "workspace" | "managed environment";
}

/** The part of the Python extension's public interface that is used here. */
interface PythonExtension {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(
      environment: unknown,
    ): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

const PYTHON_EXTENSION = "ms-python.python";

/**
 * The interpreter that runs the server: the one the settings name; else, in a trusted workspace, the
 * workspace's own if it has Understudy; else the extension's managed environment, made when missing.
 */
export async function chooseInterpreter(managed: ManagedEnvironment): Promise<Interpreter> {
  const named = configured();
  if (named) {
    const reason = await importFailure(named);
    if (reason === undefined) return { path: named, origin: "setting" };
    throw new NoInterpreter(
      `The interpreter in the setting "${SECTION}.server.interpreter" cannot run Understudy: ` +
        `${reason}. Install Understudy there (${named} -m pip install understudy), name another ` +
        `interpreter (Python 3.11 or newer), or clear the setting.`,
    );
  }
  if (vscode.workspace.isTrusted) {
    for (const path of await workspaceInterpreters()) {
      if ((await importFailure(path)) === undefined)
        return { path, origin: "workspace" };
    }
  }
  return { path: await managed.interpreter(), origin: "managed environment" };
}

/** Calls `listener` when the user picks another interpreter for the workspace. */
export async function onInterpreterPicked(listener: () => unknown): Promise<vscode.Disposable> {
  const python = await pythonExtension();
  return (
    python?.environments.onDidChangeActiveEnvironmentPath(listener) ??
    new vscode.Disposable(() => undefined)
  );
}

function configured(): string | undefined {
  const value = vscode.workspace.getConfiguration(SECTION).get<string>("server.interpreter", "");
  const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  return (
    value.trim().replace("${workspaceFolder}", root).replace(/^~(?=[/\\])/, homedir()) || undefined
  );
}

async function workspaceInterpreters(): Promise<string[]> {
  const python = await pythonExtension();
  const found: (string | undefined)[] = [];
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    if (python) {
      const active = python.environments.getActiveEnvironmentPath(uri);
      const resolved = await python.environments.resolveEnvironment(active);
      found.push(resolved?.executable.uri?.fsPath);
    }
    found.push(executable(join(uri.fsPath, ".venv")));
  }
  return [...new Set(found)].filter((path) => path !== undefined && existsSync(path)) as string[];
}

async function pythonExtension(): Promise<PythonExtension | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>(PYTHON_EXTENSION);
  return extension?.activate();
}
