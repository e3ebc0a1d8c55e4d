import type { Page } from "@playwright/test";
import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import type { Server } from "../support/processes.ts";
import { type Rest, expect, fact, settled, test, visit } from "../support/test.ts";
import { prompts } from "../support/wizard.ts";

/** Makes a call as a client does; answers with its id. */
async function call(server: Server, model: string, prompt: string, route?: string): Promise<string> {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.apiKey}`,
      "content-type": "application/json",
      ...(route ? { "x-sb-route": route } : {}),
    },
    body: JSON.stringify({ model, messages: [{ role: "user", content: prompt }] }),
  });
  await response.text();
  return response.headers.get("x-request-id")!;
}

/** Calls are written down soon after they end. */
async function written(rest: Rest, query: string, count: number): Promise<void> {
  await expect.poll(async () => (await rest.get(`/requests?${query}`)).data.length).toBe(count);
}

/** Follows a link or sends a form, and waits until the page that it leads to can be used. */
async function go(page: Page, press: () => Promise<void>, address: RegExp, scripting: boolean): Promise<void> {
  await press();
  await page.waitForURL(address);
  await settled(page, scripting);
}

test("a call is found by filters in the URL and shown completely", async ({ admin: page, scripting, server, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, `/balancers/${balancer.id}`, scripting);
  await expect(page.getByRole("region", { name: "Latest decisions", exact: true }).getByText(/^No calls yet\./)).toBeVisible();
  await visit(page, `/requests?balancer=${balancer.id}`, scripting);
  await expect(page.getByText("No call matches these filters.", { exact: true })).toBeVisible();
  await looksRight(page, scripting);

  const id = await call(server, balancer.serving_name, prompts.code);
  await call(server, balancer.serving_name, "Hello.", "support");
  await written(rest, `balancer=${balancer.id}`, 2);

  await page.getByRole("navigation", { name: "Main", exact: true }).getByRole("link", { name: "Requests", exact: true }).click();
  await page.waitForURL(/\/requests$/);
  await settled(page, scripting);
  await expect(page.getByRole("table", { name: "Calls", exact: true })).toBeVisible();
  await page.getByRole("combobox", { name: "Balancer", exact: true }).selectOption(balancer.id);
  await page.getByRole("combobox", { name: "Reason", exact: true }).selectOption("matched");
  await go(page, () => page.getByRole("button", { name: "Filter", exact: true }).click(), /reason=matched/, scripting);
  const rows = page.getByRole("table", { name: "Calls", exact: true }).locator("tbody tr");
  await expect(rows).toHaveCount(1);
  await expect(rows.getByRole("cell", { name: "code", exact: true })).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Reason", exact: true })).toHaveValue("matched");
  await looksRight(page, scripting);

  const reading = rows.getByRole("rowheader").getByRole("link");
  await expect(reading).toHaveAttribute("href", `/requests/${id}`);
  await go(page, () => reading.click(), /\/requests\/req_/, scripting);
  expect(new URL(page.url()).pathname).toBe(`/requests/${id}`);
  const decision = page.getByRole("region", { name: "Decision", exact: true });
  await expect(fact(decision, "Route")).toHaveText("code");
  await expect(fact(decision, "Reason").locator("code")).toHaveText("matched");
  await expect(page.getByRole("table", { name: "Attempts", exact: true }).locator("tbody tr")).toHaveCount(1);
  await expect(page.getByRole("region", { name: "Timings", exact: true }).getByRole("rowheader", { name: "First byte", exact: true })).toBeVisible();
  await looksRight(page, scripting);

  const name = page.getByRole("region", { name: "Call", exact: true }).getByRole("link", { name: balancer.name, exact: true });
  await go(page, () => name.click(), /\/balancers\/sb_/, scripting);
  const latest = page.getByRole("region", { name: "Latest decisions", exact: true });
  await expect(latest.locator("tbody tr")).toHaveCount(2);
  await expect(latest.locator("tbody tr").first().getByRole("cell", { name: "forced", exact: true })).toBeVisible();
  await looksRight(page, scripting);
});

test("the request log is paginated, and an invalid filter shows an error", async ({ admin: page, scripting, server, rest }) => {
  const balancer = await demoBalancer(rest);
  for (let number = 0; number < 51; number += 1) await call(server, balancer.serving_name, "Hello.", "general");
  await written(rest, `balancer=${balancer.id}`, 51);
  await visit(page, `/requests?balancer=${balancer.id}&status=2xx`, scripting);
  const rows = page.getByRole("table", { name: "Calls", exact: true }).locator("tbody tr");
  await expect(rows).toHaveCount(50);
  await go(page, () => page.getByRole("link", { name: "Older", exact: true }).click(), /cursor=/, scripting);
  await expect(rows).toHaveCount(1);
  await expect(page.getByRole("link", { name: "Older", exact: true })).toHaveCount(0);
  await page.getByRole("link", { name: "Newest", exact: true }).click();
  await settled(page, scripting);
  await expect(rows).toHaveCount(50);
  await expect(page).toHaveURL(/status=2xx$/);

  await visit(page, "/requests?status=6xx", scripting);
  await expect(page.getByText("Use a status such as 502, or a class such as 5xx.", { exact: true })).toBeVisible();
  await looksRight(page, scripting);
  await visit(page, "/requests/req_none", scripting);
  await expect(page.getByText("There is no call with the id “req_none” in the request log.", { exact: true })).toBeVisible();
  await looksRight(page, scripting);
});
