import * as vscode from "vscode";

import { answers, complaint, lacking, type Parameter } from "./jobs.ts";
import { isNamed } from "./learned.ts";
import { note, rows } from "./rows.ts";
import { SECTION } from "./settings.ts";

type Ask = (command: string, args: unknown[]) => Promise<unknown>;

/** One that can be run, as the server lists it. */
interface Runnable {
  root: string;
  name: string;
  title: string;
  state: string;
  summary: string;
  parameters: Parameter[];
}

const RUN = `${SECTION}.runAutomation`;
const PREVIEW = `${SECTION}.previewAutomation`;

/** In which states a command takes one, and what is said where there is none. */
const ABLE: Record<string, [string[], string]> = {
  [RUN]: [["active"], "no automation is active. “Create Automation…” accepts one that is offered."],
  [PREVIEW]: [["active", "offered", "tried"], "there is no automation so far."],
  [`${SECTION}.createAutomation`]: [["offered", "tried"], "nothing is offered."],
  [`${SECTION}.dismissAutomation`]: [["offered", "tried"], "nothing is offered."],
  [`${SECTION}.disableAutomation`]: [["active"], "no automation is active."],
};
const LEARN = "Learn Now";

/**
 * The arguments of a command, asked for where they are not given; undefined: thought better of. The
 * view and key bindings give an automation as one.
 */
export async function completed(
  command: string,
  args: unknown[],
  ask: Ask,
): Promise<unknown[] | undefined> {
  const [first] = args;
  const named = isNamed(first) ? [first.root, first.name, first.values] : args;
  const [able, otherwise] = ABLE[command] ?? [];
  const asks = command === RUN || command === PREVIEW;
  if (!able || (named[1] !== undefined && !asks)) {
    return isNamed(first) ? named.slice(0, 2) : args;
  }
  const [root, name, given] = named;
  const every = (await ask(`${SECTION}.automationParameters`, [root ?? null])) as
    Runnable[] | null | undefined;
  const known = every?.filter((each) => able.includes(each.state)) ?? [];
  const found =
    name === undefined
      ? await pick(known, otherwise ?? "")
      : known.find((each) => each.root === root && each.name === name);
  if (found && !asks) return [found.root, found.name, given];
  if (!found) return name === undefined ? undefined : named;
  const values: Record<string, unknown> = {
    ...fromEditor(found),
    ...(given as object | undefined),
  };
  const open = lacking(found.parameters, values);
  for (const each of open.filter(({ many }) => !many)) {
    const answer = await value(each);
    if (answer === undefined) return undefined;
    values[each.name] = answer;
  }
  const many = await rows(open.filter((each) => each.many), value);
  return many && [found.root, found.name, { ...values, ...many }];
}

async function pick(known: Runnable[], otherwise: string): Promise<Runnable | undefined> {
  if (known.length === 0) {
    const said = await vscode.window.showInformationMessage(`Understudy: ${otherwise}`, LEARN);
    if (said) await vscode.commands.executeCommand(`${SECTION}.learnNow`);
    return undefined;
  }
  const items = known.map((each) => ({
    label: each.name,
    description: [each.state, each.summary].filter(Boolean).join(", "),
    detail: each.title,
    each,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: "Which automation?" }))?.each;
}

/** With a row's number it may be the end of the rows: empty. */
async function value(parameter: Parameter, row?: number): Promise<string | undefined> {
  const question = (parameter.question || parameter.name) + (row ? note(row) : "");
  const choices = answers(parameter);
  if (choices) return vscode.window.showQuickPick(row ? [...choices, ""] : choices, { placeHolder: question });
  return vscode.window.showInputBox({
    prompt: question,
    validateInput: (text) => (row && text === "" ? undefined : complaint(parameter, text)),
  });
}

/** The file that is open is what one works on that asks for a single path, and for no more. */
function fromEditor({ root, parameters }: Runnable): Record<string, string> {
  const paths = lacking(parameters, {}).filter((each) => each.type === "path" && !each.many);
  const uri = vscode.window.activeTextEditor?.document.uri;
  const [only] = paths;
  if (!only || paths.length > 1 || uri?.scheme !== "file") return {};
  const prefix = root.endsWith("/") ? root : `${root}/`;
  return uri.fsPath.startsWith(prefix) ? { [only.name]: uri.fsPath.slice(prefix.length) } : {};
}
