import * as vscode from "vscode";

import { SECTION } from "./settings.ts";

/** What commands print that are tried in the sandbox, as it comes. */
export class Sandbox implements vscode.Disposable {
  private readonly output = vscode.window.createOutputChannel("Understudy Sandbox");

  dispose(): void {
    this.output.dispose();
  }

  /** Takes the server's `understudy/sandboxOutput`. */
  print(text: string): void {
    this.output.append(text);
  }

  /** The arguments of a command, asked for where they are not given; undefined: thought better of. */
  async completed(command: string, args: unknown[]): Promise<unknown[] | undefined> {
    if (command !== `${SECTION}.runInSandbox`) return args;
    const picked = args.length === 0 ? await pick() : args;
    if (picked) {
      this.output.clear();
      this.output.appendLine(`── ${String(picked[0])} ──`);
      this.output.show(true);
    }
    return picked;
  }
}

async function pick(): Promise<unknown[] | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const folder = folders.length > 1 ? await vscode.window.showWorkspaceFolderPick() : folders[0];
  if (!folder) return folders.length > 1 ? undefined : [""];
  const line = await vscode.window.showInputBox({
    prompt:
      "Which command? What it would change is shown, and nothing is changed. Pipes, && and > need a shell: sh -c '…'",
    placeHolder: "npm test",
  });
  return line?.trim() ? [line, folder.uri.fsPath] : undefined;
}
