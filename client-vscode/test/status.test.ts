import assert from "node:assert/strict";
import { test } from "node:test";

import { present, presentStrain, type Status } from "../src/status.ts";

const status = (state: string, summary = "2 errors", detail = "ruff: 2"): Status =>
  ({ state, summary, detail }) as Status;

const cases: [string, Status, string, boolean][] = [
  ["idle", status("idle"), "$(shield) 2 errors", false],
  ["running", status("running"), "$(sync~spin) 2 errors", false],
  ["starting", status("starting", ""), "$(loading~spin) Understudy", false],
  ["a failed tool is not hidden", status("attention"), "$(warning) 2 errors", true],
  ["a state of a newer server is not taken for clean", status("paused"), "$(warning) 2 errors", true],
];

for (const [name, given, text, warning] of cases)
  test(name, () => {
    const shown = present(given);
    assert.equal(shown.text, text);
    assert.equal(shown.warning, warning);
  });

test("the tooltip has the detail, or else the summary", () => {
  assert.equal(present(status("idle")).tooltip, "Understudy\nruff: 2");
  assert.equal(present(status("idle", "clean", "")).tooltip, "Understudy\nclean");
});

test("the machine is told of while something runs short, and calmly once that is known", () => {
  assert.equal(presentStrain(null), undefined);
  assert.equal(presentStrain(undefined), undefined);
  const strain = { brief: "memory 91 % ↗ 4 min", detail: "memory will be used up", acknowledged: false };
  const shown = { text: "$(dashboard) memory 91 % ↗ 4 min", tooltip: strain.detail, warning: true };
  assert.deepEqual(presentStrain(strain), shown);
  assert.equal(presentStrain({ ...strain, acknowledged: true })?.warning, false);
});
