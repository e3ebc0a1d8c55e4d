// What is looked for on every page in every state: faults that axe finds, in both colour schemes, and pages that
// scroll sideways on a phone.
import { AxeBuilder } from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

/** No violation, light and dark; nothing wider than a phone. axe is a script of its own, so it needs scripting. */
export async function looksRight(page: Page, scripting: boolean): Promise<void> {
  if (!scripting) return;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target).join(" ")}`)).toEqual([]);
  }
  const size = page.viewportSize()!;
  await page.setViewportSize({ width: 375, height: 800 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(375);
  await page.setViewportSize(size);
}
