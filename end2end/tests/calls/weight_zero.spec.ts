// A member of weight 0 under each policy, over a hundred thousand calls: never called, as long as somebody else can
// answer and when nobody can.
import { Agent, request } from "node:http";
import { instance, passThrough } from "../../support/balancers.ts";
import { startUpstream } from "../../support/processes.ts";
import { expect, fresh, test } from "../../support/test.ts";

const policies = ["weighted_round_robin", "weighted_random", "least_in_flight", "lowest_latency", "priority", "session_hash"];
const callsEach = 17_000;
const callersEach = 4;

test("a member of weight 0 is never called under any policy", async ({ rest, server }) => {
  test.setTimeout(300_000);
  const [good, zero] = [await startUpstream("good"), await startUpstream("zero")];
  const agent = new Agent({ keepAlive: true, maxSockets: policies.length * callersEach });
  try {
    const [a, b] = [await instance(rest, good.url, "ok@1"), await instance(rest, zero.url, "ok@1")];
    const call = (model: string, session: number) =>
      new Promise<[number, string]>((done, failed) => {
        const headers = {
          authorization: `Bearer ${server.apiKey}`,
          "content-type": "application/json",
          "x-sb-session": String(session),
        };
        const sent = request(`${server.url}/v1/chat/completions`, { agent, method: "POST", headers }, (response) => {
          response.resume();
          response.once("end", () => done([response.statusCode ?? 0, String(response.headers["x-sb-instance"])]));
        });
        sent.once("error", failed);
        sent.end(JSON.stringify({ model, messages: [{ role: "user", content: "hello" }] }));
      });
    const wrong: string[] = [];
    let calls = 0;
    await Promise.all(
      policies.map(async (policy) => {
        const pool = await rest.post("/target-groups", {
          name: fresh("zero").toLowerCase().replaceAll(" ", "-"),
          selection_policy: policy,
          members: [
            { instance_id: b.id, weight: 0 },
            { instance_id: a.id, weight: 100 },
          ],
        });
        const { serving_name } = await passThrough(rest, { type: "target_group", ref: pool.id });
        const caller = async (at: number) => {
          for (let n = at; n < callsEach; n += callersEach) {
            const [status, by] = await call(serving_name, n);
            calls += 1;
            if (status !== 200 || by !== a.id) wrong.push(`${policy}: ${status} by ${by}`);
          }
        };
        await Promise.all(Array.from({ length: callersEach }, (_, at) => caller(at)));
      }),
    );
    expect(calls).toBe(policies.length * callsEach);
    expect(wrong).toEqual([]);
  } finally {
    agent.destroy();
    await good.stop();
    await zero.stop();
  }
});
