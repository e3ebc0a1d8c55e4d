// People and one's own account: added by a link, another role, removed; password and sessions.
import { looksRight } from "../support/look.ts";
import { accept, invite, password } from "../support/people.ts";
import { expect, fresh, hydrated, test, visit } from "../support/test.ts";

test("somebody added sets their own password, gets another role, and is removed", async ({ admin, scripting, browser }) => {
  // Many pages, each opened anew.
  test.slow();
  const name = fresh("Edda");
  const link = await invite(admin, name, "viewer", scripting);
  await looksRight(admin, scripting);
  const theirs = await accept(browser, link, scripting);
  await expect(theirs.getByRole("link", { name: "Settings" })).toBeHidden();
  await theirs.goto("/settings/people");
  await expect(theirs.getByRole("heading", { name: "Not allowed" })).toBeVisible();
  await looksRight(theirs, scripting);
  await theirs.goto(link);
  await expect(theirs.getByText("This link is not valid any more")).toBeVisible();

  await visit(admin, "/settings/people", scripting);
  const row = admin.getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("Viewer");
  await row.getByText("Change…").click();
  await looksRight(admin, scripting);
  await row.getByRole("combobox", { name: `Role of ${name}` }).selectOption("editor");
  await row.getByRole("button", { name: `Save the role of ${name}` }).click();
  await expect(admin.getByText(`“${name}” is an editor now`)).toBeVisible();
  await theirs.goto("/instances");
  await expect(theirs.getByRole("heading", { name: "Sign in" })).toBeVisible();

  await expect(row).toContainText("Editor");
  await row.getByText("Change…").click();
  await row.getByRole("button", { name: `Remove ${name}` }).click();
  await expect(admin.getByText(`Removed “${name}”`)).toBeVisible();
  await expect(row).toHaveCount(0);
  await theirs.context().close();
});

test("the last admin stays", async ({ admin, scripting }) => {
  await visit(admin, "/settings/people", scripting);
  const row = admin.getByRole("row").filter({ hasText: "(you)" });
  await row.getByText("Change…").click();
  await row.getByRole("button", { name: "Remove admin" }).click();
  await expect(admin.getByText("is the last admin who can sign in")).toBeVisible();
  await expect(admin.getByRole("row").filter({ hasText: "(you)" })).toBeVisible();
});

test("one's own password is changed, and sessions are ended", async ({ admin, scripting, browser, server }) => {
  // Many pages, each opened anew.
  test.slow();
  const name = fresh("Alma");
  const here = await accept(browser, await invite(admin, name, "editor", scripting), scripting);
  const elsewhere = async (secret: string) => {
    const page = await (await browser.newContext({ javaScriptEnabled: scripting, baseURL: server.url })).newPage();
    await visit(page, "/sign-in", scripting);
    await page.getByLabel("User name").fill(name);
    await page.getByLabel("Password").fill(secret);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
    return page;
  };
  const there = await elsewhere(password);

  await here.getByRole("link", { name: `Your account: ${name}` }).click();
  await expect(here.getByRole("heading", { name: "Your account" })).toBeVisible();
  if (scripting) await hydrated(here);
  const sessions = here.getByRole("table", { name: "Where you are signed in" });
  await expect(sessions.getByText("This session")).toHaveCount(1);
  await looksRight(here, scripting);
  await here.getByLabel("Present password").fill("not this one");
  await here.getByLabel("New password").fill(`${password} too`);
  await here.getByRole("button", { name: "Change password" }).click();
  await expect(here.getByText("This is not your present password.").first()).toBeVisible();
  await here.getByLabel("Present password").fill(password);
  await here.getByLabel("New password").fill(`${password} too`);
  await here.getByRole("button", { name: "Change password" }).click();
  await expect(here.getByText("Your password is changed.")).toBeVisible();
  await there.goto("/instances");
  await expect(there.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await there.context().close();

  const again = await elsewhere(`${password} too`);
  await visit(here, "/settings/account", scripting);
  await sessions.getByRole("button", { name: /^End the session from/ }).click();
  await expect(here.getByText("That session is over.")).toBeVisible();
  await again.goto("/instances");
  await expect(again.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await again.context().close();

  await here.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(here.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await here.goto("/instances");
  await expect(here.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await here.context().close();
  await admin.reload();
  await expect(admin.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
});
