import { request, type IncomingMessage } from "node:http";

export interface Answer {
  status: number;
  body: string;
  headers: Record<string, string>;
}

const EVENTS_AGAIN_MS = 2_000;

/** A browser's part: let in by a one-time link, it keeps the cookie and stays at that server. */
export class Visit {
  private readonly origin: string;
  /** The path below which everything is. */
  readonly base: string;
  private readonly cookie: string;
  private streams: (() => void)[] = [];
  private ended = false;

  private constructor(origin: string, base: string, cookie: string) {
    this.origin = origin;
    this.base = base;
    this.cookie = cookie;
  }

  /** Rejects when nobody is let in by this link. */
  static async by(link: string): Promise<Visit> {
    const { origin, pathname, search } = new URL(link);
    const answer = await asked(origin, "GET", `${pathname}${search}`, {}, "");
    const cookie = answer.headers["set-cookie"]?.[0]?.split(";")[0];
    await text(answer);
    if (answer.statusCode !== 200 || !cookie)
      throw new Error(`The dashboard let nobody in: ${String(answer.statusCode)}.`);
    return new Visit(origin, pathname.slice(0, pathname.lastIndexOf("/") + 1), cookie);
  }

  /** Follows where an answer leads, as after a form. */
  async ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = "",
  ): Promise<Answer> {
    const answer = await this.asked(method, path, { ...headers, Origin: this.origin }, body);
    const said = await text(answer);
    const { location } = answer.headers;
    if (answer.statusCode === 303 && location) return this.ask("GET", location);
    const told = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
    return {
      status: answer.statusCode ?? 0,
      body: said,
      headers: Object.fromEntries(told) as Record<string, string>,
    };
  }

  /** Tells of each event until the visit ends; a connection that is lost is made again. */
  follow(path: string, told: (event: string, data: string) => void): void {
    for (const stop of this.streams.splice(0)) stop();
    let last = "";
    let stopped = false;
    let stream: IncomingMessage | undefined;
    this.streams.push(() => {
      stopped = true;
      stream?.destroy();
    });
    const again = (): void => {
      if (stopped || this.ended) return;
      told("error", "");
      setTimeout(connect, EVENTS_AGAIN_MS);
    };
    const connect = (): void => {
      if (stopped || this.ended) return;
      this.asked("GET", path, last ? { "Last-Event-ID": last } : {}).then((answer) => {
        if (stopped) {
          answer.destroy(); // of another page by now: it would hold one of the few streams
          return;
        }
        stream = answer;
        if (answer.statusCode === 200) told("open", "");
        const parse = eventsOf((event, data, id) => {
          last = id || last;
          told(event, data);
        });
        answer.setEncoding("utf-8").on("data", parse).on("close", again).on("error", () => undefined);
      }, again);
    };
    connect();
  }

  end(): void {
    this.ended = true;
    for (const stop of this.streams.splice(0)) stop();
  }

  /** Rejects for what is not below the page: the cookie goes nowhere else. */
  private async asked(
    method: string,
    path: string,
    headers: Record<string, string>,
    body = "",
  ): Promise<IncomingMessage> {
    const { origin, pathname, search } = new URL(path, this.origin);
    if (origin !== this.origin || !pathname.startsWith(this.base))
      throw new Error(`${path} is not below the dashboard.`);
    return asked(origin, method, `${pathname}${search}`, { ...headers, Cookie: this.cookie }, body);
  }
}

/** Takes pieces of an event stream, and tells of each event that is whole. */
export function eventsOf(
  told: (event: string, data: string, id: string) => void,
): (piece: string) => void {
  let rest = "";
  let event = { event: "message", data: "", id: "" };
  return (piece) => {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, name, value] = /^(event|data|id): ?(.*)$/.exec(line) ?? [];
      if (name) event = { ...event, [name]: value };
      if (line === "") {
        if (event.data) told(event.event, event.data, event.id);
        event = { event: "message", data: "", id: event.id };
      }
    }
  };
}

function asked(
  origin: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asking = request(`${origin}${path}`, { method, headers }, resolve);
    asking.on("error", reject);
    asking.end(body);
  });
}

async function text(answer: IncomingMessage): Promise<string> {
  let whole = "";
  for await (const piece of answer.setEncoding("utf-8")) whole += String(piece);
  return whole;
}
