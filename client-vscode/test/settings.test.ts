import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { WorkspaceConfiguration } from "vscode";

import { givenSettings, serverSettings } from "../src/settings.ts";

const manifest: unknown = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);

interface Layers {
  defaultValue?: unknown;
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

const reading = (layers: Record<string, Layers>) => (): WorkspaceConfiguration =>
  ({ inspect: (name: string) => layers[name] }) as unknown as WorkspaceConfiguration;

test("the names come from the manifest, without the extension's own settings", () => {
  const names = serverSettings(manifest);
  assert.ok(names.includes("analysis.onSave"));
  assert.ok(!names.some((name) => name.startsWith("server.")));
});

const cases: [string, Record<string, Layers>, unknown][] = [
  ["nothing given", {}, {}],
  ["a default is not given", { "a.b": { defaultValue: 1 } }, {}],
  ["the user's value", { "a.b": { defaultValue: 1, globalValue: 2 } }, { a: { b: 2 } }],
  ["the workspace outranks the user", { "a.b": { globalValue: 2, workspaceValue: 3 } }, { a: { b: 3 } }],
  ["the folder outranks the workspace", { "a.b": { workspaceValue: 3, workspaceFolderValue: 4 } }, { a: { b: 4 } }],
  ["false is a value", { "a.b": { globalValue: true, workspaceValue: false } }, { a: { b: false } }],
  ["one tree", { "a.b": { globalValue: 1 }, "a.c": { globalValue: [2] }, d: { globalValue: "" } }, { a: { b: 1, c: [2] }, d: "" }],
];

for (const [name, layers, expected] of cases)
  test(name, () => {
    assert.deepEqual(givenSettings(["a.b", "a.c", "d"], reading(layers)), expected);
  });
