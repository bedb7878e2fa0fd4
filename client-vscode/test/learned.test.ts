import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isNamed,
  keyBinding,
  nodes,
  offers,
  recorded,
  type Automation,
  type Learned,
} from "../src/learned.ts";

const automation = (name: string, state: string): Automation => ({
  name,
  title: `create ${name}`,
  state,
  summary: "seen 5×",
  lines: ["tried: as you had done it"],
  script: `/shop/${name}.py`,
});

const folder = (given: Partial<Learned> = {}): Learned => ({
  root: "/shop",
  activity: "on",
  patterns: [],
  automations: [],
  ...given,
});

test("automations are grouped by state, and what nobody wanted is left out", () => {
  const states = ["retired", "tried", "disabled", "active", "offered", "generated", "dismissed", "of tomorrow"];
  const shown = nodes([folder({ automations: states.map((each) => automation(each, each)) })]);
  assert.deepEqual(
    shown.map(({ label, children }) => [label, children.map((each) => each.description)]),
    [
      ["Offered", ["offered"]],
      ["Active", ["active"]],
      ["Disabled", ["disabled"]],
      ["Not Offered Now", ["tried", "generated", "dismissed"]],
    ],
  );
  assert.deepEqual(
    shown.flatMap(({ children }) => children.map((each) => each.context)),
    ["offered", "active", "disabled", "tried", "other", "other"],
  );
});

test("a pattern has its evidence below it", () => {
  const pattern = {
    id: "p",
    title: "create t",
    summary: "done 5 times",
    evidence: ["today: a", "yesterday: b"],
    whyNot: "a shell is needed",
    automation: "",
  };
  const [group] = nodes([folder({ patterns: [pattern] })]);
  assert.equal(group?.label, "What Repeats");
  const [node] = group.children;
  assert.equal(node?.tooltip, "create t\ndone 5 times\na shell is needed");
  assert.deepEqual(
    node.children.map((each) => each.label),
    pattern.evidence,
  );
});

test("what is the same in two folders is two lines", () => {
  const one = { automations: [automation("a", "active")] };
  const [group] = nodes([folder(one), folder({ ...one, root: "/other" })]);
  assert.equal(new Set(group?.children.map((each) => each.id)).size, 2);
});

test("whether it is written down", () => {
  const of = (...states: Learned["activity"][]): boolean | undefined =>
    recorded(states.map((activity) => folder({ activity })));
  assert.equal(of(), undefined);
  assert.equal(of("off"), undefined);
  assert.equal(of("off", "paused"), false);
  assert.equal(of("paused", "on"), true);
});

test("a key binding names what the command takes", () => {
  const { command, args } = JSON.parse(keyBinding({ root: "/shop", name: "a" })) as {
    command: string;
    args: unknown;
  };
  assert.equal(command, "understudy.runAutomation");
  assert.ok(isNamed(args));
  assert.deepEqual(args, { root: "/shop", name: "a" });
});

test("what is offered is counted", () => {
  const automations = [automation("a", "offered"), automation("b", "tried")];
  assert.deepEqual(offers([folder(), folder({ automations })]), ["Understudy offers: create a (seen 5×)"]);
});
