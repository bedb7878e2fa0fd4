import * as vscode from "vscode";

import { SECTION } from "./settings.ts";

/** What a command answers with, to be read: nothing to save, and a page that is shown again is the
 * same one. */
export class Pages implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "";
  }

  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SECTION, path: `/${name}` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    if (name.endsWith(".md") && (await rendered(uri))) return;
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  }
}

/** Whether the editor shows it as it is meant to be read; who has switched its Markdown off reads the
 * text. */
async function rendered(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.commands.executeCommand("markdown.showPreview", uri);
    await vscode.commands.executeCommand("markdown.preview.refresh");
    return true;
  } catch {
    return false;
  }
}

export const pages = new Pages();

const NAMES: Record<string, string> = {
  [`${SECTION}.showLeftOut`]: "What Is Left Out.txt",
  [`${SECTION}.showPatterns`]: "What Repeats.md",
  [`${SECTION}.showAutomations`]: "Automations.md",
  [`${SECTION}.showResources`]: "Resources.md",
  [`${SECTION}.showWorkflows`]: "Workflows.md",
  [`${SECTION}.showRecommendations`]: "Recommendations.md",
};
const DIFFS = [`${SECTION}.showChanges`, `${SECTION}.previewAutomation`];

/** What is profiled without being named is what one looks at: the file, and the test at the cursor. */
export function atCursor(command: string, args: unknown[]): unknown[] {
  const editor = vscode.window.activeTextEditor;
  if (command !== `${SECTION}.profileFile` || args.length > 0 || !editor) return args;
  return [editor.document.uri.toString(), editor.selection.active.line + 1];
}

/** Shows the user what the server answered to one of its commands. */
export async function present(command: string, answer: unknown): Promise<void> {
  if (command === `${SECTION}.showStatus` && typeof answer === "string") {
    await vscode.window.showInformationMessage("Understudy", { modal: true, detail: answer });
  } else if (typeof answer === "string" && NAMES[command]) {
    await pages.show(NAMES[command], `${answer}\n`);
  } else if (typeof answer === "string" && DIFFS.includes(command)) {
    if (answer.includes("\n")) await pages.show("Preview.diff", answer);
    else await vscode.window.showInformationMessage(`Understudy: ${answer}`);
  } else if (command === `${SECTION}.scanWorkspace` && isScan(answer)) {
    const { files, findings } = answer;
    const text = `Understudy checked ${count(files, "file")}: ${count(findings, "finding")}.`;
    const choice = await vscode.window.showInformationMessage(text, "Show Problems");
    if (choice) await vscode.commands.executeCommand("workbench.actions.view.problems");
  }
}

/** Opens an unsaved Markdown document that the user can read, shorten and paste into a report. */
export async function openReport(
  extension: vscode.Extension<unknown>,
  session: string,
): Promise<void> {
  const { version } = extension.packageJSON as { version: string };
  const content = [
    "# Understudy: problem report",
    "",
    "<!-- Nothing was sent. Tell what you did, what happened and what you expected; remove what",
    "     you do not want to share (paths, names); then paste this into a new issue. -->",
    "",
    "## What happened",
    "",
    "",
    "## Versions",
    "",
    `- Extension: ${version}`,
    `- VS Code: ${vscode.version} (${vscode.env.appName}${vscode.env.remoteName ? `, ${vscode.env.remoteName}` : ""})`,
    `- System: ${process.platform} ${process.arch}, Node ${process.versions.node}`,
    `- Workspace: ${vscode.workspace.isTrusted ? "trusted" : "not trusted"}`,
    session,
    "",
  ].join("\n");
  const document = await vscode.workspace.openTextDocument({ language: "markdown", content });
  await vscode.window.showTextDocument(document);
}

function isScan(answer: unknown): answer is { files: number; findings: number } {
  return typeof answer === "object" && answer !== null && "files" in answer && "findings" in answer;
}

function count(number: number, noun: string): string {
  return `${number.toString()} ${noun}${number === 1 ? "" : "s"}`;
}
