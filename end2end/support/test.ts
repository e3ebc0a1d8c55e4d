// What every specification starts from: a server of its worker, a signed-in page, and an eye on the console.
import { type APIRequestContext, type Locator, type Page, type PlaywrightWorkerArgs, expect, test as base } from "@playwright/test";
import { type Server, adminPassword, adminToken, startServer } from "./processes.ts";

export { expect } from "@playwright/test";

export const test = base.extend<{ watched: void; scripting: boolean; admin: Page; rest: Rest }, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await startServer({ headless: true });
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  // No console error, hydration warning, policy report or failed script in any test.
  watched: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        // A busy machine may use the preloaded WebAssembly later than the browser would like; that is no fault.
        if (/preloaded using link preload/.test(message.text())) return;
        // The page for an address that leads nowhere comes with that status.
        if (/status of 404/.test(message.text()) && message.location().url === page.url()) return;
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      await use();
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
  scripting: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),
  admin: async ({ page, scripting }, use) => {
    await signIn(page, scripting);
    await use(page);
  },
  rest: async ({ server, playwright }, use) => {
    const rest = await Rest.of(server, playwright);
    await use(rest);
    await rest.close();
  },
});

export async function signIn(page: Page, scripting: boolean): Promise<void> {
  await visit(page, "/sign-in", scripting);
  await page.getByLabel("User name", { exact: true }).fill("admin");
  await page.getByLabel("Password", { exact: true }).fill(adminPassword);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
  await settled(page, scripting);
}

/** Opens a page and waits until it can be used. */
export async function visit(page: Page, address: string, scripting: boolean): Promise<void> {
  await page.goto(address);
  await settled(page, scripting);
}

/** Clicks before hydration are lost, so tests with scripting wait for the page's mark. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator("body")).toHaveAttribute("data-hydrated", "true");
}

/**
 * Waits until what was pressed has come to its end: no link is followed, no form is on its way, nothing is read anew.
 * The frame around the page marks all three. Without scripting each press opens a page, for which the press waits.
 */
export async function settled(page: Page, scripting: boolean): Promise<void> {
  if (!scripting) return page.waitForLoadState();
  await hydrated(page);
  await expect(page.locator("main")).not.toHaveAttribute("aria-busy");
  await expectNoOverflow(page);
}

/** Does to a page what switching tabs does: a browser that is driven shows all of its tabs at once. */
export async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, hidden);
}

/** Nothing is wider than the window: on a phone a page that scrolls sideways is broken. */
async function expectNoOverflow(page: Page): Promise<void> {
  const [content, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content, `${page.url()} is wider than the window`).toBeLessThanOrEqual(room);
}

/** The value beside a term in a list of facts. */
export function fact(within: Locator, term: string): Locator {
  return within.locator(`xpath=.//dt[normalize-space()="${term}"]/following-sibling::dd[1]`);
}

/** The REST API, with the admin token. */
export class Rest {
  constructor(private readonly context: APIRequestContext) {}

  /** The REST API of a server; the caller closes it. */
  static async of(server: Server, playwright: PlaywrightWorkerArgs["playwright"]): Promise<Rest> {
    const extraHTTPHeaders = { authorization: `Bearer ${adminToken}` };
    return new Rest(await playwright.request.newContext({ baseURL: server.url, extraHTTPHeaders }));
  }

  async close(): Promise<void> {
    await this.context.dispose();
  }

  async post(path: string, body: unknown, expected = 201) {
    const response = await this.context.post(`/api/v1${path}`, { data: body as object });
    expect(response.status(), await response.text()).toBe(expected);
    return response.json();
  }

  /** The status alone, for tries that may fail. */
  async status(path: string, body: unknown): Promise<number> {
    return (await this.context.post(`/api/v1${path}`, { data: body as object })).status();
  }

  async patch(path: string, body: unknown, expected = 200) {
    const response = await this.context.patch(`/api/v1${path}`, { data: body as object });
    expect(response.status(), await response.text()).toBe(expected);
    return response.json();
  }

  async get(path: string) {
    const response = await this.context.get(`/api/v1${path}`);
    expect(response.status(), await response.text()).toBe(200);
    return response.json();
  }

  async delete(path: string): Promise<void> {
    const response = await this.context.delete(`/api/v1${path}`);
    expect(response.status(), await response.text()).toBe(204);
  }
}

/** A name that no other test of this run uses. */
export function fresh(word: string): string {
  return `${word} ${Math.random().toString(36).slice(2, 8)}`;
}
