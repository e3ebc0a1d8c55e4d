// What somebody may not do is not offered to them, and a page that was opened before says why it is refused.
import type { BrowserContext, Page } from "@playwright/test";
import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { accept, invite } from "../support/people.ts";
import { expect, fresh, signIn, test, visit } from "../support/test.ts";

/** Somebody signs in as another person in a second tab. */
async function become(context: BrowserContext, other: Page): Promise<void> {
  await context.clearCookies();
  await context.addCookies(await other.context().cookies());
}

test("a viewer reads everything and is offered nothing else", async ({ admin, scripting, browser, rest }) => {
  test.slow();
  const balancer = await demoBalancer(rest);
  const { data } = await rest.get("/instances");
  const members = [{ instance_id: data.find((it: { workload_kind: string }) => it.workload_kind === "chat").id }];
  const name = fresh("pool").replace(" ", "-");
  const group = await rest.post("/target-groups", { name, members });
  const page = await accept(browser, await invite(admin, fresh("Vera"), "viewer", scripting), scripting);
  for (const address of ["/", "/instances", `/instances/${data[0].id}`, "/target-groups", `/target-groups/${group.id}`, "/keys",
    `/balancers/${balancer.id}`, `/balancers/${balancer.id}/evaluate`, `/balancers/${balancer.id}/history`, "/requests"]) {
    await visit(page, address, scripting);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    const offered = await page.getByRole("button").allInnerTexts();
    // What changes nothing: copying, filters, the search of a long board, one's own session.
    expect(offered.filter((it) => !["Copy", "Filter", "Find", "Sign out"].includes(it)), address).toEqual([]);
    await looksRight(page, scripting);
  }
  await visit(page, `/instances/${data[0].id}`, scripting);
  await expect(page.getByRole("region", { name: "Settings" })).toContainText("Base URL");
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Playground" })).toHaveCount(0);
  await page.context().close();
});

test("a refused call says so, and only a lost connection is said to be lost", async ({ admin, scripting, browser, server, rest }) => {
  test.slow();
  const balancer = await demoBalancer(rest);
  const viewer = await accept(browser, await invite(admin, fresh("Vera"), "viewer", scripting), scripting);
  // A page of its own: a browser complains of refused requests.
  const context = await browser.newContext({ javaScriptEnabled: scripting, baseURL: server.url });
  const page = await context.newPage();
  await signIn(page, scripting);
  await visit(page, `/playground?balancer=${balancer.id}`, scripting);
  const send = page.getByRole("button", { name: "Send" });
  await page.getByLabel("Message", { exact: true }).fill("Say hello.");
  await become(context, viewer);
  await send.click();
  await expect(page.getByText("Your role does not allow this").first()).toBeVisible();
  const lost = page.getByText("The connection was lost");
  await expect(lost).toHaveCount(0);
  if (scripting) {
    await looksRight(page, scripting);
    // What was typed is still there.
    await expect(page.getByLabel("Message", { exact: true })).toHaveValue("Say hello.");
    await context.clearCookies();
    await send.click();
    await expect(page.getByText("You are signed out.")).toBeVisible();
    await expect(lost).toHaveCount(0);
    await context.setOffline(true);
    await send.click();
    await expect(lost).toBeVisible();
  }
  await context.close();
  await viewer.context().close();
});

test("a page whose session is over says so, and not that the connection is lost", { tag: "@scripting" }, async ({ scripting, browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url });
  const [here, there] = [await context.newPage(), await context.newPage()];
  await signIn(here, scripting);
  await visit(there, "/", scripting);
  await there.getByRole("button", { name: "Sign out" }).click();
  await expect(there.getByRole("heading", { name: "Sign in" })).toBeVisible();
  const line = here.locator(".feed");
  // A session that is over loses its feed within 15 s.
  await expect(line).toContainText("Changes are not shown any more", { timeout: 30_000 });
  await expect(line).not.toContainText("Connection lost");
  await looksRight(here, scripting);
  await context.close();
});

test("a step that cannot be kept says why, until it can", { tag: "@scripting" }, async ({ admin, scripting, browser, server }) => {
  const viewer = await accept(browser, await invite(admin, fresh("Vera"), "viewer", scripting), scripting);
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  await signIn(page, scripting);
  await visit(page, "/balancers/new/name", scripting);
  const [name, line] = [page.getByLabel("Name", { exact: true }), page.getByText("What you typed is not saved yet.")];
  const admins = await context.cookies();
  await become(context, viewer);
  await name.fill("Refused");
  await expect(line).toContainText("Your role does not allow this");
  await expect(name).toHaveValue("Refused");
  await looksRight(page, scripting);
  await context.setOffline(true);
  await name.fill("Refused again");
  await expect(line).toContainText("The server cannot be reached");
  await context.setOffline(false);
  await context.clearCookies();
  await context.addCookies(admins);
  await name.fill("Taken");
  await expect(line).toHaveCount(0);
  await page.waitForURL(/draft=/);
  await context.close();
  await viewer.context().close();
});
