// Starts the real programs: the server and fault upstreams, each on a free port, and ends them for certain.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const target = process.env.CARGO_TARGET_DIR ?? resolve(import.meta.dirname, "../../target");
export const serverBinary = process.env.SMART_BALANCER_BIN ?? join(target, "release/smart-balancer");
/** What `cargo test` and `make e2e` build; it shows the components and is slow. */
export const debugServerBinary = process.env.SMART_BALANCER_DEBUG_BIN ?? join(target, "debug/smart-balancer");
export const faultUpstreamBinary = process.env.FAULT_UPSTREAM_BIN ?? join(target, "debug/fault-upstream");

export const adminPassword = "correct horse battery staple";
export const adminToken = "an-admin-token-for-the-tests-0123456789";

export interface Server {
  url: string;
  /** The key that the first demo start prints. */
  apiKey: string;
  /** The set-up link, where there is no admin yet. */
  setupLink: string | undefined;
  /** Its data folder. */
  folder: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

/** How a server starts that shares its store with others. */
export interface Replica {
  /** The address that it listens on. */
  listen: string;
  environment: NodeJS.ProcessEnv;
  /** The key that a sibling printed: only one of them prints it. */
  apiKey?: string;
}

/**
 * Starts a server with an empty data folder, or `again` with the folder and at the address of one that was killed.
 * Without `headless` its first admin comes by the set-up link.
 */
export async function startServer(options: { headless: boolean; binary?: string; again?: Server; replica?: Replica }): Promise<Server> {
  const { again, replica, binary = serverBinary } = options;
  const folder = again?.folder ?? mkdtempSync(join(tmpdir(), "smart-balancer-e2e-"));
  const listen = replica?.listen ?? (again ? new URL(again.url).host : "127.0.0.1:0");
  const environment: NodeJS.ProcessEnv = { ...process.env, SMART_BALANCER_LOG: "warn", ...replica?.environment };
  environment.SMART_BALANCER_ADMIN_TOKEN = adminToken;
  if (options.headless) environment.SMART_BALANCER_ADMIN_PASSWORD = adminPassword;
  const child = spawn(binary, ["serve", "--listen", listen, "--demo", "--data-dir", folder], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const greeting = await linesUntil(child, (line) => /Sign in at|It is also in/.test(line));
  const text = greeting.join("\n");
  const found = (pattern: RegExp) => pattern.exec(text)?.[1];
  const url = found(/ is at (http:\S+)/);
  // It is shown once in the life of a store.
  const apiKey = again?.apiKey ?? replica?.apiKey ?? found(/SMART_BALANCER_API_KEY=(\S+)/);
  if (!url || !apiKey) throw new Error(`unexpected greeting:\n${text}`);
  return {
    url,
    apiKey,
    setupLink: found(/(http:\S+\/setup\?token=\S+)/),
    folder,
    process: child,
    stop: async () => {
      await kill(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Upstream {
  url: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a fault upstream; `listen` takes a former address again. */
export async function startUpstream(name: string, listen = "127.0.0.1:0"): Promise<Upstream> {
  const child = spawn(faultUpstreamBinary, ["--listen", listen, "--name", name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await linesUntil(child, () => true);
  const url = /(http:\/\/[\d.:]+)/.exec(line)?.[1];
  if (!url) throw new Error(`unexpected greeting: ${line}`);
  return { url, process: child, stop: () => kill(child) };
}

/** SIGKILL, and waits until the process is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await gone;
}

/** The lines that a program prints up to the `last` one. */
export function linesUntil(child: ChildProcess, last: (line: string) => boolean): Promise<string[]> {
  return new Promise((done, failed) => {
    const lines: string[] = [];
    const reader = createInterface({ input: child.stdout! });
    reader.on("line", (line) => {
      lines.push(line);
      if (last(line)) done(lines);
    });
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`ended early with ${code}: ${lines.join("\n")}`)));
  });
}
