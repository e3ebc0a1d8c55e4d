import { expect, test as base } from "@playwright/test";
import { startServer } from "../support/processes.ts";
import { settled, visit } from "../support/test.ts";

base("the set-up link creates the first admin once", async ({ page, javaScriptEnabled }) => {
  const scripting = javaScriptEnabled !== false;
  const server = await startServer({ headless: false });
  try {
    expect(server.setupLink).toBeTruthy();
    await page.goto(server.url);
    await expect(page).toHaveURL(/\/sign-in/);
    // Opening the link consumes nothing.
    await visit(page, server.setupLink!, scripting);
    await visit(page, server.setupLink!, scripting);
    await page.getByLabel("User name", { exact: true }).fill("first");
    await page.getByLabel("Password", { exact: true }).fill("a long enough password");
    await page.getByRole("button", { name: "Create the first admin", exact: true }).click();
    await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
    await settled(page, scripting);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    await settled(page, scripting);

    await visit(page, server.setupLink!, scripting);
    await expect(page.getByText("This server is already set up.", { exact: true })).toBeVisible();
    await expect(page.getByRole("button", { name: "Create the first admin", exact: true })).toHaveCount(0);
    await visit(page, `${server.url}/sign-in`, scripting);
    await page.getByLabel("User name", { exact: true }).fill("first");
    await page.getByLabel("Password", { exact: true }).fill("wrong password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByText("The user name or the password is wrong.", { exact: true }).first()).toBeVisible();
    await settled(page, scripting);
    await page.getByLabel("User name", { exact: true }).fill("first");
    await page.getByLabel("Password", { exact: true }).fill("a long enough password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
  } finally {
    await server.stop();
  }
});
