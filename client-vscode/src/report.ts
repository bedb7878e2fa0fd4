import * as vscode from "vscode";

import { SECTION } from "./settings.ts";

const COMMAND = `${SECTION}.showReport`;

/** The report of what was saved: the server's page in a panel that runs no script. */
export class ReportPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  dispose(): void {
    this.panel?.dispose();
  }

  /** The arguments of a command: here the editor shows the page. undefined: thought better of. */
  async completed(command: string, args: unknown[]): Promise<unknown[] | undefined> {
    if (command !== COMMAND || args.length > 0) return args;
    const folders = vscode.workspace.workspaceFolders ?? [];
    const folder = folders.length > 1 ? await vscode.window.showWorkspaceFolderPick() : folders[0];
    if (!folder && folders.length > 1) return undefined;
    return [folder?.uri.fsPath ?? null, "html"];
  }

  /** Shows what the server answered to a command, if that is the page. */
  present(command: string, answer: unknown): void {
    if (command !== COMMAND || typeof answer !== "string") return;
    this.panel ??= this.open();
    this.panel.webview.html = answer;
    this.panel.reveal();
  }

  private open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel(
      COMMAND,
      "Efficiency Report",
      vscode.ViewColumn.Active,
      { enableScripts: false, enableForms: false, enableCommandUris: false, localResourceRoots: [] },
    );
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    return panel;
  }
}
