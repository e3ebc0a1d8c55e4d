// Routes change places by drag; the keyboard's way is in keyboard.spec.ts.
import { expect, settled, test, visit } from "../support/test.ts";

test("a dragged route moves with everything typed into it", async ({ admin: page, scripting }) => {
  await visit(page, "/balancers/new/routes", scripting);
  const fields = page.getByLabel("Route name", { exact: true });
  const names = () => fields.evaluateAll((all) => all.map((it) => (it as HTMLInputElement).value));
  const before = await names();
  expect(before.length).toBeGreaterThan(2);
  const grips = page.getByTitle("Drag to move", { exact: true });
  if (!scripting) {
    // What would do nothing is not there; the buttons are.
    await expect(grips.first()).toBeHidden();
    await expect(page.getByRole("button", { name: "Move down", exact: true }).first()).toBeVisible();
    return;
  }
  await page.getByLabel("Intent", { exact: true }).first().fill("The user asks about something that was dragged.");
  const drag = async (from: number, to: number) => {
    // Both are to be seen, whichever of them the step last went to.
    await page.locator(".route").nth(Math.min(from, to)).evaluate((it) => it.scrollIntoView());
    await grips.nth(from).hover();
    await page.mouse.down();
    const row = page.locator(".route").nth(to);
    // As a hand does it: never quite still. What was typed may just be kept, and the step drawn anew.
    await expect(async () => {
      const edge = await row.boundingBox();
      if (!edge) throw new Error("the row is not to be seen");
      await page.mouse.move(edge.x + 30, edge.y + 12);
      await page.mouse.move(edge.x + 30, edge.y + 10);
      await expect(row).toHaveClass(/aim/, { timeout: 100 });
    }).toPass();
    await page.mouse.up();
    await settled(page, scripting);
  };
  await drag(0, 1);
  const [first, second, ...others] = before;
  await expect(fields.nth(1)).toHaveValue(first);
  expect(await names()).toEqual([second, first, ...others]);
  await expect(page.getByLabel("Intent", { exact: true }).nth(1)).toHaveValue("The user asks about something that was dragged.");
  await drag(1, 0);
  await expect(fields.first()).toHaveValue(first);
  expect(await names()).toEqual(before);
  // Let go where there is no row, nothing moves.
  await grips.first().hover();
  await page.mouse.down();
  await page.mouse.move(2, 2);
  await page.mouse.up();
  await settled(page, scripting);
  expect(await names()).toEqual(before);
  await expect(page.locator(".aim")).toHaveCount(0);
});
