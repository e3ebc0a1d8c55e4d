// A reverse proxy as people put one in front of several replicas, without session affinity.
import { Agent, type IncomingMessage, type ServerResponse, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** What concerns one connection and is not passed on. */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding"];

/** What takes no turn, so that what is shown after a form always comes from the other server than what took the form. */
const NO_TURN = /^\/(pkg\/|events$)/;

export interface Proxy {
  url: string;
  port: number;
  /** How many requests each server got, without files and feeds. */
  turns: number[];
  /** Whom it passes requests on to, by host name; all listen on its own port. */
  forwardTo(hosts: string[]): void;
  stop(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1. Each request goes to the next server; bodies are streamed both ways. */
export async function startProxy(): Promise<Proxy> {
  // A connection for each request: a kept one may end just when it is used again.
  const agent = new Agent({ keepAlive: false });
  const turns: number[] = [];
  let hosts: string[] = [];
  let turn = 0;
  const forward = (asked: IncomingMessage, answer: ServerResponse) => {
    const place = turn % hosts.length;
    if (!NO_TURN.test(asked.url!)) {
      turn += 1;
      turns[place] += 1;
    }
    const headers = withoutHops(asked.headers);
    headers["x-forwarded-for"] = [asked.headers["x-forwarded-for"], asked.socket.remoteAddress].flat().filter(Boolean).join(", ");
    headers["x-forwarded-proto"] = "http";
    headers["x-forwarded-host"] = asked.headers.host;
    const { method, url: path } = asked;
    const passed = request({ agent, host: hosts[place], port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode!, withoutHops(response.headers));
      answer.flushHeaders();
      response.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  };
  const server = createServer(forward);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    turns,
    forwardTo: (to) => {
      hosts = to;
      turns.splice(0, turns.length, ...to.map(() => 0));
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function withoutHops<T extends object>(headers: T): T {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name))) as T;
}
