import { expect, test as base } from "@playwright/test";
import { startServer } from "../support/processes.ts";
import { settled, visit } from "../support/test.ts";

base("the set-up link makes the first admin, once", async ({ page, javaScriptEnabled }) => {
  const scripting = javaScriptEnabled !== false;
  const server = await startServer({ headless: false });
  try {
    expect(server.setupLink).toBeTruthy();
    await page.goto(server.url);
    await expect(page).toHaveURL(/\/sign-in/);
    // Opening the link consumes nothing.
    await visit(page, server.setupLink!, scripting);
    await visit(page, server.setupLink!, scripting);
    await page.getByLabel("User name").fill("first");
    await page.getByLabel("Password").first().fill("a long enough password");
    await page.locator("form").getByRole("button").last().click();
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
    await settled(page, scripting);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    await settled(page, scripting);

    await visit(page, server.setupLink!, scripting);
    await expect(page.getByRole("button", { name: "Sign out" })).toHaveCount(0);
    await visit(page, `${server.url}/sign-in`, scripting);
    await page.getByLabel("User name").fill("first");
    await page.getByLabel("Password").fill("wrong password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("The user name or the password is wrong.").first()).toBeVisible();
    await settled(page, scripting);
    await page.getByLabel("User name").fill("first");
    await page.getByLabel("Password").fill("a long enough password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  } finally {
    await server.stop();
  }
});
