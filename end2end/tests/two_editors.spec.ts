// Two people change one balancer at a time: whoever is later keeps what was typed, and sees what differs.
import type { Page } from "@playwright/test";
import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { expect, fresh, settled, signIn, test, visit } from "../support/test.ts";
import { stepLink } from "../support/wizard.ts";

async function typeName(page: Page, id: string, name: string, scripting: boolean): Promise<void> {
  await visit(page, `/balancers/${id}/edit/name`, scripting);
  await page.getByLabel("Name", { exact: true }).fill(name);
}

async function toReview(page: Page, scripting: boolean): Promise<void> {
  await stepLink(page, "Save and test").click();
  await page.waitForURL(/\/edit\/review/);
  await settled(page, scripting);
}

test("the later of two editors keeps the draft and sees the differences", async ({ admin: page, browser, scripting, rest, server, viewport, javaScriptEnabled }) => {
  const balancer = await demoBalancer(rest);
  const [early, late] = [fresh("Early"), fresh("Late")];
  const other = await browser.newContext({ baseURL: server.url, viewport, javaScriptEnabled });
  try {
    const winner = await other.newPage();
    await signIn(winner, scripting);
    await typeName(page, balancer.id, late, scripting);
    await typeName(winner, balancer.id, early, scripting);
    await toReview(winner, scripting);
    await winner.getByRole("button", { name: "Save balancer", exact: true }).click();
    await winner.waitForURL(/\/balancers\/sb_[^/]+$/);
    await toReview(page, scripting);
    const save = page.getByRole("button", { name: "Save balancer", exact: true });
    if (await save.isEnabled()) {
      await save.click();
      await settled(page, scripting);
    }
    const differences = page.getByRole("table", { name: "Differences", exact: true });
    const names = differences.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "name", exact: true }) });
    await expect(names.getByRole("cell", { name: late, exact: true })).toBeVisible();
    await expect(names.getByRole("cell", { name: early, exact: true })).toBeVisible();
    await looksRight(page, scripting);
    expect((await rest.get(`/smart-balancers/${balancer.id}`)).name).toBe(early);

    await page.getByRole("button", { name: "Keep my draft", exact: true }).click();
    await settled(page, scripting);
    await expect(differences).toHaveCount(0);
    await save.click();
    await page.waitForURL(/\/balancers\/sb_[^/]+$/);
    await settled(page, scripting);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(late);
    expect((await rest.get(`/smart-balancers/${balancer.id}`)).name).toBe(late);
  } finally {
    await other.close();
  }
});
