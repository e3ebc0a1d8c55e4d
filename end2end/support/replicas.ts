// Two servers on one Postgres behind a proxy: whatever a browser asks for comes from the other one than what it asked for
// before. Specifications that take `test` from here see one server, at the proxy's address.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { type Replica, type Server, linesUntil, startServer } from "./processes.ts";
import { startProxy } from "./proxy.ts";
import { expect, test as base } from "./test.ts";

/** Neighbouring loopback addresses, so that both servers and the proxy can have one port. */
const HOSTS = ["127.0.0.2", "127.0.0.3"];

export const test = base.extend<object, { server: Server }>({
  server: [
    async ({}, use) => {
      const stops: (() => Promise<void>)[] = [];
      try {
        const postgres = await startPostgres();
        stops.push(postgres.stop);
        const proxy = await startProxy();
        stops.push(proxy.stop);
        const environment = {
          SMART_BALANCER_DATABASE_URL: postgres.url,
          SMART_BALANCER_MASTER_KEY: randomBytes(32).toString("hex"),
          SMART_BALANCER_PUBLIC_URL: proxy.url,
          SMART_BALANCER_TRUSTED_PROXIES: "127.0.0.1/32",
        };
        const servers: Server[] = [];
        for (const host of HOSTS) {
          const replica: Replica = { listen: `${host}:${proxy.port}`, environment, apiKey: servers[0]?.apiKey };
          const server = await startServer({ headless: true, replica });
          stops.push(server.stop);
          servers.push(server);
        }
        proxy.forwardTo(HOSTS);
        await use(servers[0]);
        expect(Math.min(...proxy.turns), `turns: ${proxy.turns}`).toBeGreaterThan(0);
      } finally {
        for (const stop of stops.reverse()) await stop();
      }
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

interface Postgres {
  url: string;
  stop(): Promise<void>;
}

/** A PostgreSQL server that is thrown away as soon as its standard input ends, so also when this process is killed. */
async function startPostgres(): Promise<Postgres> {
  const script = resolve(import.meta.dirname, "../with-postgres.sh");
  const child: ChildProcess = spawn(script, ["sh", "-c", 'echo "$SMART_BALANCER_TEST_POSTGRES"; exec cat >&2'], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [url] = await linesUntil(child, (line) => line.startsWith("postgres:"));
  return {
    url,
    stop: async () => {
      const gone = new Promise((done) => child.once("exit", done));
      child.stdin!.end();
      await gone;
    },
  };
}
