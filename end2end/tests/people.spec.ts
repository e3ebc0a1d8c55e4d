// People and one's own account: added by a link, another role, removed; password and sessions.
import { looksRight } from "../support/look.ts";
import { accept, invite, password } from "../support/people.ts";
import { expect, fresh, hydrated, test, visit } from "../support/test.ts";

test("an invited person sets a password, gets another role, and is removed", async ({ admin, scripting, browser }) => {
  // Many pages, each opened anew.
  test.slow();
  const name = fresh("Edda");
  const link = await invite(admin, name, "viewer", scripting);
  await looksRight(admin, scripting);
  const theirs = await accept(browser, link, scripting);
  await expect(theirs.getByRole("link", { name: "Settings", exact: true })).toBeHidden();
  await theirs.goto("/settings/people");
  await expect(theirs.getByRole("heading", { name: "Not allowed", exact: true })).toBeVisible();
  await looksRight(theirs, scripting);
  await theirs.goto(link);
  await expect(theirs.getByText(/^This link is no longer valid\b/)).toBeVisible();

  await visit(admin, "/settings/people", scripting);
  const row = admin.getByRole("row").filter({ has: admin.getByRole("rowheader", { name, exact: true }) });
  await expect(row.getByRole("cell", { name: "Viewer", exact: true })).toBeVisible();
  await row.getByText("Change…", { exact: true }).click();
  await looksRight(admin, scripting);
  await row.getByRole("combobox", { name: `Role of ${name}`, exact: true }).selectOption("editor");
  await row.getByRole("button", { name: `Save the role of ${name}`, exact: true }).click();
  await expect(admin.getByText(new RegExp(`^“${name}” is an editor now\\b`))).toBeVisible();
  await theirs.goto("/instances");
  await expect(theirs.getByRole("heading", { name: "Sign in", exact: true })).toBeVisible();

  await expect(row.getByRole("cell", { name: "Editor", exact: true })).toBeVisible();
  await row.getByText("Change…", { exact: true }).click();
  await row.getByRole("button", { name: `Remove ${name}`, exact: true }).click();
  await expect(admin.getByText(new RegExp(`^Removed “${name}”`))).toBeVisible();
  await expect(row).toHaveCount(0);
  await theirs.context().close();
});

test("the last admin cannot be removed", async ({ admin, scripting }) => {
  await visit(admin, "/settings/people", scripting);
  const row = admin.getByRole("row").filter({ has: admin.getByRole("rowheader", { name: "admin (you)", exact: true }) });
  await row.getByText("Change…", { exact: true }).click();
  await row.getByRole("button", { name: "Remove admin", exact: true }).click();
  await expect(admin.getByText(/^“admin” is the last admin who can sign in\b/)).toBeVisible();
  await expect(row).toBeVisible();
});

test("people change their own password and end sessions", async ({ admin, scripting, browser, server }) => {
  // Many pages, each opened anew.
  test.slow();
  const name = fresh("Alma");
  const here = await accept(browser, await invite(admin, name, "editor", scripting), scripting);
  const elsewhere = async (secret: string) => {
    const page = await (await browser.newContext({ javaScriptEnabled: scripting, baseURL: server.url })).newPage();
    await visit(page, "/sign-in", scripting);
    await page.getByLabel("User name", { exact: true }).fill(name);
    await page.getByLabel("Password", { exact: true }).fill(secret);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
    return page;
  };
  const there = await elsewhere(password);

  await here.getByRole("link", { name: `Your account: ${name}`, exact: true }).click();
  await expect(here.getByRole("heading", { name: "Your account", exact: true })).toBeVisible();
  if (scripting) await hydrated(here);
  const sessions = here.getByRole("table", { name: "Sessions", exact: true });
  await expect(sessions.getByText("This session", { exact: true })).toHaveCount(1);
  await looksRight(here, scripting);
  await here.getByLabel("Current password", { exact: true }).fill("not this one");
  await here.getByLabel("New password", { exact: true }).fill(`${password} too`);
  await here.getByRole("button", { name: "Change password", exact: true }).click();
  await expect(here.getByText("This is not your current password.", { exact: true }).first()).toBeVisible();
  await here.getByLabel("Current password", { exact: true }).fill(password);
  await here.getByLabel("New password", { exact: true }).fill(`${password} too`);
  await here.getByRole("button", { name: "Change password", exact: true }).click();
  await expect(here.getByText("Your password is changed. Everywhere else you are signed out.", { exact: true })).toBeVisible();
  await there.goto("/instances");
  await expect(there.getByRole("heading", { name: "Sign in", exact: true })).toBeVisible();
  await there.context().close();

  const again = await elsewhere(`${password} too`);
  await visit(here, "/settings/account", scripting);
  await sessions.getByRole("button", { name: /^End the session from/ }).click();
  await expect(here.getByText("That session is over.", { exact: true })).toBeVisible();
  await again.goto("/instances");
  await expect(again.getByRole("heading", { name: "Sign in", exact: true })).toBeVisible();
  await again.context().close();

  await here.getByRole("button", { name: "Sign out everywhere", exact: true }).click();
  await expect(here.getByRole("heading", { name: "Sign in", exact: true })).toBeVisible();
  await here.goto("/instances");
  await expect(here.getByRole("heading", { name: "Sign in", exact: true })).toBeVisible();
  await here.context().close();
  await admin.reload();
  await expect(admin.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
});
