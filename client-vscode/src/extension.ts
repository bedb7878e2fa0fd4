import * as vscode from "vscode";

import { openReport, pages } from "./commands.ts";
import type { Row } from "./jobs.ts";
import { onInterpreterPicked } from "./interpreter.ts";
import { ofNode } from "./learnedView.ts";
import { Session } from "./session.ts";
import { SECTION } from "./settings.ts";
import { present, presentStrain, type Presentation, type Status } from "./status.ts";
import { onCommandEnded } from "./terminals.ts";

let session: Session | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("Understudy", { log: true });
  const item = vscode.window.createStatusBarItem("status", vscode.StatusBarAlignment.Left);
  item.name = "Understudy";
  const machine = vscode.window.createStatusBarItem("machine", vscode.StatusBarAlignment.Left);
  machine.name = "Understudy: Resources";
  const show = (status: Status, onClick: string): void => {
    fill(item, onClick, present(status));
    fill(machine, "showResources", presentStrain(status.strain));
  };
  const current = new Session(context, log, show);
  session = current;

  const command = (name: string, action: (...args: never[]) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`${SECTION}.${name}`, action);
  context.subscriptions.push(
    log,
    item,
    machine,
    current.tasks,
    current.sandbox,
    current.learned,
    current.report,
    current.dashboard,
    vscode.workspace.registerTextDocumentContentProvider(SECTION, pages),
    onCommandEnded((ended) => void current.commandEnded(ended)),
    ...Object.entries(ofNode).map(([name, action]) => command(name, action)),
    command("showTaskOutput", (row: Row) => current.tasks.showOutput(row)),
    command("restart", current.restart),
    command("showOutput", () => {
      log.show();
    }),
    command("reportProblem", async () => {
      await openReport(context.extension, await current.describe());
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => current.trustGranted()),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration(`${SECTION}.server`)) await current.restart();
      else if (event.affectsConfiguration(SECTION)) await current.configurationChanged();
    }),
    await onInterpreterPicked(() => current.reconsider()),
  );
  await current.restart();
}

function fill(item: vscode.StatusBarItem, onClick: string, shown: Presentation | undefined): void {
  if (!shown) {
    item.hide();
    return;
  }
  item.text = shown.text;
  item.tooltip = shown.tooltip;
  item.backgroundColor = shown.warning
    ? new vscode.ThemeColor("statusBarItem.warningBackground")
    : undefined;
  item.command = `${SECTION}.${onClick}`;
  item.show();
}

export async function deactivate(): Promise<void> {
  await session?.stop();
}
