// Takes the pictures of the user guide, by `make screenshots`. They are small on purpose: one screen of modest width.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { passThrough } from "../../support/balancers.ts";
import { expect, fact, hydrated, test, visit } from "../../support/test.ts";
import { next, onStep, save, stepLink, walkToReview } from "../../support/wizard.ts";

const folder = resolve(import.meta.dirname, "../../../docs/guide/pictures");
const most = 200 * 1024;

async function picture(page: Page, name: string, height = 720): Promise<void> {
  const path = resolve(folder, `${name}.png`);
  await page.setViewportSize({ width: 1000, height });
  await page.mouse.move(0, 0);
  await page.screenshot({ path, animations: "disabled", caret: "hide" });
  expect(statSync(path).size, `${name} is too large`).toBeLessThan(most);
}

test.use({ viewport: { width: 1000, height: 720 }, colorScheme: "light" });

test("first balancer", async ({ admin: page, scripting }) => {
  await walkToReview(page, "Helpdesk", scripting);
  await stepLink(page, "Routes").click();
  await onStep(page, "routes", scripting);
  await expect(page.getByRole("heading", { name: "Routes", level: 2, exact: true })).toBeVisible();
  await picture(page, "wizard-routes", 900);
  await next(page, "review", scripting);
  await expect(page.getByRole("button", { name: "Save balancer", exact: true })).toBeEnabled();
  await save(page, scripting);
  await expect(page.getByRole("region", { name: "Sample call", exact: true }).locator("pre")).toContainText("curl http");
  await picture(page, "balancer", 900);
  await page.getByRole("link", { name: "Open in playground", exact: true }).click();
  await page.waitForURL(/\/playground/);
  if (scripting) await hydrated(page);
  await page.getByLabel("Message", { exact: true }).fill("My function does not compile.");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(fact(page.getByRole("region", { name: "Decision", exact: true }), "Reason").locator("code")).toHaveText("matched");
  await expect(page.getByRole("region", { name: "Timeline", exact: true })).toBeVisible();
  await picture(page, "playground", 900);
});

test("target groups", async ({ admin: page, scripting, rest }) => {
  const members = ["inst_demo-coder", "inst_demo-editor", "inst_demo-helper"].map((instance_id, place) => ({
    instance_id,
    weight: place === 0 ? 300 : 100,
    priority: place === 2 ? 2 : 1,
  }));
  await rest.post("/target-groups", { name: "tech-support-pool", display_name: "Tech support pool", members });
  await visit(page, "/target-groups", scripting);
  await expect(page.getByText(/^Traffic now: .*, inst_demo-helper standby$/)).toBeVisible();
  await picture(page, "target-groups", 480);
});

test("failover", async ({ admin: page, scripting, rest, server }) => {
  const away = await rest.post("/instances", { name: "Main provider", base_url: "http://127.0.0.1:1/v1", model: "m" });
  const route = (name: string, ref: string, is_default: boolean) => ({
    name,
    intent: `Calls of the ${name} provider.`,
    destination: { type: "instance", ref },
    is_default,
  });
  const balancer = await rest.post("/smart-balancers", {
    name: "Two providers",
    routing_mode: "ordered",
    routes: [route("main", away.id, false), route("standby", "inst_demo-helper", true)],
  });
  const answer = await page.request.post(`${server.url}/v1/chat/completions`, {
    headers: { authorization: `Bearer ${server.apiKey}` },
    data: { model: balancer.serving_name, messages: [{ role: "user", content: "Hello" }] },
  });
  expect(answer.headers()["x-sb-reason"]).toBe("failover");
  await visit(page, `/balancers/${balancer.id}?tab=routes`, scripting);
  await picture(page, "failover", 560);
  const request = answer.headers()["x-request-id"];
  await expect.poll(async () => (await rest.get("/requests?limit=5")).data.map((it: { id: string }) => it.id)).toContain(request);
  await visit(page, `/requests/${request}`, scripting);
  await expect(page.getByRole("table", { name: "Attempts", exact: true }).locator("tbody tr")).toHaveCount(2);
  await picture(page, "request", 1000);
});

test("import", async ({ admin: page, scripting, rest }) => {
  const { id } = await passThrough(rest, { type: "instance", ref: "inst_demo-helper" }, { name: "Front desk" });
  const document = await rest.get("/config/export");
  document.balancers = document.balancers.filter((it: { id: string }) => it.id === id);
  document.balancers[0].description = "For the desk.";
  document.instances = [{ name: "Second provider", base_url: "https://models.example.com/v1", model: "large" }];
  await visit(page, "/settings", scripting);
  await page.getByLabel("Paste the document", { exact: true }).fill(JSON.stringify(document));
  await page.getByRole("button", { name: "Show what would change", exact: true }).click();
  await page.waitForURL(/\/settings\?import=/);
  if (scripting) await hydrated(page);
  await expect(page.getByRole("table", { name: "Changes of the import", exact: true })).toBeVisible();
  await page.evaluate(() => scrollTo(0, 0));
  await picture(page, "import", 640);
});
