import assert from "node:assert/strict";
import { test } from "node:test";

import {
  answers,
  complaint,
  grouped,
  lacking,
  type Folder,
  type Job,
  type Parameter,
} from "../src/jobs.ts";

const job = (given: Partial<Job>): Job => ({
  id: 1,
  task: "tests",
  state: "ended",
  status: "done",
  why: "",
  summary: "",
  issues: 0,
  message: "",
  fraction: 0,
  attempt: 0,
  seconds: 2,
  causes: [],
  ...given,
});

const folder = (jobs: Job[], heldBack = ""): Folder => ({
  root: "/shop",
  tasks: [{ name: "tests", title: "Tests", parameters: [] }],
  jobs,
  heldBack,
});

const cases: [string, Partial<Job>, string, string][] = [
  ["done", { summary: "12 passed" }, "pass", "12 passed, 2.0 s"],
  ["issues", { summary: "1 failed", issues: 1 }, "warning", "1 failed, 2.0 s"],
  ["failed is not clean", { status: "failed", why: "no python" }, "error", "failed: no python"],
  ["timed out", { status: "timed out", why: "" }, "error", "timed out"],
  ["cancelled", { status: "cancelled", why: "" }, "circle-slash", "cancelled"],
  ["running", { state: "running", message: "3 of 9" }, "sync~spin", "3 of 9"],
  ["waits", { state: "queued" }, "clock", "waits: you are typing"],
  ["retried", { state: "queued", attempt: 1, why: "busy" }, "clock", "again after: busy"],
  ["asking", { state: "asking" }, "question", "was interrupted: run it again?"],
];

for (const [name, given, icon, description] of cases)
  test(name, () => {
    const row = grouped([folder([job(given)], "you are typing")])
      .flatMap((group) => group.rows)
      .at(0);
    assert.ok(row);
    assert.equal(row.icon, icon);
    assert.equal(row.description, description);
    assert.equal(row.label, "Tests");
  });

test("groups come in their order, and empty ones are left out", () => {
  const jobs = [job({}), job({ id: 2, state: "running" }), job({ id: 3, task: "gone" })];
  const groups = grouped([folder(jobs)]);
  assert.deepEqual(
    groups.map((group) => [group.title, group.rows.map((row) => row.label)]),
    [
      ["Running", ["Tests"]],
      ["History", ["Tests", "gone"]],
    ],
  );
});

const parameter = (given: Partial<Parameter>): Parameter => ({
  name: "version",
  default: null,
  type: "text",
  choices: [],
  question: "Which version?",
  ...given,
});

test("only what has no default and was not given is asked for", () => {
  const parameters = [
    parameter({}),
    parameter({ name: "part", default: "patch" }),
    parameter({ name: "empty", default: "" }),
    parameter({ name: "given" }),
  ];
  const names = lacking(parameters, { given: false }).map((each) => each.name);
  assert.deepEqual(names, ["version"]);
});

test("a question has answers to choose from, or takes what fits", () => {
  assert.deepEqual(answers(parameter({ choices: ["minor", "major"] })), ["minor", "major"]);
  assert.deepEqual(answers(parameter({ type: "boolean" })), ["true", "false"]);
  assert.equal(answers(parameter({ type: "number" })), undefined);
  for (const [answer, fits] of [
    ["1.10", true],
    ["-.5", true],
    ["", false],
    ["1e", false],
  ] as const)
    assert.equal(complaint(parameter({ type: "number" }), answer) === undefined, fits, answer);
  assert.equal(complaint(parameter({}), ""), undefined);
});
