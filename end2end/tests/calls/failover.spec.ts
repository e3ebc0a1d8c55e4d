// Real processes, real kills.
import { instance, passThrough } from "../../support/balancers.ts";
import { kill, startUpstream } from "../../support/processes.ts";
import { expect, fresh, test } from "../../support/test.ts";

const group = (name: string, members: object[]) => ({ name: name.toLowerCase().replaceAll(" ", "-"), members });

async function call(url: string, key: string, model: string, more: object = {}) {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }], ...more }),
  });
}

test("the standby takes over when the first member is killed, and no call fails", async ({ rest, server }) => {
  const [first, second] = [await startUpstream("first"), await startUpstream("second")];
  try {
    const a = await instance(rest, first.url);
    const b = await instance(rest, second.url);
    const pool = await rest.post(
      "/target-groups",
      group(fresh("standby"), [
        { instance_id: a.id, weight: 100, enabled: true, priority: 1 },
        { instance_id: b.id, weight: 100, enabled: true, priority: 2 },
      ]),
    );
    const balancer = await passThrough(rest, { type: "target_group", ref: pool.id });

    let failed = 0;
    const answeredBy = new Map<string, number>();
    const killed = { yet: false };
    const caller = async (count: number) => {
      for (let n = 0; n < count; n++) {
        const response = await call(server.url, server.apiKey, balancer.serving_name);
        const body = await response.text();
        if (response.status !== 200 || !/"content":"ok from (first|second): /.test(body)) failed += 1;
        const by = response.headers.get("x-sb-instance") ?? "nobody";
        answeredBy.set(by, (answeredBy.get(by) ?? 0) + 1);
        if (n === 20 && !killed.yet) {
          killed.yet = true;
          await kill(first.process);
        }
      }
    };
    await Promise.all([caller(100), caller(100), caller(100), caller(100)]);
    expect(failed).toBe(0);
    expect(answeredBy.get(a.id)).toBeGreaterThan(0);
    expect(answeredBy.get(b.id)).toBeGreaterThan(200);
  } finally {
    await first.stop();
    await second.stop();
  }
});

test("equal priorities split exactly by weight", async ({ rest, server }) => {
  const upstream = await startUpstream("weights");
  try {
    const [a, b] = [await instance(rest, upstream.url), await instance(rest, upstream.url)];
    const pool = await rest.post(
      "/target-groups",
      group(fresh("weighted"), [
        { instance_id: a.id, weight: 300 },
        { instance_id: b.id, weight: 100 },
      ]),
    );
    expect(pool.members.map((it: { share: number }) => it.share)).toEqual([0.75, 0.25]);
    const balancer = await passThrough(rest, { type: "target_group", ref: pool.id });
    const count = new Map<string, number>();
    for (let n = 0; n < 40; n++) {
      const response = await call(server.url, server.apiKey, balancer.serving_name);
      await response.arrayBuffer();
      const by = response.headers.get("x-sb-instance")!;
      count.set(by, (count.get(by) ?? 0) + 1);
    }
    expect([count.get(a.id), count.get(b.id)]).toEqual([30, 10]);
  } finally {
    await upstream.stop();
  }
});

test("two balancers on one group follow a change of its members without an edit", async ({ rest, server }) => {
  const upstream = await startUpstream("shared");
  try {
    const [a, b] = [await instance(rest, upstream.url), await instance(rest, upstream.url)];
    const name = group(fresh("shared"), []).name;
    const pool = await rest.post("/target-groups", { name, members: [{ instance_id: a.id }] });
    const destination = { type: "target_group", ref: pool.id };
    const balancers = [await passThrough(rest, destination), await passThrough(rest, destination)];
    const answeredBy = async () => {
      const all = await Promise.all(balancers.map((it) => call(server.url, server.apiKey, it.serving_name)));
      await Promise.all(all.map((it) => it.arrayBuffer()));
      return all.map((it) => it.headers.get("x-sb-instance"));
    };
    expect(await answeredBy()).toEqual([a.id, a.id]);
    await rest.patch(`/target-groups/${pool.id}`, { revision: pool.revision, members: [{ instance_id: b.id }] });
    expect(await answeredBy()).toEqual([b.id, b.id]);
    const { data } = await rest.get("/smart-balancers");
    const revisions = data.filter((it: { id: string }) => balancers.some((made) => made.id === it.id)).map((it: { revision: number }) => it.revision);
    expect(revisions).toEqual([1, 1]);
  } finally {
    await upstream.stop();
  }
});
