// The whole wizard without a pointer, and how few presses it takes with one.
import type { Locator, Page } from "@playwright/test";
import { expect, fresh, settled, test, visit } from "../support/test.ts";
import { onStep } from "../support/wizard.ts";

// Each press of a key is a round trip, and there are some hundreds.
test.describe.configure({ timeout: 180_000 });

/** Tabs on until `target` has the focus. */
async function reach(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 120; presses += 1) {
    if (await target.evaluate((it) => it === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reaches ${target}`);
}

async function press(page: Page, button: Locator, scripting: boolean): Promise<void> {
  await reach(page, button);
  await page.keyboard.press("Enter");
  await settled(page, scripting);
}

/** Down in a list of choices until one matches; the empty one never does. */
async function choose(page: Page, list: Locator, pattern: RegExp): Promise<void> {
  await reach(page, list);
  const chosen = () => list.evaluate((it: HTMLSelectElement) => (it.value && it.selectedOptions[0]?.text) || "");
  for (let presses = 0; presses < 50 && !pattern.test(await chosen()); presses += 1) await page.keyboard.press("ArrowDown");
  expect(await chosen()).toMatch(pattern);
}

test("the wizard works by keyboard, including reordering", async ({ admin: page, scripting }) => {
  const name = fresh("Typed");
  const button = (label: string) => page.getByRole("button", { name: label, exact: true });
  const step = async (to: string) => {
    await reach(page, button("Next"));
    await page.keyboard.press("Enter");
    await onStep(page, to, scripting);
  };
  await visit(page, "/", scripting);
  await reach(page, page.getByRole("link", { name: "Create a balancer", exact: true }).first());
  await page.keyboard.press("Enter");
  await onStep(page, "name", scripting);
  await reach(page, page.getByLabel("Name", { exact: true }));
  await page.keyboard.type(name);
  await step("workload");
  const kinds = page.getByRole("radio", { name: /^Chat\b/ });
  await reach(page, kinds);
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("radio", { name: /^Embeddings\b/ })).toBeChecked();
  await page.keyboard.press("ArrowUp");
  await expect(kinds).toBeChecked();
  await step("mode");
  await step("router");
  await choose(page, page.getByRole("combobox", { name: "Router model", exact: true }), /^Demo: router\b/);
  await step("routes");
  const fields = page.getByLabel("Route name", { exact: true });
  const before = await fields.evaluateAll((all) => all.map((it) => (it as HTMLInputElement).value));
  const inOrder = async (names: string[]) => {
    for (const [place, name] of names.entries()) await expect(fields.nth(place)).toHaveValue(name);
  };
  const first = page.getByRole("group", { name: `Route ${before[0]}`, exact: true });
  await press(page, first.getByRole("button", { name: "Move down", exact: true }), scripting);
  await inOrder([before[1], before[0], ...before.slice(2)]);
  await press(page, first.getByRole("button", { name: "Move up", exact: true }), scripting);
  await inOrder(before);
  const lists = page.getByRole("combobox", { name: "Destination", exact: true });
  for (let place = 0; place < before.length; place += 1) {
    if ((await lists.nth(place).inputValue()) === "") await choose(page, lists.nth(place), /./);
  }
  await step("review");
  await reach(page, button("Save balancer"));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/balancers\/sb_[^/]+$/);
  await settled(page, scripting);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
});

test("a balancer over demo instances takes fewer than fifteen interactions", async ({ admin: page, scripting }) => {
  let interactions = 0;
  const act = async (action: Promise<unknown>) => {
    interactions += 1;
    await action;
  };
  const next = async (step: string) => {
    await act(page.getByRole("button", { name: "Next", exact: true }).click());
    await onStep(page, step, scripting);
  };
  await visit(page, "/", scripting);
  await act(page.getByRole("link", { name: "Create a balancer", exact: true }).first().click());
  await onStep(page, "name", scripting);
  await act(page.getByLabel("Name", { exact: true }).fill(fresh("Quick")));
  for (const step of ["workload", "mode", "router"]) await next(step);
  const empty = async (list: Locator) => (await list.inputValue()) === "";
  const router = page.getByRole("combobox", { name: "Router model", exact: true });
  if (await empty(router)) await act(router.selectOption({ index: 1 }));
  await next("routes");
  for (const list of await page.getByRole("combobox", { name: "Destination", exact: true }).all()) {
    if (await empty(list)) await act(list.selectOption({ index: 1 }));
  }
  await next("review");
  await act(page.getByRole("button", { name: "Save balancer", exact: true }).click());
  await page.waitForURL(/\/balancers\/sb_[^/]+$/);
  console.log(`interactions from "Create a balancer" to saved: ${interactions}`);
  expect(interactions).toBeLessThan(15);
});
