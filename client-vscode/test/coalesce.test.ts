import assert from "node:assert/strict";
import { test } from "node:test";

import { coalesced } from "../src/coalesce.ts";

/** An action whose runs the test ends one by one, and that fails if two run at once. */
function controlled() {
  const pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let runs = 0;
  const action = (): Promise<void> => {
    assert.equal(pending.length, 0, "two runs at once");
    runs += 1;
    return new Promise((resolve, reject) => pending.push({ resolve, reject }));
  };
  return {
    action,
    runs: () => runs,
    end: async (error?: Error) => {
      const { resolve, reject } = pending.shift() ?? assert.fail("nothing runs");
      if (error) reject(error);
      else resolve();
      await new Promise(setImmediate);
    },
  };
}

test("requests during a run are answered by one further run", async () => {
  const { action, runs, end } = controlled();
  const request = coalesced(action);
  const first = request();
  const others = [request(), request(), request()];
  assert.equal(runs(), 1);
  await end();
  await first;
  assert.equal(runs(), 2);
  await end();
  await Promise.all(others);
  assert.equal(runs(), 2);
});

test("a failed run fails its own request, and the next one still runs", async () => {
  const { action, runs, end } = controlled();
  const request = coalesced(action);
  const failing = assert.rejects(request(), /broken/);
  const next = request();
  await end(new Error("broken"));
  await failing;
  await end();
  await next;
  assert.equal(runs(), 2);
});

test("a request after the end runs anew", async () => {
  const { action, runs, end } = controlled();
  const request = coalesced(action);
  for (const expected of [1, 2]) {
    const done = request();
    await end();
    await done;
    assert.equal(runs(), expected);
  }
});
