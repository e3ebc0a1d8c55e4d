// Responses and Messages as people call them: the unmodified libraries against the server, whose instance is a fault
// upstream that speaks both.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { z } from "zod";
import { instance, passThrough } from "../../support/balancers.ts";
import { type Upstream, startUpstream } from "../../support/processes.ts";
import { type Rest, expect, test } from "../../support/test.ts";

const run = promisify(execFile);
const answer = /^ok from libraries: \d+$/;
const toolCall = { tool: "weather", arguments: { words: "w0 w1" }, text: expect.stringMatching(answer) };

let upstream: Upstream;
test.beforeAll(async () => {
  upstream = await startUpstream("libraries");
});
test.afterAll(() => upstream.stop());

/** The serving name of a balancer whose instance shows a fault. */
async function servingName(rest: Rest, fault: string): Promise<string> {
  const { id } = await instance(rest, upstream.url, fault);
  return (await passThrough(rest, { type: "instance", ref: id })).serving_name;
}

/** Two models: one that answers in three words, and one that calls a tool before it answers. */
const models = async (rest: Rest) => [await servingName(rest, "ok@3"), await servingName(rest, "tool_loop+ok@2")];

/** Runs a Python script beside this file and returns what it prints. */
async function python(script: string, ...words: string[]) {
  const binary = join(import.meta.dirname, "../../.venv/bin/python");
  const { stdout } = await run(binary, [join(import.meta.dirname, script), ...words]);
  return JSON.parse(stdout);
}

test("the OpenAI library for Python makes, streams, continues and reads responses", async ({ rest, server }) => {
  const seen = await python("responses_client.py", `${server.url}/v1`, server.apiKey, ...(await models(rest)));
  expect(seen).toEqual({
    plain: { text: expect.stringMatching(answer), status: "completed" },
    stream: { text: "w0 w1 w2", last: "response.completed", final: "w0 w1 w2" },
    tool_loop: { ...toolCall, previous: true },
    stored: { same: true, items: 1 },
  });
});

test("the OpenAI library for JavaScript makes, streams and continues responses", async ({ rest, server }) => {
  const [model, toolModel] = await models(rest);
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.apiKey, maxRetries: 0 });
  const plain = await client.responses.create({ model, input: "hello" }).withResponse();
  expect(plain.data.output_text).toMatch(answer);
  expect(plain.response.headers.get("x-sb-balancer")).toBe(model);

  const stream = await client.responses.create({ model, input: "hello", stream: true });
  let text = "";
  let last = "";
  for await (const event of stream) {
    last = event.type;
    if (event.type === "response.output_text.delta") text += event.delta;
  }
  expect([text, last]).toEqual(["w0 w1 w2", "response.completed"]);

  const parameters = { type: "object", properties: { words: { type: "string" } } };
  const tools = [{ type: "function" as const, name: "weather", parameters, strict: false }];
  const asked = await client.responses.create({ model: toolModel, input: "the weather?", tools });
  const [call] = asked.output;
  if (call.type !== "function_call") throw new Error(`not a tool call: ${call.type}`);
  expect([call.name, call.arguments]).toEqual(["weather", '{"words":"w0 w1"}']);
  const answered = await client.responses
    .create({
      model: toolModel,
      input: [{ type: "function_call_output", call_id: call.call_id, output: "sun" }],
      previous_response_id: asked.id,
      tools,
    })
    .withResponse();
  expect(answered.data.output_text).toMatch(answer);
  expect(answered.data.previous_response_id).toBe(asked.id);
  expect(answered.response.headers.get("x-sb-reason")).toBe("pinned");

  const unknown = client.responses.retrieve("resp_nobody-1");
  await expect(unknown).rejects.toMatchObject({ status: 404, code: "response_not_found" });
});

test("an agent of the OpenAI Agents SDK uses its tool", async ({ rest, server }) => {
  const seen = await python("agents_client.py", `${server.url}/v1`, server.apiKey, (await models(rest))[1]);
  expect(seen).toEqual({
    plain: expect.stringMatching(answer),
    stream: "w0 w1",
    deltas: "w0 w1",
    asked: ["w0 w1", "w0 w1"],
  });
});

test("the Vercel AI SDK generates, streams and uses a tool", async ({ rest, server }) => {
  const [model, toolModel] = await models(rest);
  const openai = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: server.apiKey });
  const settings = { prompt: "hello", maxRetries: 0 };
  const plain = await generateText({ model: openai(model), ...settings });
  expect(plain.text).toMatch(answer);
  expect(plain.finishReason).toBe("stop");

  const stream = streamText({ model: openai(model), ...settings });
  let text = "";
  for await (const piece of stream.textStream) text += piece;
  expect([text, await stream.finishReason]).toEqual(["w0 w1 w2", "stop"]);

  const asked: string[] = [];
  const weather = tool({
    description: "Tells the weather.",
    inputSchema: z.object({ words: z.string() }),
    execute: async ({ words }) => {
      asked.push(words);
      return "sun";
    },
  });
  const loop = { model: openai(toolModel), ...settings, tools: { weather }, stopWhen: stepCountIs(3) };
  const answered = await generateText(loop);
  expect([answered.text, answered.steps.length]).toEqual([expect.stringMatching(answer), 2]);
  const streamed = streamText(loop);
  await streamed.consumeStream();
  expect([await streamed.text, (await streamed.steps).length]).toEqual(["w0 w1", 2]);
  expect(asked).toEqual(["w0 w1", "w0 w1"]);
});

test("the Anthropic library makes, streams and counts messages", async ({ rest, server }) => {
  const seen = await python("anthropic_client.py", `${server.url}/v1`, server.apiKey, ...(await models(rest)));
  expect(seen).toEqual({
    plain: { text: expect.stringMatching(answer), reason: "end_turn" },
    stream: { text: "w0 w1 w2", final: "w0 w1 w2", reason: "end_turn" },
    tool_loop: toolCall,
    count: 7,
    unknown_model: { status: 404, type: "not_found_error" },
  });
});
