// What strangers write stays text: in every field of every form, in what upstreams answer and in how they fail. That no
// policy report or console error appears is what every test watches for.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { demoBalancer, instance, passThrough } from "../support/balancers.ts";
import { expect, fresh, settled, test, visit } from "../support/test.ts";

test.describe.configure({ timeout: 300_000 });

const corpus = [
  "<script>window.pwned=1</script>",
  "</script><script>window.pwned=1</script>",
  "\"><img src=x onerror=window.pwned=1>",
  "'><svg/onload=window.pwned=1>",
  "</textarea><img src=x onerror=window.pwned=1>",
  "</title><script>window.pwned=1</script>",
  "<!--<script>window.pwned=1</script>",
  "--><script>window.pwned=1</script>",
  "]]><script>window.pwned=1</script>",
  "javascript:window.pwned=1//",
  "<a href=javascript:window.pwned=1>x</a>",
  "<iframe srcdoc='<script>top.pwned=1</script>'>",
  "<details open ontoggle=window.pwned=1>",
  "<style>@import'//x.invalid'</style>",
  "<base href=//x.invalid><link rel=stylesheet href=x>",
  "{{constructor.constructor('window.pwned=1')()}}",
  "${window.pwned=1}`\\u003cscript>",
  "%3Cscript%3Ewindow.pwned=1%3C/script%3E",
  "&lt;script&gt;window.pwned=1&lt;/script&gt;",
];
/** As many as a description takes. */
const many = corpus.slice(0, 10).join(" ");
/** All of them where a field takes that much. */
const all = corpus.join(" ");

async function inert(page: Page): Promise<void> {
  expect(await page.evaluate(() => (window as unknown as { pwned?: number }).pwned)).toBeUndefined();
  expect(await page.locator("main iframe, main img, main base, main script, main style").count()).toBe(0);
}

/** Fills everything that takes text with `text`. */
async function fillAll(page: Page, text: string): Promise<void> {
  await page.locator("main details").evaluateAll((all) => all.forEach((it) => ((it as HTMLDetailsElement).open = true)));
  for (const field of await page.locator("main :is(textarea, input:not([type]), input[type=text], input[type=url], input[type=password])").all()) {
    if (await field.isVisible()) await field.fill(text);
  }
}

test("markup typed into any form field stays text", async ({ admin: page, rest }) => {
  // Without a balancer the playground has no form.
  await demoBalancer(rest);
  const forms: [string, string][] = [
    ["/instances/new", "Save instance"],
    ["/target-groups/new", "Save target group"],
    ["/target-groups/new", "Fill in the form"],
    ["/keys", "Create key"],
    ["/playground", "Send"],
    ["/playground", "Fill in"],
    ...["name", "router", "routes"].map((it): [string, string] => [`/balancers/new/${it}`, "Next"]),
  ];
  for (const text of [corpus[0], corpus[1], corpus[2], corpus[4], all]) {
    for (const [address, button] of forms) {
      await visit(page, address, true);
      await fillAll(page, text);
      await page.getByRole("button", { name: button, exact: true }).click();
      await settled(page, true);
      await inert(page);
    }
  }
  await visit(page, "/", true);
  await inert(page);
});

test("markup in saved names, descriptions and query parameters stays text", async ({ admin: page, rest }) => {
  for (const text of corpus) {
    const upstream = await rest.post("/instances", { name: text, base_url: "http://127.0.0.1:9/v1", model: text });
    const group = await rest.post("/target-groups", {
      name: fresh("inert").replace(" ", "-"),
      display_name: text,
      description: many,
      members: [{ instance_id: upstream.id }],
    });
    const balancer = await passThrough(rest, { type: "target_group", ref: group.id }, { name: fresh(text), description: many });
    await rest.patch(`/smart-balancers/${balancer.id}`, { revision: 1, description: text });
    const query = encodeURIComponent(text);
    for (const address of [
      `/instances/${upstream.id}`,
      `/target-groups/${group.id}`,
      `/balancers/${balancer.id}`,
      `/balancers/${balancer.id}/history`,
      `/balancers/${balancer.id}/edit/name`,
      `/requests?route=${query}&status=${query}&reason=${query}&balancer=${query}`,
      `/playground?balancer=${query}&note=${query}`,
    ]) {
      await visit(page, address, true);
      await inert(page);
    }
  }
  for (const address of ["/", "/instances", "/target-groups", "/keys", "/settings", "/playground"]) {
    await visit(page, address, true);
    await inert(page);
  }
});

test("markup in answers and errors of upstreams stays text", async ({ admin: page, rest }) => {
  let status = 200;
  const upstream: Server = createServer((request, response) => {
    request.resume().on("end", () => {
      const answer = { id: all, object: "chat.completion", created: 1, model: all, choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: all } }] };
      const error = { error: { message: all, type: all, code: all, param: all } };
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(status === 200 ? answer : error));
    });
  });
  await new Promise<void>((done) => upstream.listen(0, "127.0.0.1", done));
  try {
    const { port } = upstream.address() as AddressInfo;
    const made = await instance(rest, `http://127.0.0.1:${port}`);
    const balancer = await passThrough(rest, { type: "instance", ref: made.id });
    for (status of [200, 400, 401, 500]) {
      await visit(page, `/playground?balancer=${balancer.id}`, true);
      await page.getByLabel("Stream", { exact: true }).uncheck();
      await page.getByLabel("Message", { exact: true }).fill(all);
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await expect(page.getByRole("region", { name: "Timeline", exact: true })).toBeVisible();
      const shown = page.getByRole("region", { name: "Answer", exact: true });
      await expect(shown.getByText(status === 200 ? /^Status 200\b/ : /^Failed\b/)).toBeVisible();
      if (status === 200) await expect(shown).toContainText(corpus[0]);
      await inert(page);
      await visit(page, `/balancers/${balancer.id}`, true);
      await page.getByRole("button", { name: "Run smoke test", exact: true }).click();
      await page.waitForURL(/result=/);
      await settled(page, true);
      await inert(page);
    }
    await visit(page, `/instances/${made.id}`, true);
    await page.getByRole("button", { name: "Test with a one-token call", exact: true }).click();
    await settled(page, true);
    await inert(page);
    const calls = async () => (await rest.get(`/requests?balancer=${balancer.id}`)).data;
    await expect.poll(async () => (await calls()).length).toBeGreaterThanOrEqual(4);
    for (const call of await calls()) {
      await visit(page, `/requests/${call.id}`, true);
      await inert(page);
    }
  } finally {
    upstream.close();
  }
});
