// Others who sign in, as an admin invites them.
import { type Browser, type Page, expect } from "@playwright/test";
import { looksRight } from "./look.ts";
import { hydrated, visit } from "./test.ts";

export const password = "a password of their own";

/** Adds somebody on the page of people; answers with their link. */
export async function invite(page: Page, name: string, role: string, scripting: boolean): Promise<string> {
  await visit(page, "/settings/people", scripting);
  const add = page.getByRole("button", { name: "Add person" });
  if (!(await add.isVisible())) await page.getByText("Add a person").click();
  await page.getByLabel("User name").fill(name);
  await page.getByRole("combobox", { name: "Role", exact: true }).selectOption(role);
  await add.click();
  await expect(page.getByRole("heading", { name: `A link for “${name}”` })).toBeVisible();
  const link = /(http:\S+\/invitation\?token=[\w-]{43})/.exec(await page.getByRole("main").innerText())?.[1];
  expect(link).toBeDefined();
  return link!;
}

/** A browser of their own, in which they set their password by the link. */
export async function accept(browser: Browser, link: string, scripting: boolean): Promise<Page> {
  const page = await (await browser.newContext({ javaScriptEnabled: scripting })).newPage();
  await visit(page, link, scripting);
  await looksRight(page, scripting);
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Set password and sign in" }).click();
  await expect(page.getByText("Use a password of 10 to 256 characters.").first()).toBeVisible();
  if (scripting) await hydrated(page);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Set password and sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  return page;
}
