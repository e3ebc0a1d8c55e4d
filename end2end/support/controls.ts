// Every control of a page: changing each as a person does, reading what all of them hold, and proof of a redraw.
import { type Page, expect } from "@playwright/test";

const selector = "main :is(input:not([type=hidden]):not([type=file]), select, textarea)";

interface Control {
  at: number;
  tag: string;
  type: string;
  name: string;
  checked: boolean;
}

/** What all controls hold, seen or not: name (with the value of a tick), then content. */
export async function held(page: Page): Promise<string[]> {
  return page.locator(selector).evaluateAll((all) =>
    all.map((it) => {
      const control = it as HTMLInputElement;
      const tick = control.type === "radio" || control.type === "checkbox";
      return tick ? `${control.name}[${control.value}]: ${control.checked}` : `${control.name}: ${control.value}`;
    }),
  );
}

/** Where the focus is, and what is selected there. */
export async function focus(page: Page): Promise<string> {
  return page.evaluate(() => {
    const it = document.activeElement as HTMLInputElement;
    return `${it.localName} ${it.id} ${it.name} ${it.selectionStart} ${it.selectionEnd}`;
  });
}

/** Changes every control that can be seen, those in closed boxes included; `after` is called behind each. */
export async function changeAll(page: Page, after: (control: Control) => Promise<void> = async () => {}): Promise<number> {
  await page.locator("main details").evaluateAll((all) => all.forEach((it) => ((it as HTMLDetailsElement).open = true)));
  const controls: Control[] = await page.locator(selector).evaluateAll((all) =>
    all.flatMap((it, at) => {
      const { localName: tag, type, name, checked, disabled } = it as HTMLInputElement;
      return it.checkVisibility() && !disabled ? [{ at, tag, type, name, checked }] : [];
    }),
  );
  const chosen = new Set<string>();
  let changed = 0;
  for (const control of controls) {
    if (control.type === "radio" && (control.checked || chosen.has(control.name))) continue;
    if (!(await change(page, control))) continue;
    // What is chosen may decide what can be chosen next.
    await expect(page.locator("main")).not.toHaveAttribute("aria-busy");
    chosen.add(control.name);
    changed += 1;
    await after(control);
  }
  return changed;
}

/** Whether there was anything else to choose. */
async function change(page: Page, { at, tag, type }: Control): Promise<boolean> {
  const control = page.locator(selector).nth(at);
  if (tag === "select") {
    const [other] = await control.evaluate((it) => {
      const { options, value } = it as HTMLSelectElement;
      return [...options].filter((it) => !it.disabled && it.value !== "" && it.value !== value).map((it) => it.value);
    });
    if (other === undefined) return false;
    await control.focus();
    await control.selectOption(other);
  } else if (type === "radio" || type === "checkbox") {
    await control.click();
  } else {
    await control.fill(`7${at}`);
  }
  return true;
}

/** Does something and waits until every live part of the page was made equal to a fresh one. */
export async function redrawn(page: Page, act: () => Promise<void>): Promise<void> {
  // A redraw takes away whatever the server did not write.
  const marked = page.locator("[data-live][data-stale]");
  await page.locator("[data-live]").evaluateAll((all) => all.forEach((it) => it.setAttribute("data-stale", "")));
  await act();
  await expect(marked).toHaveCount(0);
}

/** What concerns every live part: the feed is lost and found again. */
export async function reconnect(page: Page): Promise<void> {
  for (const hidden of [true, false]) {
    await page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, hidden);
  }
}

/** Does something that the page's feed tells, and waits until a feed of the same page was told. */
export async function told(page: Page, topic: string, act: () => Promise<void>): Promise<void> {
  await page.evaluate(
    (topic) =>
      new Promise<void>((open) => {
        const feed = new EventSource("/events");
        feed.onopen = () => open();
        feed.onmessage = (it) => {
          if (JSON.parse(it.data).topic !== topic) return;
          document.documentElement.setAttribute("data-told", topic);
          feed.close();
        };
      }),
    topic,
  );
  await act();
  await expect(page.locator(`html[data-told="${topic}"]`)).toBeAttached();
}
