import { expect, fact, fresh, settled, test, visit } from "../support/test.ts";
import { next, onStep, prompts, routes, save, stepLink, walkToReview } from "../support/wizard.ts";

test("a balancer is created in six steps and shows its sample call", async ({ admin: page, scripting, server }) => {
  const serving = await walkToReview(page, fresh("Helpdesk"), scripting);
  await save(page, scripting);
  const sample = page.getByRole("region", { name: "Sample call", exact: true }).locator("pre");
  await expect(sample).toContainText(`curl ${server.url}/v1/chat/completions`);
  await expect(sample).toContainText(`"model": "${serving}"`);
  await expect(sample).toContainText("Authorization: Bearer $SMART_BALANCER_API_KEY");
});

test("a balancer without a default route cannot be saved, and the server refuses it too", async ({ admin: page, scripting, rest }) => {
  await walkToReview(page, fresh("Undecided"), scripting);
  await expect(page.getByRole("button", { name: "Save balancer", exact: true })).toBeEnabled();
  await stepLink(page, "Routes").click();
  await onStep(page, "routes", scripting);
  const rows = page.getByRole("group").filter({ has: page.getByLabel("Route name", { exact: true }) });
  const row = rows.filter({ has: page.getByRole("radio", { name: "Default route", checked: true, exact: true }) });
  await expect(row).toHaveCount(1);
  const before = await rows.count();
  await row.getByRole("button", { name: "Remove route", exact: true }).click();
  await settled(page, scripting);
  await expect(rows).toHaveCount(before - 1);
  // Each row has a label "Default route", so it is the sentence that counts.
  const missing = "Mark one route as default; it answers when no intent matches.";
  await expect(page.getByRole("alert").getByText(missing, { exact: true })).toBeVisible();
  await next(page, "review", scripting);
  await expect(page.getByRole("button", { name: "Save balancer", exact: true })).toBeDisabled();
  await expect(page.getByRole("alert").getByRole("link", { name: missing, exact: true })).toBeVisible();

  const refused = await rest.post("/smart-balancers", { name: fresh("Undecided"), routes: [] }, 422);
  expect(refused.error.fields).toContainEqual(
    expect.objectContaining({ path: "routes", code: "default_route_required" }),
  );
});

test("a decision model is chosen in the wizard, and a tried prompt shows how probable each route is", async ({ admin: page, scripting, rest }) => {
  const serving = await walkToReview(page, fresh("Sure"), scripting);
  await stepLink(page, "Router model").click();
  await onStep(page, "router", scripting);
  const router = page.getByRole("combobox", { name: "Router model", exact: true });
  await router.selectOption({ value: "instance:inst_demo-decider" });
  await expect(page.getByText("Pick a decision model if you have one", { exact: false })).toBeVisible();
  await page.getByText("Advanced", { exact: true }).click();
  const minimum = page.getByLabel("Minimum confidence", { exact: true });
  await minimum.fill("a lot");
  await next(page, "routes", scripting);
  await stepLink(page, "Router model").click();
  await onStep(page, "router", scripting);
  await expect(minimum).toHaveValue("a lot");
  await expect(page.getByText("Enter a number from 0 to 1, such as 0.5.", { exact: true }).first()).toBeVisible();
  await minimum.fill("0.05");
  await next(page, "routes", scripting);
  const trial = page.getByRole("region", { name: "Try a prompt", exact: true });
  await trial.getByLabel("Prompt", { exact: true }).fill(prompts.code);
  await trial.getByRole("button", { name: "Try", exact: true }).click();
  await settled(page, scripting);
  await expect(fact(trial, "Route")).toHaveText("code");
  await expect(fact(trial, "Confidence")).toHaveText(/^0\.\d{3}$/);
  const rows = trial.getByRole("table", { name: "Probabilities", exact: true }).getByRole("row");
  await expect(rows).toHaveCount(1 + routes.length + 1);
  await expect(rows.nth(1)).toContainText(/code\s*Chosen.*%/);
  await next(page, "review", scripting);
  await save(page, scripting);
  const { data } = await rest.get(`/smart-balancers?q=${serving}`);
  const saved = data.find((it: { serving_name: string }) => it.serving_name === serving);
  expect([saved.router_model.ref, saved.classifier.min_confidence]).toEqual(["inst_demo-decider", 0.05]);
});

test("a reload keeps the draft, and the balancers page offers to resume it", async ({ admin: page, scripting }) => {
  const name = fresh("Kept");
  await walkToReview(page, name, scripting);
  await page.reload();
  await settled(page, scripting);
  const summary = page.getByRole("complementary", { name: "Summary", exact: true });
  await expect(fact(summary, "Name")).toHaveText(name);
  await stepLink(page, "Name").click();
  await onStep(page, "name", scripting);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await visit(page, "/", scripting);
  const drafts = page.getByRole("region", { name: "Drafts", exact: true });
  await expect(drafts.getByRole("link", { name, exact: true })).toHaveAttribute("href", /\/balancers\/new\/name\?draft=/);
});

test("a taken serving name is an error at its field", async ({ admin: page, scripting }) => {
  const name = fresh("Twice");
  await walkToReview(page, name, scripting);
  await save(page, scripting);
  const serving = await walkToReview(page, name, scripting);
  await expect(page.getByRole("button", { name: "Save balancer", exact: true })).toBeDisabled();
  const taken = `The serving name “${serving}” is taken by another balancer; choose another one.`;
  await page.getByRole("alert").getByRole("link", { name: taken, exact: true }).click();
  await onStep(page, "name", scripting);
  const field = page.getByLabel("Serving name", { exact: true });
  await expect(field).toHaveValue(serving);
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(new RegExp(taken));
});
