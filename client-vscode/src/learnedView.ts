import * as vscode from "vscode";

import { isNamed, keyBinding, nodes, offers, recorded, type Learned, type Node } from "./learned.ts";
import { SECTION } from "./settings.ts";

/** The view of what repeats and of the automations, and whether what is done is written down. */
export class LearnedView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  private readonly view: vscode.TreeView<Node>;
  private readonly item: vscode.StatusBarItem;
  private readonly folders = new Map<string, Learned>();

  constructor() {
    this.view = vscode.window.createTreeView(`${SECTION}.learned`, { treeDataProvider: this });
    this.item = vscode.window.createStatusBarItem("activity", vscode.StatusBarAlignment.Left);
    this.item.name = "Understudy: Activity";
    this.item.command = `${SECTION}.pauseActivity`;
  }

  dispose(): void {
    this.view.dispose();
    this.item.dispose();
    this.changed.dispose();
  }

  /** Takes the server's `understudy/learned`. */
  update(folder: Learned): void {
    const before = this.folders.get(folder.root);
    // While the editor draws the rows anew, their buttons know no row.
    if (JSON.stringify(before) === JSON.stringify(folder)) return;
    this.folders.set(folder.root, folder);
    this.show();
  }

  /** No server runs: nothing is known. */
  clear(): void {
    this.folders.clear();
    this.show();
  }

  getChildren(parent?: Node): Node[] {
    return parent ? parent.children : nodes([...this.folders.values()]);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { None, Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    const below = node.open ? Expanded : Collapsed;
    const item = new vscode.TreeItem(node.label, node.children.length > 0 ? below : None);
    item.id = node.id;
    item.description = node.description;
    item.tooltip = node.tooltip;
    item.contextValue = node.context;
    if (node.icon) item.iconPath = new vscode.ThemeIcon(node.icon);
    return item;
  }

  private show(): void {
    this.changed.fire();
    const offered = offers([...this.folders.values()]);
    this.view.badge = offered.length > 0 ? { value: offered.length, tooltip: offered.join("\n") } : undefined;
    const state = recorded([...this.folders.values()]);
    this.item.text = state ? "$(eye)" : "$(eye-closed) paused";
    this.item.tooltip = state
      ? "Understudy writes down what you do here, to find what repeats. Click to pause."
      : "Understudy writes down nothing of what you do here. Click to go on.";
    if (state === undefined) this.item.hide();
    else this.item.show();
  }
}

/** What can be done with a line of the view without a server. */
export const ofNode: Record<string, (node: unknown) => Promise<void>> = {
  openAutomation: async (node) => {
    if (isNamed(node) && "script" in node)
      await vscode.window.showTextDocument(vscode.Uri.file(String(node.script)));
  },
  copyKeyBinding: async (node) => {
    if (!isNamed(node)) return;
    await vscode.env.clipboard.writeText(keyBinding(node));
    await vscode.commands.executeCommand("workbench.action.openGlobalKeybindingsFile");
  },
  copyCommandLine: async (node) => {
    if (isNamed(node)) await vscode.env.clipboard.writeText(`understudy run ${node.name}`);
  },
  neverAutomation: async (node) => {
    const [root, name] = isNamed(node) ? [node.root, node.name] : [];
    await vscode.commands.executeCommand(`${SECTION}.dismissAutomation`, root, name, true);
  },
};
