// The sample call as people run it: curl and the unmodified OpenAI libraries.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import OpenAI from "openai";
import { demoBalancer } from "../../support/balancers.ts";
import { expect, test } from "../../support/test.ts";
import { prompts } from "../../support/wizard.ts";

const run = promisify(execFile);

test("prompts reach the routes of their intents with the JavaScript library", async ({ rest, server }) => {
  const balancer = await demoBalancer(rest);
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.apiKey, maxRetries: 0 });
  for (const [route, prompt] of Object.entries(prompts)) {
    const messages = [{ role: "user" as const, content: prompt }];
    const plain = await client.chat.completions.create({ model: balancer.serving_name, messages }).withResponse();
    expect(plain.response.headers.get("x-sb-route")).toBe(route);
    // The default has a label of its own: chosen, it is matched too.
    expect(plain.response.headers.get("x-sb-reason")).toMatch(route === "general" ? /^(matched|no_match)$/ : /^matched$/);
    expect(plain.response.headers.get("x-sb-attempts")).toBe("1");
    expect(plain.response.headers.get("x-sb-balancer")).toBe(balancer.serving_name);
    expect(plain.data.choices[0].message.content).toMatch(/^\[Demo text from demo-/);

    const stream = await client.chat.completions
      .create({ model: balancer.serving_name, messages, stream: true })
      .withResponse();
    expect(stream.response.headers.get("x-sb-route")).toBe(route);
    let text = "";
    for await (const chunk of stream.data) text += chunk.choices[0]?.delta?.content ?? "";
    expect(text).toMatch(/^\[Demo text from demo-/);
  }
});

test("prompts reach the routes of their intents with the Python library", async ({ rest, server }) => {
  const balancer = await demoBalancer(rest);
  const python = join(import.meta.dirname, "../../.venv/bin/python");
  const script = join(import.meta.dirname, "client.py");
  const { stdout } = await run(python, [script, `${server.url}/v1`, server.apiKey, balancer.serving_name, JSON.stringify(prompts)]);
  expect(JSON.parse(stdout)).toEqual(
    Object.fromEntries(Object.keys(prompts).map((route) => [route, { plain: route, stream: route, answered: true }])),
  );
});

test("curl gets an answer with the decision headers", async ({ rest, server }) => {
  const balancer = await demoBalancer(rest);
  const body = JSON.stringify({ model: balancer.serving_name, messages: [{ role: "user", content: prompts.code }] });
  const { stdout } = await run("curl", [
    "-sS", "-i", `${server.url}/v1/chat/completions`,
    "-H", `Authorization: Bearer ${server.apiKey}`, "-H", "Content-Type: application/json", "-d", body,
  ]);
  const headers = stdout.toLowerCase();
  for (const name of ["x-request-id", "x-sb-decision", "x-sb-balancer", "x-sb-route", "x-sb-reason", "x-sb-instance", "x-sb-attempts", "server-timing"]) {
    expect(headers).toContain(`\n${name}: `);
  }
  expect(headers).toContain("\nx-sb-route: code\r\n");
});

test("models are listed, and demo embeddings are served", async ({ rest, server }) => {
  const balancer = await demoBalancer(rest);
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.apiKey, maxRetries: 0 });
  const names = (await client.models.list()).data.map((it) => it.id);
  expect(names).toContain(balancer.serving_name);
  expect((await client.models.retrieve(balancer.serving_name)).id).toBe(balancer.serving_name);

  const { data } = await rest.get("/instances");
  const embedder = data.find((it: { workload_kind: string; demo: boolean }) => it.demo && it.workload_kind === "embeddings");
  const vectors = await rest.post("/smart-balancers", {
    name: "Vectors", workload_kind: "embeddings", routing_mode: "ordered",
    routes: [{ name: "all", intent: "Every text is embedded here.", destination: { type: "instance", ref: embedder.id }, is_default: true }],
  });
  const made = await client.embeddings.create({ model: vectors.serving_name, input: ["one", "two"] });
  expect(made.data).toHaveLength(2);
  expect(made.data[0].embedding.length).toBeGreaterThan(8);

  const mismatch = client.chat.completions.create({ model: vectors.serving_name, messages: [{ role: "user", content: "hi" }] });
  await expect(mismatch).rejects.toMatchObject({ status: 400, code: "workload_mismatch" });
});
