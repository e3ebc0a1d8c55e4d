// The wizard's common case, as a person walks through it.
import { type Page, expect } from "@playwright/test";
import { settled, visit } from "./test.ts";

export const routes = ["code", "writing", "support", "general"];

/** A prompt for each prefilled route, and one that fits none of the specialised ones. */
export const prompts: Record<string, string> = {
  code: "Please fix the bug in this Rust function: it does not compile.",
  writing: "Proofread and summarise this text for me.",
  support: "I cannot log in to my account and my last bill is wrong.",
  general: "What is the capital of Peru?",
};

/** From the balancers page to the review step; answers with the serving name. */
export async function walkToReview(page: Page, name: string, scripting: boolean): Promise<string> {
  await visit(page, "/", scripting);
  await page.getByRole("button", { name: "Create a balancer" }).or(page.getByRole("link", { name: "Create a balancer" })).first().click();
  await onStep(page, "name", scripting);
  await expect(page.getByRole("heading", { name: "Create a balancer" })).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await next(page, "workload", scripting);
  await expect(page.getByRole("radio", { name: /^Chat/ })).toBeChecked();
  await next(page, "mode", scripting);
  await expect(page.getByRole("radio", { name: /^Intent classifier/ })).toBeChecked();
  await next(page, "router", scripting);
  await page.getByRole("combobox", { name: "Router model" }).selectOption({ label: await labelOf(page, "Router model", /router/i) });
  await next(page, "routes", scripting);
  const models = [/code/i, /writ/i, /(help|support|chat|general)/i, /./];
  for (const [place, route] of routes.entries()) {
    const row = page.getByRole("group", { name: new RegExp(`^(Route )?.*${route}`, "i") }).first();
    const field = row.getByRole("combobox", { name: "Destination" });
    if ((await field.inputValue()) === "") await field.selectOption(await optionMatching(field, models[place]));
  }
  await next(page, "review", scripting);
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

export async function next(page: Page, step: string, scripting: boolean): Promise<void> {
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await onStep(page, step, scripting);
}

export async function onStep(page: Page, step: string, scripting: boolean): Promise<void> {
  await page.waitForURL(new RegExp(`/balancers/new/${step}([?#]|$)`));
  await settled(page, scripting);
}

/** The first matching option, once the step shows it: an address changes before its page does. */
async function labelOf(page: Page, combobox: string, pattern: RegExp): Promise<string> {
  const option = page.getByRole("combobox", { name: combobox }).locator("option", { hasText: pattern }).first();
  await option.waitFor({ state: "attached" });
  return option.innerText();
}

async function optionMatching(field: ReturnType<Page["getByRole"]>, pattern: RegExp): Promise<string> {
  const values = await field.locator("option").evaluateAll((all) =>
    all.map((it) => [(it as HTMLOptionElement).value, it.textContent ?? ""] as const),
  );
  const usable = values.filter(([value]) => value !== "");
  const [value] = usable.find(([, text]) => pattern.test(text)) ?? usable[0];
  return value;
}

export async function save(page: Page, scripting: boolean): Promise<void> {
  await page.getByRole("button", { name: "Save balancer" }).click();
  await page.waitForURL(/\/balancers\/sb_[^/]+$/);
  await settled(page, scripting);
}
