import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { expect, fresh, test, visit } from "../support/test.ts";
import { prompts, save, walkToReview } from "../support/wizard.ts";

const csv = Object.entries(prompts)
  .map(([route, prompt]) => `"${prompt}",${route}`)
  .join("\n");

test("labelled prompts are evaluated, scored and compared with the previous run", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, `/balancers/${balancer.id}`, scripting);
  await page.getByRole("navigation", { name: "Parts of this page", exact: true }).getByRole("link", { name: "Evaluate", exact: true }).click();
  await page.waitForURL(/\/evaluate$/);
  await expect(page.getByText("No run yet.", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Run evaluation", exact: true })).toBeDisabled();
  await looksRight(page, scripting);

  const field = page.getByLabel("Prompts and their routes", { exact: true });
  await field.fill("hello, nowhere");
  await page.getByRole("button", { name: "Save prompts", exact: true }).click();
  await expect(page.getByText("Line 1 names a route that is not there.", { exact: true })).toBeVisible();
  await expect(field).toHaveValue("hello, nowhere");
  await looksRight(page, scripting);

  if (scripting) {
    await page.getByLabel("Take them from a file", { exact: true }).setInputFiles({ name: "prompts.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await expect(field).toHaveValue(csv);
  } else {
    await field.fill(csv);
  }
  await page.getByRole("button", { name: "Save prompts", exact: true }).click();
  await expect(page.getByText(/^4 prompts, saved\b/)).toBeVisible();

  const figures = page.getByRole("table", { name: "Results of the run", exact: true });
  const run = async () => {
    await page.getByRole("button", { name: "Run evaluation", exact: true }).click();
    if (scripting) return;
    // A still page shows how it went when it is asked to.
    await expect(async () => {
      await page.goto(`/balancers/${balancer.id}/evaluate`);
      await expect(page.getByRole("button", { name: "Run evaluation", exact: true })).toBeVisible({ timeout: 500 });
    }).toPass();
  };
  await run();
  const right = figures.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Correct", exact: true }) });
  await expect(right.getByRole("cell")).toHaveText(["4 of 4"]);
  const chosen = page.getByRole("table", { name: "Each row is an expected route, each column a chosen one", exact: true });
  await expect(chosen.locator("tbody tr")).toHaveCount(4);
  await looksRight(page, scripting);
  await run();
  await expect(figures.getByRole("columnheader", { name: "Previous run", exact: true })).toBeVisible();
  await expect(right.getByRole("cell")).toHaveText(["4 of 4", "4 of 4"]);
  await expect(page.getByText("As accurate as the previous run", { exact: true })).toBeVisible();
  await looksRight(page, scripting);
});

test("a draft is evaluated before it is saved, and keeps its prompts", async ({ admin: page, scripting }) => {
  const name = fresh("Drafted");
  await walkToReview(page, name, scripting);
  await page.getByRole("link", { name: "Evaluate this draft", exact: true }).click();
  await page.waitForURL(/\/evaluate\?draft=/);
  await expect(page.getByRole("heading", { name: `Evaluate the draft “${name}”`, exact: true, level: 1 })).toBeVisible();
  await looksRight(page, scripting);
  await page.getByLabel("Prompts and their routes", { exact: true }).fill(csv);
  await page.getByRole("button", { name: "Save prompts", exact: true }).click();
  await expect(page.getByText(/^4 prompts, saved\b/)).toBeVisible();
  await page.getByRole("link", { name: "Back to the wizard", exact: true }).click();
  await page.waitForURL(/\/review\?draft=/);
  await expect(page.getByRole("button", { name: "Save balancer", exact: true })).toBeEnabled();
  await save(page, scripting);
  await page.getByRole("navigation", { name: "Parts of this page", exact: true }).getByRole("link", { name: "Evaluate", exact: true }).click();
  await expect(page.getByText(/^4 prompts, saved\b/)).toBeVisible();
});
