// More calls than there is room for: what the official library makes of our answers.
import OpenAI, { APIError } from "openai";
import { instance, passThrough } from "../../support/balancers.ts";
import { startUpstream } from "../../support/processes.ts";
import { expect, test } from "../../support/test.ts";

const messages = [{ role: "user" as const, content: "hello" }];

async function asked(url: string, model: string): Promise<number> {
  const counters = await (await fetch(`${url}/counters`)).json();
  return counters.by_model[model] ?? 0;
}

test("the OpenAI library retries only when the answer says so", async ({ rest, server }) => {
  const upstream = await startUpstream("retries");
  try {
    const create = async (model: string, stream: boolean) => {
      const made = await instance(rest, upstream.url, model);
      const balancer = await passThrough(rest, { type: "instance", ref: made.id });
      const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.apiKey, maxRetries: 2 });
      return client.chat.completions.create({ model: balancer.serving_name, messages, stream });
    };
    for (const stream of [false, true]) {
      const failed = await create(`status:500+ok@${stream ? 1 : 2}`, stream).catch((error) => error);
      expect(failed).toBeInstanceOf(APIError);
      expect([failed.status, failed.code, failed.headers.get("x-should-retry")]).toEqual([502, "upstream_error", "false"]);
      expect(await asked(upstream.url, `status:500+ok@${stream ? 1 : 2}`)).toBe(1);

      const limited = `429@1+fail-first-n@1+ok@${stream ? 1 : 2}`;
      const began = performance.now();
      await create(limited, stream);
      expect(performance.now() - began).toBeGreaterThan(950);
      expect(await asked(upstream.url, limited)).toBe(2);
    }
  } finally {
    await upstream.stop();
  }
});

test("at three times capacity calls are answered or refused at once with retry-after", async ({ rest, server }) => {
  const upstream = await startUpstream("full");
  try {
    const model = "slow:200";
    const made = await instance(rest, upstream.url, model, { max_in_flight: 4 });
    const balancer = await passThrough(rest, { type: "instance", ref: made.id });
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.apiKey, maxRetries: 0 });
    let [served, shed] = [0, 0];
    let quickest = Infinity;
    const caller = async () => {
      for (let n = 0; n < 10; n++) {
        const began = performance.now();
        try {
          await client.chat.completions.create({ model: balancer.serving_name, messages });
          served += 1;
        } catch (error) {
          if (!(error instanceof APIError)) throw error;
          expect([error.status, error.code]).toEqual([503, "no_available_destination"]);
          expect(Number(error.headers?.get("retry-after"))).toBeGreaterThan(0);
          expect(error.headers?.get("x-should-retry")).toBeNull();
          quickest = Math.min(quickest, performance.now() - began);
          shed += 1;
          // A caller that is refused pauses a little: half of the time that a call takes.
          await new Promise((over) => setTimeout(over, 100));
        }
      }
    };
    await Promise.all(Array.from({ length: 12 }, caller));
    expect(await asked(upstream.url, model)).toBe(served);
    expect(served).toBeGreaterThan(20);
    expect(shed).toBeGreaterThan(20);
    expect(quickest).toBeLessThan(50);
  } finally {
    await upstream.stop();
  }
});
