// Every component in each of its states, photographed light, dark and on a phone. The page is in debug builds alone; what
// is drawn without scripting is all of it.
import { AxeBuilder } from "@axe-core/playwright";
import { existsSync } from "node:fs";
import { debugServerBinary, startServer } from "../support/processes.ts";
import { expect, signIn, test } from "../support/test.ts";

const address = "/dev/components";

test("every component is accessible and fits a phone in every state", async ({ browser }, info) => {
  test.setTimeout(180_000);
  expect(existsSync(debugServerBinary), `${debugServerBinary} is built`).toBe(true);
  const server = await startServer({ headless: true, binary: debugServerBinary });
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    await page.goto(address);
    expect(new URL(page.url()).pathname, "the page stands behind the session").toBe("/sign-in");
    await signIn(page, false);
    const seen = await browser.newContext({ baseURL: server.url, storageState: await context.storageState() });
    const components = await seen.newPage();
    await components.goto(address);
    await expect(components.getByRole("heading", { name: "Components", level: 1, exact: true }).first()).toBeVisible();
    for (const [name, colorScheme, width] of [["light", "light", 1280], ["dark", "dark", 1280], ["phone", "light", 375]] as const) {
      await components.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await components.setViewportSize({ width, height: 900 });
      await components.screenshot({ path: info.outputPath(`components-${name}.png`), fullPage: true, animations: "disabled" });
      expect(await components.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(width);
      const { violations } = await new AxeBuilder({ page: components }).analyze();
      expect(violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target).join(" ")}`), name).toEqual([]);
    }
    await seen.close();
  } finally {
    await context.close();
    await server.stop();
  }
});

test("a release build has no components page", async ({ admin: page }) => {
  const answer = await page.request.get(address, { headers: { accept: "text/html" } });
  expect(answer.status()).toBe(404);
});
