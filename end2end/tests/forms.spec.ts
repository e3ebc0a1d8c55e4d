// Creating and changing what balancers are made of, by form.
import { expect, fresh, settled, test, visit } from "../support/test.ts";

test("an instance is created and edited", async ({ admin: page, scripting, rest }) => {
  const [name, other] = [fresh("Made"), fresh("Changed")];
  await visit(page, "/instances", scripting);
  await page.getByRole("link", { name: "Add instance", exact: true }).first().click();
  await page.waitForURL(/\/instances\/new/);
  await settled(page, scripting);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Save instance", exact: true }).click();
  await settled(page, scripting);
  // Its address is missing: it says so, and what was typed is still there.
  await expect(page.getByLabel("Base URL", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await page.getByLabel("Base URL", { exact: true }).fill("http://127.0.0.1:9/v1");
  await page.getByLabel("Model", { exact: true }).fill("m");
  await page.getByRole("button", { name: "Save instance", exact: true }).click();
  await page.waitForURL(/\/instances(\/inst_[^?]*)?(\?|$)/);
  await settled(page, scripting);
  const made = (await rest.get("/instances?limit=200")).data.find((it: { name: string }) => it.name === name);
  await visit(page, `/instances/${made.id}`, scripting);
  await page.getByLabel("Name", { exact: true }).fill(other);
  await page.getByRole("button", { name: "Save instance", exact: true }).click();
  await settled(page, scripting);
  await expect.poll(async () => (await rest.get(`/instances/${made.id}`)).name).toBe(other);
});

test("a target group is created and edited", async ({ admin: page, scripting, rest }) => {
  const name = fresh("pool").replace(" ", "-");
  await visit(page, "/target-groups/new", scripting);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("combobox", { name: "Instance", exact: true }).first().selectOption({ index: 1 });
  await page.getByRole("button", { name: "Save target group", exact: true }).click();
  await page.waitForURL(/\/target-groups(\/tg_[^?]*)?(\?|$)/);
  await settled(page, scripting);
  const find = async () => (await rest.get("/target-groups?limit=200")).data.find((it: { name: string }) => it.name === name);
  const made = await find();
  await visit(page, `/target-groups/${made.id}`, scripting);
  await page.getByLabel("Display name", { exact: true }).fill("Shown");
  await page.getByRole("button", { name: "Save target group", exact: true }).click();
  await settled(page, scripting);
  await expect.poll(async () => (await find()).display_name).toBe("Shown");
});

test("an API key is created, shown once and revoked", async ({ admin: page, scripting }) => {
  const name = fresh("Key");
  await visit(page, "/keys", scripting);
  await page.locator("summary").getByText("Create an API key", { exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create key", exact: true }).click();
  const made = page.getByRole("region", { name: `“${name}” is ready`, exact: true });
  const key = await made.getByRole("group", { name: "API key", exact: true }).locator("code").innerText();
  expect(key).toMatch(/^sb-[a-z0-9]+-[\w-]{40,}$/);
  await settled(page, scripting);
  await visit(page, "/keys", scripting);
  expect(await page.content()).not.toContain(key);
  const rows = page.getByRole("table", { name: "API keys", exact: true }).getByRole("row");
  const row = rows.filter({ has: page.getByRole("rowheader", { name, exact: true }) });
  await row.locator("summary").click();
  await row.getByRole("button", { name: `Revoke ${name}`, exact: true }).click();
  await settled(page, scripting);
  await expect(row).toHaveCount(0);
});

test("characters are counted while typing", async ({ admin: page, scripting }) => {
  await visit(page, "/balancers/new/routes", scripting);
  const intent = page.getByLabel("Intent", { exact: true }).first();
  const line = page.getByText(/^\d+ of 300 characters$/).first();
  const counts = async (count: number) => expect(line).toHaveText(`${count} of 300 characters`);
  await counts([...(await intent.inputValue())].length);
  if (!scripting) {
    // It would stand still.
    await expect(line).toBeHidden();
    return;
  }
  await intent.fill("An intent with an é and a 🙂.");
  await counts(28);
  await expect(line).not.toHaveAttribute("data-over");
  await intent.fill("x".repeat(301));
  await counts(301);
  await expect(line).toHaveAttribute("data-over", "true");
});
