import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { eventsOf, Visit } from "../src/visit.ts";

const cases: [string, string[], string[]][] = [
  ["whole", ["event: a\ndata: 1\nid: 7\n\n"], ["a 1 7"]],
  ["in pieces", ["eve", "nt: a\r\nda", "ta: 1\r\n", "\r\nevent: b\ndata: 2\n\n"], ["a 1 ", "b 2 "]],
  ["comments and nothing", [": ping\n\n", "\n\n", "event: a\n\n"], []],
  ["without a name", ["data: 1\n\n"], ["message 1 "]],
  ["not whole", ["event: a\ndata: 1\n"], []],
];

for (const [name, pieces, events] of cases)
  test(`events: ${name}`, () => {
    const told: string[] = [];
    const take = eventsOf((event, data, id) => told.push(`${event} ${data} ${id}`));
    pieces.forEach(take);
    assert.deepEqual(told, events);
  });

test("a page that was left while it was asked for is told of nothing, and holds no stream", { timeout: 10_000 }, async () => {
  const told: string[] = [];
  const answers: Record<string, () => void> = {};
  const closed = new Set<string>();
  let came: () => void = () => undefined;
  const server = createServer((asked, answer) => {
    const path = asked.url ?? "";
    answer.setHeader("Set-Cookie", "c=1");
    if (path.startsWith("/x/enter")) {
      answer.end();
      return;
    }
    answer.on("close", () => {
      closed.add(path);
      came();
    });
    answers[path] = () => {
      answer.write(`event: ${path}\ndata: 1\n\n`);
    };
    came();
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => (came = resolve));
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const visit = await Visit.by(`http://127.0.0.1:${port.toString()}/x/enter?key=1`);
  const take = (event: string): void => {
    told.push(event);
    came();
  };
  try {
    visit.follow("/x/first", take);
    await until(() => "/x/first" in answers);
    visit.follow("/x/second", take);
    await until(() => "/x/second" in answers);
    answers["/x/first"]?.();
    await until(() => closed.has("/x/first"));
    answers["/x/second"]?.();
    await until(() => told.length >= 2);
    assert.deepEqual(told, ["open", "/x/second"]);
    assert.deepEqual([...closed], ["/x/first"]);
  } finally {
    visit.end();
    server.closeAllConnections();
    server.close();
  }
});

test("who is let in keeps the cookie, follows forms, and stays below the page", async () => {
  const seen: string[] = [];
  const server = createServer((asked, answer) => {
    seen.push(`${asked.method ?? ""} ${asked.url ?? ""} ${asked.headers.cookie ?? "-"}`);
    if (asked.url === "/x/enter?key=1") answer.setHeader("Set-Cookie", "c=1; HttpOnly; Path=/x/");
    if (asked.method === "POST") answer.writeHead(303, { Location: "/x/?in=2" });
    answer.end(asked.url);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const origin = `http://127.0.0.1:${port.toString()}`;
    const visit = await Visit.by(`${origin}/x/enter?key=1`);
    assert.equal(visit.base, "/x/");
    assert.equal((await visit.ask("POST", "/x/unlock", {}, "what=ask")).body, "/x/?in=2");
    for (const path of ["/other", "/x/../other", "//localhost/x/", "@localhost/x/"])
      await assert.rejects(visit.ask("GET", path), /not below/, path);
    const told: string[] = [];
    visit.follow("/other", (event) => told.push(event));
    await new Promise(setImmediate);
    visit.end();
    assert.deepEqual(told, ["error"]);
    assert.equal(seen.length, 3);
    await assert.rejects(Visit.by(`${origin}/x/enter?key=2`), /let nobody in/);
    assert.deepEqual(seen.slice(0, 3), [
      "GET /x/enter?key=1 -",
      "POST /x/unlock c=1",
      "GET /x/?in=2 c=1",
    ]);
  } finally {
    server.close();
  }
});
