// The unmodified JavaScript library in a page of another origin.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import type { Page } from "@playwright/test";
import { instance, passThrough } from "../../support/balancers.ts";
import { type Server, type Upstream, startServer, startUpstream } from "../../support/processes.ts";
import { Rest, expect, test } from "../../support/test.ts";

const library = join(import.meta.dirname, "../../node_modules/openai");

interface Site {
  origin: string;
  stop(): Promise<void>;
}

/** Serves an empty page, and the library's modules below `/openai/`. */
async function startSite(): Promise<Site> {
  const server = createServer((asked, answer) => {
    const path = normalize(new URL(asked.url!, "http://site").pathname);
    if (!path.startsWith("/openai/")) {
      answer.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>A page</title>");
      return;
    }
    const file = createReadStream(join(library, path.slice("/openai".length)));
    file.on("open", () => answer.writeHead(200, { "content-type": "text/javascript" }));
    file.on("error", () => answer.writeHead(404).end());
    file.pipe(answer);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

interface Call {
  baseURL: string;
  apiKey: string;
  model: string;
  stream?: boolean;
}

/** Makes a call in the page, and answers with what the page can read of it. */
function call(page: Page, call: Call) {
  return page.evaluate(async ({ baseURL, apiKey, model, stream }) => {
    const address = "/openai/index.mjs";
    const { default: OpenAI } = await import(address);
    const client = new OpenAI({ baseURL, apiKey, dangerouslyAllowBrowser: true, maxRetries: 0 });
    const messages = [{ role: "user", content: "hi" }];
    try {
      const { data, response } = await client.chat.completions.create({ model, messages, stream }).withResponse();
      let text = stream ? "" : data.choices[0].message.content;
      if (stream) for await (const chunk of data) text += chunk.choices[0]?.delta?.content ?? "";
      return { text, route: response.headers.get("x-sb-route"), id: response.headers.get("x-request-id") };
    } catch (error: any) {
      const { status, code, message, headers } = error;
      return { kind: error.constructor.name, status, code, message, retry: headers?.get("x-should-retry") };
    }
  }, call);
}

let listed: Site;
let other: Site;
let server: Server;
let upstream: Upstream;
let rest: Rest;

test.beforeAll(async ({ playwright }) => {
  [listed, other, upstream] = await Promise.all([startSite(), startSite(), startUpstream("browser")]);
  const environment = { SMART_BALANCER_CORS_ORIGINS: `app://obsidian.md,${listed.origin}` };
  server = await startServer({ headless: true, replica: { listen: "127.0.0.1:0", environment } });
  rest = await Rest.of(server, playwright);
});

test.afterAll(async () => {
  await rest?.close();
  await Promise.all([listed, other, server, upstream].map((it) => it?.stop()));
});

/** A balancer in front of one instance of the fault upstream. */
async function balancer(model: string): Promise<string> {
  const { id } = await instance(rest, upstream.url, model);
  return (await passThrough(rest, { type: "instance", ref: id })).serving_name;
}

test("a page of a listed origin calls, streams, and reads errors", async ({ browser }) => {
  const page = await browser.newPage();
  await page.goto(listed.origin);
  const [baseURL, apiKey, model] = [`${server.url}/v1`, server.apiKey, await balancer("numbered+ok@3")];
  for (const stream of [false, true]) {
    const answer = await call(page, { baseURL, apiKey, model, stream });
    expect(answer).toMatchObject({ text: "w0 w1 w2", route: "all", id: expect.stringMatching(/^req_/) });
  }

  const refused = await call(page, { baseURL, apiKey: "sb-wrong", model });
  expect(refused).toMatchObject({ kind: "AuthenticationError", status: 401, code: "invalid_api_key" });
  expect(refused.message).toContain("Send a valid API key");
  const unknown = await call(page, { baseURL, apiKey, model: "none" });
  expect(unknown).toMatchObject({ kind: "NotFoundError", status: 404, code: "model_not_found" });
  const misplaced = await call(page, { baseURL: `${baseURL}/v1`, apiKey, model });
  expect(misplaced).toMatchObject({ status: 404, code: "unknown_url" });
  expect(misplaced.message).toContain(`The base URL is ${baseURL};`);
  const failed = await call(page, { baseURL, apiKey, model: await balancer("500") });
  expect(failed).toMatchObject({ status: 502, code: "upstream_error", retry: "false" });
  const broken = await call(page, { baseURL, apiKey, model: await balancer("rst@1"), stream: true });
  expect(broken.message).toContain("The answer is incomplete");
  await page.close();
});

test("a page of another origin learns nothing, and no page calls the console", async ({ browser }) => {
  const page = await browser.newPage();
  await page.goto(other.origin);
  const [baseURL, apiKey, model] = [`${server.url}/v1`, server.apiKey, await balancer("ok")];
  const kept = await call(page, { baseURL, apiKey, model });
  expect(kept).toMatchObject({ kind: "APIConnectionError" });
  await page.goto(listed.origin);
  for (const path of ["/api/v1/instances", "/healthz", "/sign-in"]) {
    const read = page.evaluate((url) => fetch(url).then((it) => it.status), `${server.url}${path}`);
    await expect(read, path).rejects.toThrow("Failed to fetch");
  }
  await page.close();
});
