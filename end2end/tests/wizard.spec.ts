import { expect, fresh, settled, test, visit } from "../support/test.ts";
import { next, onStep, save, walkToReview } from "../support/wizard.ts";

test("a balancer is made in six steps and its sample call is there to copy", async ({ admin: page, scripting, server }) => {
  const serving = await walkToReview(page, fresh("Helpdesk"), scripting);
  await save(page, scripting);
  const sample = page.getByText("curl").locator("visible=true").first();
  await expect(sample).toBeVisible();
  const text = await page.locator("main").innerText();
  expect(text).toContain(serving);
  expect(text).toContain(server.url);
  expect(text).toContain("$SMART_BALANCER_API_KEY");
});

test("without a default route Save is blocked, and the server refuses as well", async ({ admin: page, scripting, rest }) => {
  await walkToReview(page, fresh("Undecided"), scripting);
  // Remove the default route on step 5.
  await page.getByRole("link", { name: /Routes/ }).first().click();
  await onStep(page, "routes", scripting);
  const rows = page.getByRole("group").filter({ has: page.getByLabel("Route name") });
  const row = rows.filter({ has: page.getByRole("radio", { name: "Default route", checked: true }) });
  await expect(row).toHaveCount(1);
  const before = await rows.count();
  await row.getByRole("button", { name: "Remove route" }).click();
  await settled(page, scripting);
  await expect(rows).toHaveCount(before - 1);
  await expect(page.getByText(/default route/i).first()).toBeVisible();
  await next(page, "review", scripting);
  await expect(page.getByRole("button", { name: "Save balancer" })).toBeDisabled();
  await expect(page.getByText(/default/i).first()).toBeVisible();

  const refused = await rest.post("/smart-balancers", { name: fresh("Undecided"), routes: [] }, 422);
  expect(refused.error.fields).toContainEqual(
    expect.objectContaining({ path: "routes", code: "default_route_required" }),
  );
});

test("a refresh keeps the draft, and the balancers page offers to resume it", async ({ admin: page, scripting }) => {
  const name = fresh("Kept");
  await walkToReview(page, name, scripting);
  await page.reload();
  await settled(page, scripting);
  await expect(page.getByText(name).first()).toBeVisible();
  await page.getByRole("link", { name: /^.*Name/ }).first().click();
  await onStep(page, "name", scripting);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await visit(page, "/", scripting);
  await expect(page.getByText(name).first()).toBeVisible();
});

test("a taken serving name is told at its field", async ({ admin: page, scripting }) => {
  const name = fresh("Twice");
  await walkToReview(page, name, scripting);
  await save(page, scripting);
  await walkToReview(page, name, scripting);
  await expect(page.getByRole("button", { name: "Save balancer" })).toBeDisabled();
  await expect(page.getByText(/taken|another/i).first()).toBeVisible();
});
