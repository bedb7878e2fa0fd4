import * as vscode from "vscode";

import { SECTION } from "./settings.ts";

type Ask = (command: string, args: unknown[]) => Promise<unknown>;

/** What can be done for the user, as the server lists it; `path`: the file that it is about. */
interface Able {
  root: string;
  id: string;
  title: string;
  path: string;
  worth: string;
}

const COMMAND = `${SECTION}.acceptRecommendation`;
const ALL = "Show Recommendations";

/** The arguments of a command, asked for where they are not given; undefined: thought better of. */
export async function completed(
  command: string,
  args: unknown[],
  ask: Ask,
): Promise<unknown[] | undefined> {
  if (command !== COMMAND || args.length > 0) return args;
  const able = (await ask(`${SECTION}.openRecommendations`, [])) as Able[] | null | undefined;
  if (!able) return undefined;
  if (able.length === 0) {
    const said = "Understudy: there is no recommendation that can be done for you.";
    if (await vscode.window.showInformationMessage(said, ALL))
      await vscode.commands.executeCommand(`${SECTION}.showRecommendations`);
    return undefined;
  }
  const several = new Set(able.map(({ root }) => root)).size > 1;
  const items = able.map((each) => ({
    label: each.title,
    description: several ? `${each.root}/${each.path}` : each.path,
    detail: each.worth,
    args: [each.root, each.id],
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: "Which one is to be done? You are asked before anything is written.",
    matchOnDescription: true,
  });
  return picked?.args;
}
