// Every page in its states, light and dark, and on a phone's width: axe finds nothing, nothing scrolls sideways.
import type { Page } from "@playwright/test";
import { demoBalancer, instance, passThrough } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { expect, fresh, settled, test, visit } from "../support/test.ts";
import { onStep, walkToReview } from "../support/wizard.ts";

test.describe.configure({ timeout: 300_000 });

async function look(page: Page, address: string): Promise<void> {
  await visit(page, address, true);
  await looksRight(page, true);
}

test("signed-out pages are accessible and fit a phone", async ({ page }) => {
  await look(page, "/sign-in");
  await page.getByLabel("User name", { exact: true }).fill("nobody");
  await page.getByLabel("Password", { exact: true }).fill("wrong password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("The user name or the password is wrong.", { exact: true }).first()).toBeVisible();
  await looksRight(page, true);
  await look(page, "/setup?token=none");
});

test("lists and forms are accessible and fit a phone", async ({ admin: page, rest }) => {
  const upstream = await instance(rest, "http://127.0.0.1:9");
  const group = await rest.post("/target-groups", {
    name: fresh("pool").replace(" ", "-"),
    members: [{ instance_id: upstream.id }],
  });
  await passThrough(rest, { type: "instance", ref: upstream.id });
  for (const address of ["/", "/?q=nowhere", "/instances", "/instances/new", `/instances/${upstream.id}`, "/target-groups", "/target-groups/new", `/target-groups/${group.id}`, "/keys", "/settings", "/nowhere", "/instances/inst_none"]) {
    await look(page, address);
  }
  for (const [address, button] of [["/instances/new", "Save instance"], ["/target-groups/new", "Save target group"], ["/keys", "Create key"]]) {
    await visit(page, address, true);
    const save = page.getByRole("button", { name: button, exact: true });
    if (!(await save.isVisible())) await page.locator("summary").getByText("Create an API key", { exact: true }).click();
    await save.click();
    await settled(page, true);
    await looksRight(page, true);
  }
  const name = fresh("Key");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create key", exact: true }).click();
  await expect(page.getByRole("heading", { name: `“${name}” is ready`, exact: true })).toBeVisible();
  await settled(page, true);
  await looksRight(page, true);
});

test("the wizard's steps, complete and with errors, are accessible and fit a phone", async ({ admin: page }) => {
  const steps = ["name", "workload", "mode", "router", "routes", "review"];
  for (const step of steps) await look(page, `/balancers/new/${step}`);
  await walkToReview(page, fresh("Looked at"), true);
  await looksRight(page, true);
  const draft = new URL(page.url()).search;
  for (const step of steps.slice(0, -1)) await look(page, `/balancers/new/${step}${draft}`);
  // Without its name and its default a draft has faults at every place that shows some.
  await visit(page, `/balancers/new/routes${draft}`, true);
  await page.getByRole("button", { name: "Remove route", exact: true }).last().click();
  await settled(page, true);
  await page.getByLabel("Intent", { exact: true }).first().fill("");
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await onStep(page, "review", true);
  await looksRight(page, true);
  await look(page, `/balancers/new/routes${draft}`);
  await look(page, "/");
});

test("a balancer, its playground and its calls are accessible and fit a phone", async ({ admin: page, rest }) => {
  const balancer = await demoBalancer(rest);
  const at = `/balancers/${balancer.id}`;
  for (const address of [at, `${at}?tab=routes`, `${at}?tab=json`, `${at}/history`, `${at}/edit`, `${at}?confirm=delete`]) await look(page, address);
  await visit(page, at, true);
  await page.getByRole("button", { name: "Run smoke test", exact: true }).click();
  await page.waitForURL(/result=/);
  await settled(page, true);
  await looksRight(page, true);
  await look(page, `/playground?balancer=${balancer.id}`);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await settled(page, true);
  await looksRight(page, true);
  await page.getByLabel("Message", { exact: true }).fill("Please fix the bug in this Rust function.");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("region", { name: "Timeline", exact: true })).toBeVisible();
  await looksRight(page, true);
  await expect.poll(async () => (await rest.get(`/requests?balancer=${balancer.id}`)).data.length).toBeGreaterThan(0);
  await look(page, "/requests");
  const [call] = (await rest.get(`/requests?balancer=${balancer.id}`)).data;
  await look(page, `/requests/${call.id}`);
});
