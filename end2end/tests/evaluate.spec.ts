import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { expect, fresh, hydrated, test, visit } from "../support/test.ts";
import { prompts, save, walkToReview } from "../support/wizard.ts";

const csv = Object.entries(prompts)
  .map(([route, prompt]) => `"${prompt}",${route}`)
  .join("\n");

test("labelled prompts are run, scored and compared with the last run", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, `/balancers/${balancer.id}`, scripting);
  await page.getByRole("navigation", { name: "Parts of this page" }).getByRole("link", { name: "Evaluate" }).click();
  await page.waitForURL(/\/evaluate$/);
  await expect(page.getByText("No run yet.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Run evaluation" })).toBeDisabled();
  await looksRight(page, scripting);

  const field = page.getByLabel("Prompts and their routes");
  await field.fill("hello, nowhere");
  await page.getByRole("button", { name: "Save prompts" }).click();
  await expect(page.getByText("Line 1 names a route that is not there.")).toBeVisible();
  await expect(field).toHaveValue("hello, nowhere");
  await looksRight(page, scripting);

  if (scripting) {
    await page.getByLabel("Take them from a file").setInputFiles({ name: "prompts.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await expect(field).toHaveValue(csv);
  } else {
    await field.fill(csv);
  }
  await page.getByRole("button", { name: "Save prompts" }).click();
  await expect(page.getByText("4 prompts, saved")).toBeVisible();

  const figures = page.getByRole("table", { name: "Figures of the run" });
  const run = async () => {
    await page.getByRole("button", { name: "Run evaluation" }).click();
    if (scripting) return;
    // A still page shows how it went when it is asked to.
    await expect(async () => {
      await page.goto(`/balancers/${balancer.id}/evaluate`);
      await expect(page.getByRole("button", { name: "Run evaluation" })).toBeVisible({ timeout: 500 });
    }).toPass();
  };
  await run();
  await expect(figures.getByRole("row", { name: /^Right/ })).toContainText("of 4");
  await expect(page.getByRole("table", { name: /expected route/ })).toBeVisible();
  await looksRight(page, scripting);
  await run();
  await expect(figures.getByRole("columnheader", { name: "The run before" })).toBeVisible();
  await expect(page.getByText("As accurate as the run before")).toBeVisible();
  await looksRight(page, scripting);
});

test("a draft is evaluated before it is saved, and its prompts stay", async ({ admin: page, scripting }) => {
  await walkToReview(page, fresh("Drafted"), scripting);
  await page.getByRole("link", { name: "Evaluate this draft" }).click();
  await page.waitForURL(/\/evaluate\?draft=/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Evaluate the draft");
  await looksRight(page, scripting);
  await page.getByLabel("Prompts and their routes").fill(csv);
  await page.getByRole("button", { name: "Save prompts" }).click();
  await expect(page.getByText("4 prompts, saved")).toBeVisible();
  await page.getByRole("link", { name: "Back to the wizard" }).click();
  await page.waitForURL(/\/review\?draft=/);
  await expect(page.getByRole("button", { name: "Save balancer" })).toBeEnabled();
  await save(page);
  if (scripting) await hydrated(page);
  await page.getByRole("navigation", { name: "Parts of this page" }).getByRole("link", { name: "Evaluate" }).click();
  await expect(page.getByText("4 prompts, saved")).toBeVisible();
});
