// What is typed in the wizard while it cannot be kept.
import { expect, fresh, settled, signIn, test, visit } from "../support/test.ts";

const notSaved = "What you typed is not saved yet.";

test("what is typed without a connection survives a reload and is sent afterwards", { tag: "@scripting" }, async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  await signIn(page, true);
  await visit(page, "/balancers/new/name", true);
  const name = page.getByLabel("Name", { exact: true });
  const [kept, typed] = [fresh("Kept"), fresh("Typed offline")];
  await name.fill(kept);
  await page.waitForURL(/draft=/);

  await context.setOffline(true);
  await name.fill(typed);
  await expect(page.getByText(notSaved)).toContainText("The server cannot be reached");
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Name", level: 2, exact: true })).toBeVisible();
  await expect(page.getByText(notSaved)).toContainText("The server cannot be reached");
  await expect(name).toHaveValue(typed);

  await context.setOffline(false);
  await page.reload();
  await settled(page, true);
  await expect(name).toHaveValue(typed);
  await expect(page.getByText(notSaved)).toHaveCount(0);
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Workload kind", level: 2, exact: true })).toBeVisible();
  await expect(page.getByRole("complementary", { name: "Summary", exact: true })).toContainText(typed);
  await context.close();
});

test("what is saved while the page reloads is shown after the reload", { tag: "@scripting" }, async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  await signIn(page, true);
  await visit(page, "/balancers/new/name", true);
  const name = page.getByLabel("Name", { exact: true });
  const [kept, typed] = [fresh("Kept"), fresh("Typed last")];
  await name.fill(kept);
  await page.waitForURL(/draft=/);
  await settled(page, true);

  // The page is made before what was typed last is kept, and arrives after the answer to it.
  let made: () => void = () => {};
  const isMade = new Promise<void>((resolve) => (made = resolve));
  let answered: () => void = () => {};
  const isAnswered = new Promise<void>((resolve) => (answered = resolve));
  await page.route(
    (address) => address.search.includes("draft="),
    async (route) => {
      const answer = await route.fetch();
      made();
      await isAnswered;
      await route.fulfill({ response: answer });
    },
    { times: 1 },
  );
  await page.route(
    "**/*",
    async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      await isMade;
      await route.fulfill({ response: await route.fetch() });
      answered();
    },
  );
  await name.fill(typed);
  await page.waitForRequest((request) => request.method() === "POST");
  await page.reload();
  await page.unrouteAll({ behavior: "wait" });
  await settled(page, true);
  await expect(name).toHaveValue(typed);
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Workload kind", level: 2, exact: true })).toBeVisible();
  await expect(page.getByRole("complementary", { name: "Summary", exact: true })).toContainText(typed);
  await context.close();
});

test("what is typed without a connection is sent as soon as there is one", { tag: "@scripting" }, async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  await signIn(page, true);
  await visit(page, "/balancers/new/name", true);
  await context.setOffline(true);
  const typed = fresh("Typed offline");
  await page.getByLabel("Name", { exact: true }).fill(typed);
  await expect(page.getByText(notSaved)).toBeVisible();
  await context.setOffline(false);
  await page.waitForURL(/draft=/);
  await expect(page.getByText(notSaved)).toHaveCount(0);
  await visit(page, "/", true);
  await expect(page.getByText(typed, { exact: true })).toBeVisible();
  await context.close();
});

test("what is typed after the session is over is sent once somebody signs in again", { tag: "@scripting" }, async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  await signIn(page, true);
  await visit(page, "/balancers/new/name", true);
  const name = page.getByLabel("Name", { exact: true });
  await name.fill(fresh("Kept"));
  await page.waitForURL(/draft=/);
  await context.clearCookies();
  const typed = fresh("Typed signed out");
  await name.fill(typed);
  await expect(page.getByText(notSaved)).toContainText("You are signed out");
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await expect(name).toHaveValue(typed);

  const other = await context.newPage();
  await signIn(other, true);
  await expect(page.getByText(notSaved)).toHaveCount(0, { timeout: 15_000 });
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Workload kind", level: 2, exact: true })).toBeVisible();
  await expect(page.getByRole("complementary", { name: "Summary", exact: true })).toContainText(typed);
  await context.close();
});
