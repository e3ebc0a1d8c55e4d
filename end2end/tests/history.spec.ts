import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { expect, fresh, settled, test, visit } from "../support/test.ts";

test("a change is told field by field, and taken back", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  const name = fresh("Renamed");
  await rest.patch(`/smart-balancers/${balancer.id}`, { revision: 1, name });
  await visit(page, `/balancers/${balancer.id}`, scripting);
  await page.getByRole("navigation", { name: "Parts of this page" }).getByRole("link", { name: "History" }).click();
  await page.waitForURL(/\/history$/);
  await settled(page, scripting);
  const changed = page.getByRole("table", { name: "What revision 2 changed" });
  await expect(changed).toContainText(balancer.name);
  await expect(changed).toContainText(name);
  await looksRight(page, scripting);

  const first = page.getByRole("article", { name: "Revision 1" });
  const current = page.getByRole("article", { name: "Revision 2" });
  await expect(current.getByRole("button", { name: "Roll back to this" })).toHaveCount(0);
  await first.getByRole("button", { name: "Roll back to this" }).click();
  await settled(page, scripting);
  await expect(page.getByText("Rolled back to revision 1")).toBeVisible();
  await expect(page.getByRole("article", { name: "Revision 3" })).toContainText("Current");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(balancer.name);
  const now = await rest.get(`/smart-balancers/${balancer.id}`);
  expect([now.revision, now.name]).toEqual([3, balancer.name]);
});

test("a way back from an old page is refused", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  const address = `/smart-balancers/${balancer.id}`;
  await rest.patch(address, { revision: 1, description: "Second." });
  await visit(page, `/balancers/${balancer.id}/history`, scripting);
  await rest.patch(address, { revision: 2, description: "Third." });
  const first = page.getByRole("article", { name: "Revision 1" });
  await first.getByRole("button", { name: "Roll back to this" }).click();
  await settled(page, scripting);
  await expect(page.getByText("Somebody else saved this in the meantime.")).toBeVisible();
  await expect(page.getByRole("article", { name: "Revision 3" })).toContainText("Current");
  await looksRight(page, scripting);
  expect((await rest.get(address)).revision).toBe(3);
});

test("the audit log tells admins who did what", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, "/", scripting);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  await page.waitForURL(/\/settings/);
  await settled(page, scripting);
  const row = page.getByRole("table", { name: "What was done" }).getByRole("row").filter({ hasText: balancer.id });
  await expect(row).toContainText("token");
  await expect(row).toContainText("create");
  await row.getByText(/fields/).first().click();
  await looksRight(page, scripting);
});
