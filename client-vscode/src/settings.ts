import type { Uri, WorkspaceConfiguration } from "vscode";

export const SECTION = "understudy";
/** Settings of the extension itself, unknown to the server. */
const CLIENT_ONLY = "server.";

interface Manifest {
  contributes: { configuration: { properties: Record<string, unknown> } };
}

/** The names of the server's settings, without the section: `analysis.onSave`, … */
export function serverSettings(manifest: unknown): string[] {
  return Object.keys((manifest as Manifest).contributes.configuration.properties)
    .map((name) => name.slice(SECTION.length + 1))
    .filter((name) => !name.startsWith(CLIENT_ONLY));
}

/**
 * The tree of the settings that the user or the workspace gives. Defaults are left out: sent from
 * here, they would outrank the project's own `.understudy/config.yaml`.
 */
export function givenSettings(
  names: readonly string[],
  read: (section: string, scope?: Uri) => WorkspaceConfiguration,
  scope?: Uri,
): Record<string, unknown> {
  const configuration = read(SECTION, scope);
  const tree: Record<string, unknown> = {};
  for (const name of names) {
    const found = configuration.inspect(name);
    const value: unknown =
      found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (value !== undefined) plant(tree, name.split("."), value);
  }
  return tree;
}

function plant(tree: Record<string, unknown>, path: string[], value: unknown): void {
  const [head, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) tree[head] = value;
  else plant((tree[head] ??= {}) as Record<string, unknown>, rest, value);
}
