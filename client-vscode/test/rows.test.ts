import assert from "node:assert/strict";
import { test } from "node:test";

import type { Parameter } from "../src/jobs.ts";
import { rows } from "../src/rows.ts";

const parameters = ["file", "size"].map(
  (name): Parameter => ({ name, default: null, type: "text", choices: [], question: "", many: true }),
);

const cases: [(string | undefined)[], Record<string, string> | undefined][] = [
  [["a.png", "1", "b c.png", "2", ""], { file: "a.png\nb c.png", size: "1\n2" }],
  [["a.png", "", ""], { file: "a.png", size: "" }],
  [[""], undefined],
  [[undefined], undefined],
  [["a.png", undefined], undefined],
];

for (const [answers, values] of cases)
  test(`rows of ${JSON.stringify(answers)}`, async () => {
    const left = [...answers];
    const asked: string[] = [];
    const found = await rows(parameters, (parameter, row) => {
      asked.push(`${parameter.name}${row?.toString() ?? ""}`);
      return Promise.resolve(left.shift());
    });
    assert.deepEqual(found, values);
    assert.deepEqual(left, []);
    assert.deepEqual(asked, ["file1", "size", "file2", "size", "file3"].slice(0, answers.length));
  });

test("nothing is asked for where nothing takes many", async () => {
  assert.deepEqual(await rows([], () => Promise.reject(new Error("asked"))), {});
});
