// The wizard's common case, as a person walks through it.
import { type Locator, type Page, expect } from "@playwright/test";
import { fact, fresh, settled, visit } from "./test.ts";

export const routes = ["code", "writing", "support", "general"];

/** A prompt for each prefilled route, and one that fits none of the specialised ones. */
export const prompts: Record<string, string> = {
  code: "Please fix the bug in this Rust function: it does not compile.",
  writing: "Proofread and summarise this text for me.",
  support: "I cannot log in to my account and my last bill is wrong.",
  general: "What is the capital of Peru?",
};

/** The demo instance for each prefilled route. */
const destinations: Record<string, string> = {
  code: "instance:inst_demo-coder",
  writing: "instance:inst_demo-editor",
  support: "instance:inst_demo-helper",
  general: "instance:inst_demo-helper",
};

/** Walks from the balancers page to the review step and returns the serving name. */
export async function walkToReview(page: Page, name: string, scripting: boolean): Promise<string> {
  await visit(page, "/", scripting);
  // The page offers it a second time as long as the list is empty.
  await page.getByRole("link", { name: "Create a balancer", exact: true }).first().click();
  await onStep(page, "name", scripting);
  await expect(page.getByRole("heading", { name: "Create a balancer", exact: true, level: 1 })).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await next(page, "workload", scripting);
  await expect(page.getByRole("radio", { name: /^Chat\b/ })).toBeChecked();
  await next(page, "mode", scripting);
  await expect(page.getByRole("radio", { name: /^Intent classifier\b/ })).toBeChecked();
  await next(page, "router", scripting);
  await page.getByRole("combobox", { name: "Router model", exact: true }).selectOption("instance:inst_demo-router");
  await next(page, "routes", scripting);
  for (const route of routes) {
    const row = page.getByRole("group", { name: `Route ${route}`, exact: true });
    const field = row.getByRole("combobox", { name: "Destination", exact: true });
    // It is prefilled as long as there are no more instances than those of the demo.
    if ((await field.inputValue()) === "") await field.selectOption(destinations[route]);
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

/** A step in the list of steps, whatever its state: a link, or a button on steps that have a form to send. */
export function stepLink(page: Page, label: string): Locator {
  const steps = page.getByRole("navigation", { name: "Steps", exact: true });
  const name = new RegExp(`^${label}( \\([a-z ]+\\))?$`);
  return steps.getByRole("link", { name }).or(steps.getByRole("button", { name }));
}

/** The id of the draft that a page of the wizard is about. */
export function draftOf(page: Page): string | null {
  return new URL(page.url()).searchParams.get("draft");
}

/** What the summary says of the draft's name. */
export function summaryName(page: Page): Locator {
  return fact(page.getByRole("complementary", { name: "Summary", exact: true }), "Name");
}

/** Begins a draft in one tab and opens its first step in a second tab. */
export async function inTwoTabs(early: Page, scripting: boolean): Promise<Page> {
  await visit(early, "/balancers/new/name", scripting);
  await early.getByLabel("Name", { exact: true }).fill(fresh("Begun"));
  await next(early, "workload", scripting);
  await early.getByRole("button", { name: "Back", exact: true }).click();
  await onStep(early, "name", scripting);
  const late = await early.context().newPage();
  await visit(late, early.url(), scripting);
  expect(draftOf(late)).toBe(draftOf(early));
  return late;
}

/** What a draft says that was made because another tab had changed the one that it comes from. */
export const copied = /^This draft was changed in another window while you typed\./;

export async function save(page: Page, scripting: boolean): Promise<void> {
  await page.getByRole("button", { name: "Save balancer", exact: true }).click();
  await page.waitForURL(/\/balancers\/sb_[^/]+$/);
  await settled(page, scripting);
}
