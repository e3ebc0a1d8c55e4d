import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { expect, fresh, settled, test, visit } from "../support/test.ts";

test("a change is shown field by field and rolled back", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  const name = fresh("Renamed");
  await rest.patch(`/smart-balancers/${balancer.id}`, { revision: 1, name });
  await visit(page, `/balancers/${balancer.id}`, scripting);
  await page.getByRole("navigation", { name: "Parts of this page", exact: true }).getByRole("link", { name: "History", exact: true }).click();
  await page.waitForURL(/\/history$/);
  await settled(page, scripting);
  const changed = page.getByRole("table", { name: "Changes of revision 2", exact: true });
  const renamed = changed.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "name", exact: true }) });
  await expect(renamed.getByRole("cell")).toHaveText([balancer.name, name]);
  await looksRight(page, scripting);

  const first = page.getByRole("article", { name: "Revision 1", exact: true });
  const current = page.getByRole("article", { name: "Revision 2", exact: true });
  await expect(current.getByRole("button", { name: "Roll back to this", exact: true })).toHaveCount(0);
  await first.getByRole("button", { name: "Roll back to this", exact: true }).click();
  await settled(page, scripting);
  await expect(page.getByText(/^Rolled back to revision 1\b/)).toBeVisible();
  await expect(page.getByRole("article", { name: "Revision 3", exact: true }).getByText("Current", { exact: true })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(balancer.name);
  const now = await rest.get(`/smart-balancers/${balancer.id}`);
  expect([now.revision, now.name]).toEqual([3, balancer.name]);
});

test("a rollback from a stale page is refused", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  const address = `/smart-balancers/${balancer.id}`;
  await rest.patch(address, { revision: 1, description: "Second." });
  await visit(page, `/balancers/${balancer.id}/history`, scripting);
  await rest.patch(address, { revision: 2, description: "Third." });
  const first = page.getByRole("article", { name: "Revision 1", exact: true });
  await first.getByRole("button", { name: "Roll back to this", exact: true }).click();
  await settled(page, scripting);
  await expect(page.getByText("Someone else saved this in the meantime.", { exact: true })).toBeVisible();
  await expect(page.getByRole("article", { name: "Revision 3", exact: true }).getByText("Current", { exact: true })).toBeVisible();
  await looksRight(page, scripting);
  expect((await rest.get(address)).revision).toBe(3);
});

test("the audit log shows admins who did what", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, "/", scripting);
  await page.getByRole("navigation", { name: "Main", exact: true }).getByRole("link", { name: "Settings", exact: true }).click();
  await page.waitForURL(/\/settings/);
  await settled(page, scripting);
  const rows = page.getByRole("table", { name: "Audit log", exact: true }).getByRole("row");
  const row = rows.filter({ has: page.getByText(balancer.id, { exact: true }) });
  for (const cell of ["token", "create"]) await expect(row.getByRole("cell", { name: cell, exact: true })).toBeVisible();
  await row.getByText(/^\d+ fields$/).click();
  await looksRight(page, scripting);
});
