// A server that dies and comes back under an open page.
import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { kill, startServer } from "../support/processes.ts";
import { Rest, expect, settled, signIn, test } from "../support/test.ts";

test("a lost connection is announced and recovers by itself", async ({ browser, playwright }) => {
  const server = await startServer({ headless: true });
  // Its own page: a browser complains of each connection that is refused meanwhile.
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  const banner = page.getByText(/^Connection lost\./);
  let revived: typeof server | undefined;
  try {
    await signIn(page, true);
    await expect(banner).toBeHidden();

    await kill(server.process);
    await expect(banner).toBeVisible();
    await expect(page.getByRole("heading", { name: "Balancers", level: 1, exact: true })).toBeVisible();
    await looksRight(page, true);

    revived = await startServer({ headless: true, again: server });
    const rest = await Rest.of(revived, playwright);
    const balancer = await demoBalancer(rest);
    await rest.close();
    await expect(banner).toBeHidden({ timeout: 20_000 });
    // What happened meanwhile is there, without a word from the one who looks; and so is the session.
    await expect(page.getByRole("article", { name: balancer.name, exact: true })).toBeVisible();
    await page.getByRole("link", { name: balancer.name, exact: true }).click();
    await expect(page.getByRole("heading", { name: balancer.name, level: 1, exact: true })).toBeVisible();
    await settled(page, true);
  } finally {
    await context.close();
    await (revived ?? server).stop();
  }
});
