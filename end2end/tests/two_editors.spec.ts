// Two people change one balancer at a time, or one person in two tabs: whoever is later keeps what was typed, and sees
// what differs.
import type { Page } from "@playwright/test";
import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { expect, fresh, setHidden, settled, signIn, test, visit } from "../support/test.ts";
import { copied, draftOf, inTwoTabs, next, stepLink, summaryName } from "../support/wizard.ts";

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

test("an edit that somebody comes back to undoes nothing", { tag: "@scripting" }, async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  const [theirs, mine] = [fresh("Theirs"), fresh("Mine")];
  await visit(page, `/balancers/${balancer.id}/edit/name`, scripting);
  await setHidden(page, true);
  await rest.patch(`/smart-balancers/${balancer.id}`, { name: theirs, revision: balancer.revision });
  await setHidden(page, false);
  await expect(summaryName(page)).toHaveText(theirs);
  await page.getByLabel("Name", { exact: true }).fill(mine);
  const differences = page.getByRole("table", { name: "Differences", exact: true });
  await expect(differences.getByRole("cell", { name: mine, exact: true })).toBeVisible();
  await expect(differences.getByRole("cell", { name: theirs, exact: true })).toBeVisible();
});

test("a tab that somebody comes back to overwrites nothing", { tag: "@scripting" }, async ({ admin: early, scripting }) => {
  const [first, second] = [fresh("First"), fresh("Second")];
  const late = await inTwoTabs(early, scripting);
  await setHidden(late, true);
  await early.getByLabel("Name", { exact: true }).fill(first);
  await expect(summaryName(early)).toHaveText(first);
  // It catches up with what it missed, but for what stands in its controls.
  await setHidden(late, false);
  await expect(summaryName(late)).toHaveText(first);
  await late.getByLabel("Name", { exact: true }).fill(second);
  await expect(late.getByText(copied)).toBeVisible();
  await looksRight(late, scripting);
  await next(late, "workload", scripting);
  await expect(summaryName(late)).toHaveText(second);
  expect(draftOf(late)).not.toBe(draftOf(early));
  await next(early, "workload", scripting);
  await expect(summaryName(early)).toHaveText(first);
  await expect(early.getByText(copied)).toHaveCount(0);
  await late.close();
});
