import * as vscode from "vscode";

import {
  answers,
  complaint,
  grouped,
  lacking,
  type Folder,
  type Group,
  type Parameter,
  type Row,
} from "./jobs.ts";
import { SECTION } from "./settings.ts";

type Ask = (command: string, args: unknown[]) => Promise<unknown>;

/** The view of the tasks: what runs, what waits, what there was; and the output of one job, live. */
export class TasksView implements vscode.TreeDataProvider<Group | Row>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  private readonly view: vscode.TreeView<Group | Row>;
  private readonly output: vscode.OutputChannel;
  private readonly folders = new Map<string, Folder>();
  private followed: { root: string; job: number } | undefined;

  constructor(private readonly ask: Ask) {
    this.view = vscode.window.createTreeView(`${SECTION}.tasks`, { treeDataProvider: this });
    this.output = vscode.window.createOutputChannel("Understudy Task");
  }

  dispose(): void {
    this.view.dispose();
    this.output.dispose();
    this.changed.dispose();
  }

  /** Takes the server's `understudy/tasks`. */
  update(folder: Folder): void {
    this.folders.set(folder.root, folder);
    const open = [...this.folders.values()]
      .flatMap((each) => each.jobs)
      .filter((job) => job.state === "running" || job.state === "queued").length;
    this.view.badge = open
      ? { value: open, tooltip: `${open.toString()} tasks run or wait` }
      : undefined;
    this.changed.fire();
  }

  /** Takes the server's `understudy/taskOutput`. */
  print(root: string, job: number, text: string): void {
    if (this.followed?.root === root && this.followed.job === job) this.output.append(text);
  }

  /** No server runs: nothing is known. */
  clear(): void {
    this.folders.clear();
    this.view.badge = undefined;
    this.changed.fire();
  }

  getChildren(parent?: Group | Row): (Group | Row)[] {
    if (!parent) return grouped([...this.folders.values()]);
    return "rows" in parent ? parent.rows : [];
  }

  getTreeItem(element: Group | Row): vscode.TreeItem {
    if ("rows" in element) {
      const state =
        element.title === "History"
          ? vscode.TreeItemCollapsibleState.Collapsed
          : vscode.TreeItemCollapsibleState.Expanded;
      const group = new vscode.TreeItem(element.title, state);
      group.id = element.title;
      group.description = element.rows.length.toString();
      return group;
    }
    const item = new vscode.TreeItem(element.label);
    item.id = `${element.root}#${element.job.id.toString()}`;
    item.description = element.description;
    item.tooltip = element.tooltip;
    item.iconPath = new vscode.ThemeIcon(element.icon);
    item.contextValue = element.context;
    item.command = {
      command: `${SECTION}.showTaskOutput`,
      title: "Show Output",
      arguments: [element],
    };
    return item;
  }

  /** Shows what a job printed, and what it prints from now on. */
  async showOutput({ root, job, label }: Row): Promise<void> {
    this.followed = { root, job: job.id };
    this.output.clear();
    this.output.appendLine(`── ${label} #${job.id.toString()} ──`);
    const printed = await this.ask(`${SECTION}.taskOutput`, [root, job.id]);
    if (typeof printed === "string") this.output.append(printed);
    this.output.show(true);
  }

  async focus(): Promise<void> {
    await this.refresh();
    await vscode.commands.executeCommand(`${SECTION}.tasks.focus`);
  }

  /** The server tells of changes; who looks now wants to know how things are. */
  private async refresh(): Promise<void> {
    const listed = await this.ask(`${SECTION}.showTasks`, []);
    if (Array.isArray(listed)) for (const folder of listed as Folder[]) this.update(folder);
  }

  /** The arguments of a command, asked for where they are not given; undefined: thought better of. */
  async completed(command: string, args: unknown[]): Promise<unknown[] | undefined> {
    if (command === `${SECTION}.runTask`) {
      const picked = args.length === 0 ? await this.pickTask() : args;
      return picked && this.answered(picked);
    }
    if (command === `${SECTION}.cancelTask`) {
      const [first] = args;
      if (isRow(first)) return [first.root, first.job.id];
      if (args.length === 0) return this.pickJob();
    }
    return args;
  }

  /** Arguments of `runTask` with what the task lacks, asked for one by one. */
  private async answered([name, given, root]: unknown[]): Promise<unknown[] | undefined> {
    const known = await this.ask(`${SECTION}.taskParameters`, [name, root ?? null]);
    const values: Record<string, unknown> = { ...(given as object | undefined) };
    for (const each of lacking(Array.isArray(known) ? (known as Parameter[]) : [], values)) {
      const choices = answers(each);
      const answer = choices
        ? await vscode.window.showQuickPick(choices, { placeHolder: each.question })
        : await vscode.window.showInputBox({
            prompt: each.question,
            validateInput: (text) => complaint(each, text),
          });
      if (answer === undefined) return undefined;
      values[each.name] = answer;
    }
    return [name, values, root ?? null];
  }

  private async pickTask(): Promise<unknown[] | undefined> {
    await this.refresh();
    const items = [...this.folders.values()].flatMap((folder) =>
      folder.tasks.map((task) => ({
        label: task.title,
        description: task.name === task.title ? "" : task.name,
        detail: this.folders.size > 1 ? folder.root : "",
        args: [task.name, {}, folder.root],
      })),
    );
    const picked = await vscode.window.showQuickPick(items, { placeHolder: "Which task?" });
    return picked?.args;
  }

  private async pickJob(): Promise<unknown[] | undefined> {
    await this.refresh();
    const items = grouped([...this.folders.values()])
      .flatMap((group) => group.rows)
      .filter((row) => row.context !== "ended")
      .map((row) => ({
        label: row.label,
        description: row.description,
        args: [row.root, row.job.id],
      }));
    if (items.length === 0) {
      await vscode.window.showInformationMessage("Understudy: no task runs or waits.");
      return undefined;
    }
    const picked = await vscode.window.showQuickPick(items, { placeHolder: "Which one?" });
    return picked?.args;
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && "root" in value && "job" in value;
}
