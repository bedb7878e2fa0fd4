import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

import { SECTION } from "./settings.ts";
import { Visit, type Answer } from "./visit.ts";
import bridge from "./webview/bridge.js" with { type: "text" };

const COMMAND = `${SECTION}.showDashboard`;
const GONE =
  "<!doctype html><p>The dashboard does not answer any more: it ends with its server.</p>" +
  "<p>“Understudy: Show Dashboard” opens it anew.</p>";

/** What the page in the panel asks for. */
interface Asked {
  id?: number;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
  /** A path whose events are wanted. */
  events?: string;
  /** A page that is to be shown instead. */
  open?: string;
}

/** The dashboard in a panel. Its page is fetched here, with its cookie, and what it asks for goes the
 * same way: no frame of the dashboard's is let into the editor, and no cookie into the panel. */
export class DashboardPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private visit: Visit | undefined;

  dispose(): void {
    this.panel?.dispose();
  }

  /** The arguments of a command: here the editor shows the page. */
  completed(command: string, args: unknown[]): unknown[] {
    return command === COMMAND && args.length === 0 ? ["link"] : args;
  }

  /** Shows the page behind what the server answered to a command, if that is a link to it. */
  async present(command: string, answer: unknown): Promise<void> {
    if (command !== COMMAND || typeof answer !== "string") return;
    this.visit?.end();
    const visit = (this.visit = await Visit.by(answer));
    this.panel ??= this.open();
    this.panel.reveal();
    await this.show(await visit.ask("GET", visit.base));
  }

  /** In the panel, if that still shows the same visit when all of the page is there. */
  private async show(answer: Answer): Promise<void> {
    const { panel, visit } = this;
    if (!panel || !visit) return;
    const page = await framed(answer.body, visit);
    if (this.panel === panel && this.visit === visit) panel.webview.html = page;
  }

  private open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel(
      COMMAND,
      "Understudy Dashboard",
      vscode.ViewColumn.Active,
      {
        enableScripts: true,
        enableForms: true,
        localResourceRoots: [],
        retainContextWhenHidden: true,
      },
    );
    panel.webview.onDidReceiveMessage((asked: Asked) => this.answer(panel, asked));
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.visit?.end();
      this.visit = undefined;
    });
    return panel;
  }

  private async answer(panel: vscode.WebviewPanel, asked: Asked): Promise<void> {
    const visit = this.visit;
    if (!visit) return;
    // A panel that was closed meanwhile takes nothing.
    const post = (message: unknown): void => {
      if (this.panel === panel) void panel.webview.postMessage(message);
    };
    if (asked.events !== undefined) {
      visit.follow(asked.events, (event, data) => {
        post({ event, data });
      });
      return;
    }
    const method = asked.method ?? "GET";
    const path = asked.path ?? asked.open ?? visit.base;
    try {
      const answer = await visit.ask(method, path, asked.headers, asked.body);
      if (asked.open === undefined) post({ id: asked.id, ...answer });
      else await this.show(answer);
    } catch (error) {
      if (asked.open === undefined) post({ id: asked.id, status: 0, body: String(error), headers: {} });
      else if (this.panel === panel && this.visit === visit) panel.webview.html = GONE;
    }
  }
}

/** The page with its style and its scripts in it, behind the bridge that they ask through. */
async function framed(page: string, visit: Visit): Promise<string> {
  const nonce = randomBytes(16).toString("base64");
  const policy = `default-src 'none'; img-src data:; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  const inline = async (path: string): Promise<string> =>
    (await visit.ask("GET", path)).body.replaceAll("</script", "<\\/script");
  const style = /<link rel="stylesheet" href="([^"]+)">/;
  const script = /<script src="([^"]+)" defer><\/script>/g;
  const css = themed(await inline(style.exec(page)?.[1] ?? visit.base));
  let scripts = "";
  for (const [, path] of page.matchAll(script))
    scripts += `<script nonce="${nonce}">${await inline(path ?? "")}</script>\n`;
  const head =
    `<meta http-equiv="Content-Security-Policy" content="${policy}">\n` +
    `<style nonce="${nonce}">${css}</style>\n<script nonce="${nonce}">${bridge}</script>\n`;
  return page
    .replace(/<link rel="icon"[^>]*>/, "")
    .replace(style, "")
    .replaceAll(script, "")
    .replace("<head>", () => `<head>\n${head}`)
    .replace("</body>", () => `${scripts}</body>`);
}

const DARK = ":root:has(body.vscode-dark, body.vscode-high-contrast:not(.vscode-high-contrast-light))";

/** The style with the editor's theme for the system's, and without what the editor lays below it. */
function themed(css: string): string {
  return (
    css.replace("@media (prefers-color-scheme: dark) {\n  :root {", `@media all {\n  ${DARK} {`) +
    `\n:root { color-scheme: light; }\n${DARK} { color-scheme: dark; }` +
    "\nbody { color: var(--text); background: var(--ground); }\n"
  );
}
