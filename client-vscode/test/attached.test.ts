import assert from "node:assert/strict";
import { matchesGlob } from "node:path";
import { test } from "node:test";

import { PATTERNS } from "../src/attached.ts";

/** Node.js has a star match no name that begins with a dot, VS Code does: those here are literal. */
const cases: [string, boolean][] = [
  ["app.py", true],
  ["main.go", true],
  ["requirements.txt", true],
  ["requirements/base.txt", true],
  ["dev-requirements.lock", true],
  ["pyproject.toml", true],
  ["uv.lock", true],
  ["package.json", true],
  ["package-lock.json", true],
  [".env.local", true],
  ["action.yml", true],
  ["Dockerfile.dev", true],
  ["yarn.lock", false],
  ["Cargo.lock", false],
  ["LICENSE", false],
  ["notebook.ipynb", false],
  ["picture.svg", false],
  ["styles.css", false],
  ["app.pyc", false],
  ["my.Makefile", false],
];

for (const [path, expected] of cases)
  test(`${path} ${expected ? "goes" : "does not go"} to the server`, () => {
    const goes = PATTERNS.some((pattern) => matchesGlob(`/home/me/project/${path}`, pattern));
    assert.equal(goes, expected);
  });
