import { expect, settled, test, visit } from "../support/test.ts";

// The listing of the brief, with the gutter that comes along when it is copied.
const listing = `target-group.json
1{
2  "name": "tech-support-pool",
3  "display_name": "Tech support pool",
4  "description": "Pool of tech-support instances behind a single name.",
5  "workload_kind": "chat",
6  "selection_policy": "weighted_round_robin",
7  "enabled": true,
8  "members": [
9    { "instance_id": "inst_a", "weight": 100, "enabled": true, "priority": 1 },
10    { "instance_id": "inst_b", "weight": 100, "enabled": true, "priority": 2 }
11  ]
12}`;

test("the sample listing is accepted by paste, line numbers included", async ({ admin: page, scripting, rest }) => {
  for (const name of ["A", "B"]) {
    await rest.post("/instances", { name, base_url: "http://127.0.0.1:9/v1", model: "m" });
  }
  await visit(page, "/target-groups/new", scripting);
  const box = page.getByLabel("Paste JSON", { exact: true });
  const details = page.locator("details", { has: box });
  if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
  await box.fill(listing);
  await details.getByRole("button", { name: "Fill in the form", exact: true }).click();
  await settled(page, scripting);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("tech-support-pool");
  await page.getByRole("button", { name: "Save target group", exact: true }).click();
  await page.waitForURL(/\/target-groups(\/tg_tech-support-pool)?(\?|$)/);
  const group = await rest.get("/target-groups/tg_tech-support-pool");
  expect(group.members.map((it: { share: number }) => it.share)).toEqual([1, 0]);
  await visit(page, "/target-groups", scripting);
  const card = page.getByRole("article", { name: "Tech support pool", exact: true });
  await expect(card.getByText("Traffic now: inst_a 100 %, inst_b standby", { exact: true })).toBeVisible();
});
