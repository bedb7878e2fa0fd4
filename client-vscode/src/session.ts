import type { Readable } from "node:stream";
import { createInterface } from "node:readline";
import * as vscode from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  RevealOutputChannelOn,
  type LanguageClientOptions,
} from "vscode-languageclient/node";

import { LANGUAGES, PATTERNS } from "./attached.ts";
import * as automations from "./automations.ts";
import { coalesced } from "./coalesce.ts";
import { atCursor, present as presentAnswer } from "./commands.ts";
import { DashboardPanel } from "./dashboard.ts";
import { chooseInterpreter, type Interpreter } from "./interpreter.ts";
import { ManagedEnvironment } from "./managed.ts";
import { NoInterpreter } from "./python.ts";
import { Sandbox } from "./sandbox.ts";
import { givenSettings, SECTION, serverSettings } from "./settings.ts";
import type { Folder } from "./jobs.ts";
import * as recommendations from "./recommendations.ts";
import type { Learned } from "./learned.ts";
import { LearnedView } from "./learnedView.ts";
import { ReportPanel } from "./report.ts";
import type { Status } from "./status.ts";
import { TasksView } from "./tasks.ts";
import type { Ended } from "./terminals.ts";

const CRASHES = 3;
const CRASH_WINDOW_MINUTES = 3;

/** One language server for the window: at most one runs, and only this class starts and stops it. */
export class Session {
  /** Stops the server if it runs, chooses the interpreter anew, and starts it. */
  readonly restart = coalesced(() => this.replace());

  /** What the server answers to a command, undefined while none runs. */
  private readonly ask = async (command: string, args: unknown[]): Promise<unknown> => {
    if (!this.client?.isRunning()) return undefined;
    const answer: unknown = await this.client.sendRequest(ExecuteCommandRequest.type, {
      command,
      arguments: args,
    });
    return answer;
  };

  readonly tasks = new TasksView(this.ask);

  readonly sandbox = new Sandbox();

  readonly learned = new LearnedView();

  readonly report = new ReportPanel();

  readonly dashboard = new DashboardPanel();

  private client: LanguageClient | undefined;
  private interpreter: Interpreter | undefined;
  private failure: string | undefined;
  private crashes: number[] = [];
  private readonly settings: string[];
  private readonly managed: ManagedEnvironment;

  constructor(
    context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly show: (status: Status, onClick: "showStatus" | "showOutput") => void,
  ) {
    this.settings = serverSettings(context.extension.packageJSON);
    this.managed = new ManagedEnvironment(
      context.globalStorageUri,
      context.asAbsolutePath("wheels"),
      log,
    );
  }

  /** What the session knows of itself, as lines of Markdown. */
  async describe(): Promise<string> {
    const own = [
      `- Interpreter: ${this.interpreter ? `${this.interpreter.path} (${this.interpreter.origin})` : "none"}`,
      `- Server: ${this.failure ?? (this.client?.isRunning() ? "running" : "not running")}`,
    ].join("\n");
    if (!this.client?.isRunning()) return own;
    const answer: unknown = await this.client.sendRequest(ExecuteCommandRequest.type, {
      command: `${SECTION}.debugInfo`,
    });
    return `${own}\n\n${String(answer)}`;
  }

  /** Tells the server of a grant; an interpreter that the grant allows takes over. */
  async trustGranted(): Promise<void> {
    if (this.client?.isRunning())
      await this.client.sendNotification(`${SECTION}/trust`, { trusted: true });
    await this.reconsider();
  }

  /** Tells the server of a command in a terminal. */
  async commandEnded(ended: Ended): Promise<void> {
    if (this.client?.isRunning())
      await this.client.sendNotification(`${SECTION}/terminal`, ended);
  }

  /** Sends the settings again after a change of them. */
  async configurationChanged(): Promise<void> {
    if (this.client?.isRunning())
      await this.client.sendNotification(DidChangeConfigurationNotification.type, {
        settings: { [SECTION]: this.given() },
      });
  }

  /** Restarts if another interpreter would now be chosen. */
  async reconsider(): Promise<void> {
    const choice = await chooseInterpreter(this.managed).catch(() => undefined);
    if (choice?.path !== this.interpreter?.path) await this.restart();
  }

  async stop(): Promise<void> {
    await vscode.commands.executeCommand("setContext", `${SECTION}.running`, false);
    const client = this.client;
    this.client = undefined;
    this.tasks.clear();
    this.learned.clear();
    // A server that does not answer to "shutdown" is ended by the client; what it says is in the log.
    await client?.dispose().catch((error: unknown) => {
      this.log.warn(`Stopping the server: ${String(error)}`);
    });
  }

  private async replace(): Promise<void> {
    await this.stop();
    this.tell("starting", "Understudy", "The server is starting.");
    this.failure = undefined;
    this.interpreter = undefined;
    try {
      this.interpreter = await chooseInterpreter(this.managed);
    } catch (error) {
      if (!(error instanceof NoInterpreter)) throw error;
      this.failed(error.message, "Open Settings");
      return;
    }
    this.log.info(`Server: ${this.interpreter.path} (${this.interpreter.origin})`);
    const client = this.connect(this.interpreter.path);
    this.client = client;
    try {
      await client.start();
      await vscode.commands.executeCommand("setContext", `${SECTION}.running`, true);
    } catch (error) {
      // Its connection closes, too, which `crashed` takes care of.
      this.log.error(`Starting the server: ${String(error)}`);
    }
  }

  private connect(interpreter: string): LanguageClient {
    const options: LanguageClientOptions = {
      documentSelector: [
        { scheme: "untitled", language: "python" },
        { scheme: "vscode-notebook-cell", language: "python" },
        ...LANGUAGES.map((language) => ({ scheme: "file", language })),
        ...PATTERNS.map((pattern) => ({ scheme: "file", pattern })),
      ],
      initializationOptions: () => ({
        trusted: vscode.workspace.isTrusted,
        settings: this.given(),
      }),
      outputChannel: this.log,
      initializationFailedHandler: () => false,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      stdioOptions: { stdout: record, stderr: record },
      errorHandler: {
        error: (error) => ({ action: ErrorAction.Continue, message: error.message, handled: true }),
        closed: () => {
          this.crashed();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      middleware: {
        executeCommand: async (command, args, next) => {
          const complete = await this.completed(command, args);
          if (!complete) return undefined;
          if (command === `${SECTION}.showTasks`) await this.tasks.focus();
          const answer: unknown = await next(command, complete);
          await presentAnswer(command, answer);
          this.report.present(command, answer);
          await this.dashboard.present(command, answer);
          return answer;
        },
        workspace: {
          configuration: ({ items }) =>
            items.map(({ scopeUri }) =>
              this.given(scopeUri ? vscode.Uri.parse(scopeUri) : undefined),
            ),
        },
      },
    };
    const client = new QuietClient(
      SECTION,
      "Understudy",
      { command: interpreter, args: ["-P", "-m", "understudy", "lsp"] },
      options,
    );
    client.onNotification(`${SECTION}/status`, (status: Status) => {
      this.show(status, "showStatus");
    });
    client.onNotification(`${SECTION}/tasks`, (folder: Folder) => {
      this.tasks.update(folder);
    });
    client.onNotification(
      `${SECTION}/taskOutput`,
      ({ root, job, text }: { root: string; job: number; text: string }) => {
        this.tasks.print(root, job, text);
      },
    );
    client.onNotification(`${SECTION}/learned`, (folder: Learned) => {
      this.learned.update(folder);
    });
    client.onNotification(`${SECTION}/sandboxOutput`, ({ text }: { text: string }) => {
      this.sandbox.print(text);
    });
    return client;
  }

  /** The arguments of a command, each part asking for those of its own; undefined: thought better of. */
  private async completed(command: string, args: unknown[]): Promise<unknown[] | undefined> {
    let given: unknown[] | undefined = atCursor(command, args);
    const { sandbox, report, dashboard, tasks } = this;
    for (const part of [sandbox, report, dashboard, tasks, recommendations, automations])
      given &&= await part.completed(command, given, this.ask);
    return given;
  }

  private given(scope?: vscode.Uri): Record<string, unknown> {
    return givenSettings(this.settings, vscode.workspace.getConfiguration, scope);
  }

  /** The server ended without being asked to: start it again, unless it keeps ending. */
  private crashed(): void {
    const now = Date.now();
    this.crashes = this.crashes.filter((then) => now - then < CRASH_WINDOW_MINUTES * 60_000);
    this.crashes.push(now);
    if (this.crashes.length < CRASHES) {
      const detail = "The server ended unexpectedly and is being started again.";
      this.tell("attention", "Understudy is restarting", detail);
      this.log.error(detail);
      void this.restart();
      return;
    }
    const count = this.crashes.length.toString();
    this.crashes = [];
    this.failed(
      `Understudy's server ended unexpectedly ${count} times within ` +
        `${CRASH_WINDOW_MINUTES.toString()} minutes and was not started again. Your files are not ` +
        `affected, but they are not checked either. The output tells what happened.`,
      "Restart",
      "Report a Problem",
    );
  }

  /** Says how things stand while no server can say it. */
  private tell(state: Status["state"], summary: string, detail: string): void {
    this.show({ state, summary, detail }, "showOutput");
  }

  private failed(reason: string, ...actions: string[]): void {
    this.failure = reason;
    this.log.error(reason);
    this.tell("attention", "Understudy is not running", reason);
    void vscode.commands.executeCommand("setContext", `${SECTION}.running`, false);
    void vscode.window.showErrorMessage(reason, "Show Output", ...actions).then((choice) => {
      switch (choice) {
        case "Show Output":
          this.log.show();
          return;
        case "Restart":
          return this.restart();
        case "Report a Problem":
          return vscode.commands.executeCommand(`${SECTION}.reportProblem`);
        case "Open Settings":
          return vscode.commands.executeCommand(
            "workbench.action.openSettings",
            `${SECTION}.server.interpreter`,
          );
      }
    });
  }
}

/** Errors go to the log alone: what the user has to know, the session says in words for a user. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** Keeps the level with which the server's log line begins. */
function record(input: Readable, channel: vscode.LogOutputChannel): void {
  createInterface(input).on("line", (line) => {
    if (/^(ERROR|CRITICAL) /.test(line)) channel.error(line);
    else if (line.startsWith("WARNING ")) channel.warn(line);
    else channel.info(line);
  });
}
