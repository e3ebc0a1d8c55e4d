import type { Request } from "@playwright/test";
import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import type { Server } from "../support/processes.ts";
import { expect, setHidden, test, visit } from "../support/test.ts";
import { prompts } from "../support/wizard.ts";

async function call(server: Server, model: string, prompt: string): Promise<void> {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: prompt }] }),
  });
  expect(response.status).toBe(200);
  await response.text();
}

test("the board shows where calls go as they arrive", async ({ admin: page, scripting, server, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, "/", scripting);
  const lane = page.getByRole("article", { name: balancer.name, exact: true }).getByRole("listitem").filter({ has: page.getByText("code", { exact: true }) });
  await expect(lane.getByText("by intent", { exact: true })).toBeVisible();
  await call(server, balancer.serving_name, prompts.code);
  if (!scripting) await page.reload();
  await expect(lane.getByText("1 call in 5 min", { exact: true })).toBeVisible();
  await expect(lane.getByText("100 %", { exact: true })).toBeVisible();
  await looksRight(page, scripting);
});

test("a balancer's page notices the first call and counts it", async ({ admin: page, scripting, server, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, `/balancers/${balancer.id}`, scripting);
  await expect(page.getByText("Waiting for the first real request", { exact: true })).toBeVisible();
  const traffic = page.getByRole("region", { name: "Traffic and latency", exact: true });
  await expect(traffic.getByText("No calls in the last hour.", { exact: true })).toBeVisible();
  await looksRight(page, scripting);
  await call(server, balancer.serving_name, prompts.code);
  if (!scripting) {
    await expect.poll(async () => (await rest.get(`/requests?balancer=${balancer.id}`)).data.length).toBe(1);
    await page.reload();
  }
  await expect(page.getByText("A client has called", { exact: true })).toBeVisible();
  await expect(traffic.getByText(/^1 call in the last hour, 0 failed\b/)).toBeVisible();
  await traffic.getByText("Show as a table", { exact: true }).click();
  await expect(traffic.getByRole("table", { name: "The last hour", exact: true }).locator("tbody tr")).toHaveCount(12);
  await looksRight(page, scripting);

  await page.getByRole("navigation", { name: "Parts of this page", exact: true }).getByRole("link", { name: "Decisions", exact: true }).click();
  await expect(page.getByText(/^The route of each call and its reason\./)).toBeVisible();
  await expect(page.getByRole("table", { name: "Calls", exact: true }).locator("tbody tr")).toHaveCount(1);
  await looksRight(page, scripting);
});

test("the request log announces newer calls without moving rows", { tag: "@scripting" }, async ({ admin: page, scripting, server, rest }) => {
  const balancer = await demoBalancer(rest);
  await call(server, balancer.serving_name, prompts.code);
  await expect.poll(async () => (await rest.get(`/requests?balancer=${balancer.id}`)).data.length).toBe(1);
  await visit(page, `/requests?balancer=${balancer.id}`, scripting);
  const rows = page.getByRole("table", { name: "Calls", exact: true }).locator("tbody tr");
  await expect(rows).toHaveCount(1);
  await call(server, balancer.serving_name, prompts.support);
  await expect(page.getByText(/^There are newer calls\./)).toBeVisible();
  await expect(rows).toHaveCount(1);
  // However often the line is read again, they stay unseen.
  for (let times = 0; times < 2; times += 1) {
    const again = page.waitForResponse(/[?&]seen=/);
    await setHidden(page, true);
    await setHidden(page, false);
    await again;
  }
  await looksRight(page, scripting);
  await page.getByRole("link", { name: "Show them", exact: true }).click();
  await expect(rows).toHaveCount(2);
});

test("a hidden tab closes its feed, and a visible one catches up", { tag: "@scripting" }, async ({ admin: page, scripting, server, rest }) => {
  const balancer = await demoBalancer(rest);
  /** The feeds of this page, and whether each is open. */
  const feeds = new Map<Request, boolean>();
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/events") feeds.set(request, true);
  });
  page.on("requestfailed", (request) => {
    if (feeds.has(request)) feeds.set(request, false);
  });
  const expectFeeds = async (...open: boolean[]) => expect.poll(() => [...feeds.values()]).toEqual(open);
  await visit(page, "/", scripting);
  await expectFeeds(true);
  await setHidden(page, true);
  await expectFeeds(false);
  await call(server, balancer.serving_name, prompts.code);
  await setHidden(page, false);
  await expectFeeds(false, true);
  const lane = page.getByRole("article", { name: balancer.name, exact: true }).getByRole("listitem").filter({ has: page.getByText("code", { exact: true }) });
  await expect(lane.getByText("1 call in 5 min", { exact: true })).toBeVisible();
});
