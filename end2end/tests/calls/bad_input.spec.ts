// Bad input gets the error of the table, and the process is unharmed.
import { demoBalancer } from "../../support/balancers.ts";
import { expect, test } from "../../support/test.ts";

test("bad calls get the documented errors", async ({ rest, server }) => {
  const balancer = await demoBalancer(rest);
  const model = balancer.serving_name;
  const good = JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] });
  const send = async (body: string | Uint8Array, headers: Record<string, string> = {}, path = "chat/completions") => {
    const response = await fetch(`${server.url}/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json", ...headers },
      body: body as BodyInit,
    });
    const answer = await response.json();
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(Object.keys(answer)).toEqual(["error"]);
    return [response.status, answer.error.code] as const;
  };

  expect(await send('{"model": ')).toEqual([400, "invalid_json"]);
  expect(await send(good.replace("{", `{"model": "other", `))).toEqual([400, "duplicate_model"]);
  expect(await send(`${good} trailing`)).toEqual([400, "invalid_json"]);
  expect(await send(JSON.stringify({ model, input: "x" }))).toEqual([400, "missing_required_parameter"]);
  expect(await send(`{"model": "${model}", "messages": ${"[".repeat(200)}${"]".repeat(200)}}`)).toEqual([400, "invalid_json"]);
  expect(await send(good, { authorization: "Bearer sb-wrong" })).toEqual([401, "invalid_api_key"]);
  expect(await send(good.replace(model, "nobody"))).toEqual([404, "model_not_found"]);
  expect(await send(JSON.stringify({ model, input: "x" }), {}, "embeddings")).toEqual([400, "workload_mismatch"]);
  expect(await send(good, { "content-type": "text/plain" })).toEqual([415, "unsupported_media_type"]);
  expect(await send(good, { "x-sb-route": "nowhere" })).toEqual([400, "route_not_found"]);
  expect(await send(new Uint8Array(40 * 1024 * 1024).fill(32))).toEqual([413, "body_too_large"]);

  const alive = await fetch(`${server.url}/readyz`);
  expect(alive.status).toBe(200);
});

test("one of 200 parallel creations of a serving name succeeds", async ({ rest }) => {
  const { data } = await rest.get("/instances");
  const any = data.find((it: { workload_kind: string }) => it.workload_kind === "chat");
  const tries = Array.from({ length: 200 }, (_, n) => rest.status("/smart-balancers", {
    name: `Racer ${n}`, serving_name: "racer", routing_mode: "ordered",
    routes: [{ name: "all", intent: "Everything goes this way.", destination: { type: "instance", ref: any.id }, is_default: true }],
  }));
  const all = await Promise.all(tries);
  expect(all.filter((it) => it === 201)).toHaveLength(1);
  expect(all.filter((it) => it === 409)).toHaveLength(199);
});

test("nothing of the control plane answers without credentials", async ({ server }) => {
  const document = await fetch(`${server.url}/api/v1/openapi.json`);
  expect(document.status).toBe(401);
  for (const path of ["/api/v1/instances", "/api/v1/smart-balancers", "/api/v1/api-keys", "/api/v1/nothing"]) {
    expect((await fetch(server.url + path)).status).toBe(401);
  }
  for (const path of ["/", "/instances", "/balancers/new/name", "/playground", "/keys", "/nothing"]) {
    const response = await fetch(server.url + path, { headers: { accept: "text/html" }, redirect: "manual" });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toMatch(/^\/sign-in/);
  }
});
