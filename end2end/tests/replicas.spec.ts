// Nothing that a browser needs between two requests lives in one replica: each request here goes to the other of two
// servers than the one before.
import { instance } from "../support/balancers.ts";
import { startUpstream } from "../support/processes.ts";
import { accept, invite } from "../support/people.ts";
import { test } from "../support/replicas.ts";
import { expect, fact, fresh, settled, visit } from "../support/test.ts";
import { copied, draftOf, inTwoTabs, next, onStep, prompts, routes, save, stepLink, summaryName, walkToReview } from "../support/wizard.ts";

test("an API key is shown once, and opens both servers", async ({ admin: page, scripting, server }) => {
  const name = fresh("Key");
  await visit(page, "/keys", scripting);
  await page.locator("summary").getByText("Create an API key", { exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create key", exact: true }).click();
  const made = page.getByRole("region", { name: `“${name}” is ready`, exact: true });
  const key = await made.getByRole("group", { name: "API key", exact: true }).locator("code").innerText();
  await expect(page.getByRole("table", { name: "API keys", exact: true }).getByRole("rowheader", { name, exact: true })).toBeVisible();
  await settled(page, scripting);
  await page.reload();
  await settled(page, scripting);
  await expect(page.getByText(/^That key was shown once and cannot be shown again\./)).toBeVisible();
  expect(await page.content()).not.toContain(key);

  const models = async () => (await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status;
  await expect.poll(async () => [await models(), await models()]).toEqual([200, 200]);
});

test("a form that was refused keeps what was typed", async ({ admin: page, scripting }) => {
  const name = fresh("Made");
  await visit(page, "/instances/new", scripting);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Save instance", exact: true }).click();
  await settled(page, scripting);
  await expect(page.getByLabel("Base URL", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await page.getByLabel("Base URL", { exact: true }).fill("http://127.0.0.1:9/v1");
  await page.getByRole("button", { name: "Save instance", exact: true }).click();
  await page.waitForURL(/\/instances(\?|$)/);
  await settled(page, scripting);
  // A page that were a second behind would show the former name, and refuse the next change as older than what is saved.
  for (const changed of [fresh("Changed"), fresh("Changed again")]) {
    const rows = page.getByRole("table", { name: "Instances", exact: true });
    await rows.getByRole("link", { name: /^(Made|Changed) / }).click();
    await page.waitForURL(/\/instances\/inst_/);
    await settled(page, scripting);
    await page.getByLabel("Name", { exact: true }).fill(changed);
    await page.getByRole("button", { name: "Save instance", exact: true }).click();
    await page.waitForURL(/\/instances(\?|$)/);
    await settled(page, scripting);
    await expect(rows.getByRole("link", { name: changed, exact: true })).toBeVisible();
  }
});

test("an invited person sets a password by the link and is signed in", async ({ admin: page, scripting, browser }) => {
  const name = fresh("Edda");
  const theirs = await accept(browser, await invite(page, name, "viewer", scripting), scripting);
  await visit(theirs, "/instances", scripting);
  await expect(theirs.getByRole("link", { name: `Your account: ${name}`, exact: true })).toBeVisible();
  await theirs.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(theirs.getByRole("heading", { name: "Sign in", exact: true })).toBeVisible();
  await theirs.goto("/instances");
  await expect(theirs.getByRole("heading", { name: "Sign in", exact: true })).toBeVisible();
  await theirs.context().close();
});

test("a document that was uploaded is previewed and imported", async ({ admin: page, scripting }) => {
  const name = fresh("Imported");
  const list = [{ name, base_url: "http://127.0.0.1:9/v1", model: "m" }];
  const document = JSON.stringify({ format: "smart-balancer-configuration", version: 1, instances: list });
  await visit(page, "/settings", scripting);
  const file = { name: "import.json", mimeType: "application/json", buffer: Buffer.from(document) };
  await page.getByLabel("Or choose a file", { exact: true }).setInputFiles(file);
  await page.getByRole("button", { name: "Show what would change", exact: true }).click();
  await page.waitForURL(/\/settings\?import=/);
  await settled(page, scripting);
  const changes = page.getByRole("table", { name: "Changes of the import", exact: true });
  await expect(changes.getByRole("row").filter({ hasText: `instance “${name}”` }).getByRole("rowheader")).toHaveText("New");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await expect(page.getByText("Imported: one object changed.", { exact: true })).toBeVisible();
  await settled(page, scripting);
  // One of these two comes from the server that did not import it.
  for (const address of ["/instances", "/instances?q="]) {
    await visit(page, address, scripting);
    await expect(page.getByRole("table", { name: "Instances", exact: true }).getByRole("link", { name, exact: true })).toBeVisible();
  }
});

test("a balancer is made in the wizard, checked and saved", async ({ admin: page, scripting }) => {
  test.slow();
  const [name, intent] = [fresh("Helpdesk"), "The user asks about the weather of today."];
  await walkToReview(page, name, scripting);
  await stepLink(page, "Routes").click();
  await onStep(page, "routes", scripting);
  const field = page.getByRole("group", { name: "Route code", exact: true }).getByLabel("Intent", { exact: true });
  await field.fill(intent);
  if (scripting) {
    // What is typed is kept without a press, and what the summary says of it comes from the other server.
    const kept = page.waitForResponse((it) => it.request().method() === "POST" && it.ok());
    await page.getByRole("group", { name: "Route code", exact: true }).getByLabel("Route name", { exact: true }).fill("weather");
    await kept;
    await expect(page.getByRole("complementary", { name: "Summary", exact: true }).getByText("weather", { exact: true })).toBeVisible();
    await page.reload();
    await settled(page, scripting);
    const row = page.getByRole("group", { name: "Route weather", exact: true });
    await expect(row.getByLabel("Intent", { exact: true })).toHaveValue(intent);
    await row.getByLabel("Route name", { exact: true }).fill("code");
  }
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await onStep(page, "router", scripting);
  await next(page, "routes", scripting);
  await expect(field).toHaveValue(intent);
  await next(page, "review", scripting);

  const checklist = page.getByRole("region", { name: "Checklist", exact: true });
  await checklist.getByRole("button", { name: "Run checks", exact: true }).click();
  await onStep(page, "review", scripting);
  await expect(checklist.getByText("Not run yet", { exact: true })).toHaveCount(0);
  await expect(checklist.getByText("Failed", { exact: true })).toHaveCount(0);
  await save(page, scripting);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  const lanes = page.getByRole("region", { name: "Routes", exact: true });
  for (const route of routes) await expect(lanes.getByText(route, { exact: true })).toBeVisible();
});

test("an instance that is added within the wizard is chosen", async ({ admin: page, scripting }) => {
  const name = fresh("In place");
  await visit(page, "/balancers/new/router", scripting);
  await page.locator("summary").getByText("Add an instance", { exact: true }).click();
  await page.getByLabel("Instance name", { exact: true }).fill(name);
  await page.getByLabel("Base URL", { exact: true }).fill("http://127.0.0.1:9/v1");
  await page.getByRole("button", { name: "Add and choose it", exact: true }).click();
  // The step stays where it is, so its address does not say when it has been drawn anew.
  const summary = page.getByRole("complementary", { name: "Summary", exact: true });
  await expect(fact(summary, "Router model")).toHaveText(name);
  await settled(page, scripting);
});

test("a draft that is changed in two tabs becomes two", async ({ admin: early, scripting }) => {
  const [first, second] = [fresh("First"), fresh("Second")];
  const late = await inTwoTabs(early, scripting);
  await early.getByLabel("Name", { exact: true }).fill(first);
  await next(early, "workload", scripting);
  await late.getByLabel("Name", { exact: true }).fill(second);
  await next(late, "workload", scripting);
  await expect(late.getByText(copied)).toBeVisible();
  expect(draftOf(late)).not.toBe(draftOf(early));
  await expect(summaryName(late)).toHaveText(second);
  await early.reload();
  await settled(early, scripting);
  await expect(early.getByText(copied)).toHaveCount(0);
  await expect(summaryName(early)).toHaveText(first);

  await visit(late, "/", scripting);
  const drafts = late.getByRole("region", { name: "Drafts", exact: true });
  for (const name of [first, second]) await expect(drafts.getByRole("link", { name, exact: true })).toBeVisible();
  await late.close();
});

test("an evaluation is begun and stopped", async ({ admin: page, scripting, rest }) => {
  const upstream = await startUpstream("slow router");
  try {
    const router = await instance(rest, upstream.url, "slow:100+router-pick");
    const balancer = await rest.post("/smart-balancers", {
      name: fresh("Sorts"),
      router_model: { type: "instance", ref: router.id },
      routes: ["code", "general"].map((name) => ({
        name,
        intent: "Any prompt is welcome here.",
        destination: { type: "instance", ref: router.id },
        is_default: name === "general",
      })),
    });
    await visit(page, `/balancers/${balancer.id}/evaluate`, scripting);
    await page.getByLabel("Prompts and their routes", { exact: true }).fill(`"${prompts.code}",code\n`.repeat(1_000));
    await page.getByRole("button", { name: "Save prompts", exact: true }).click();
    await expect(page.getByText(/^1000 prompts, saved\b/)).toBeVisible();
    await settled(page, scripting);
    await page.getByRole("button", { name: "Run evaluation", exact: true }).click();
    const progress = page.getByRole("progressbar", { name: "Prompts classified", exact: true });
    const done = async () => {
      if (!scripting) await page.getByRole("link", { name: "Refresh", exact: true }).click();
      return progress.evaluate((it: HTMLProgressElement) => it.value);
    };
    await expect.poll(done).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    const stopped = page.getByText(/^It was stopped: \d+ of 1000 prompts were classified\.$/);
    if (scripting) await expect(stopped).toBeVisible();
    else await expect(async () => { await page.reload(); await expect(stopped).toBeVisible({ timeout: 500 }); }).toPass();
    await expect(page.getByRole("button", { name: "Run evaluation", exact: true })).toBeEnabled();
  } finally {
    await upstream.stop();
  }
});
