// No redraw changes what somebody typed, ticked or chose, or where the focus is: on every page with a form.
import type { Page } from "@playwright/test";
import { demoBalancer, instance } from "../support/balancers.ts";
import { changeAll, focus, held, reconnect, redrawn, told } from "../support/controls.ts";
import { startServer, startUpstream } from "../support/processes.ts";
import { Rest, expect, fresh, settled, signIn, test, visit } from "../support/test.ts";

const steps = ["name", "workload", "mode", "router", "routes"];

/** A target group over the demo instances that answer chats. */
async function group(rest: Rest): Promise<{ id: string }> {
  const { data } = await rest.get("/instances");
  const chat = data.filter((it: { workload_kind: string }) => it.workload_kind === "chat");
  const name = `pool-${Math.random().toString(36).slice(2, 8)}`;
  return rest.post("/target-groups", { name, members: chat.map((it: { id: string }) => ({ instance_id: it.id })) });
}

/** Keeps what stands on the page through a redraw. */
async function keeps(page: Page, cause: () => Promise<void>): Promise<void> {
  const before = [await held(page), await focus(page)];
  await redrawn(page, cause);
  expect([await held(page), await focus(page)], page.url()).toEqual(before);
}

/** Changes each control of a step and keeps all of them while the step is kept on the server and redrawn. */
async function keepsStep(page: Page): Promise<void> {
  let expected: string[] = [];
  const mark = () =>
    page.locator("#step").evaluate((it) => {
      it.setAttribute("data-stale", "");
    });
  await mark();
  const changed = await changeAll(page, async () => {
    const now = [...(await held(page)), await focus(page)];
    await expect(page.locator("#step[data-stale]")).toHaveCount(0);
    expected = [...(await held(page)), await focus(page)];
    expect(expected, page.url()).toEqual(now);
    await mark();
  });
  expect(changed, page.url()).toBeGreaterThan(0);
  await page.locator("#step").evaluate((it) => it.removeAttribute("data-stale"));
  // Once more, and before any of it is kept: the connection comes back.
  await keeps(page, () => reconnect(page));
}

for (const groups of [false, true]) {
  test(`a first pick stays, ${groups ? "with" : "without"} a target group`, async ({ browser, playwright }) => {
    // A server of its own, on which nobody else makes groups.
    const server = await startServer({ headless: true });
    const context = await browser.newContext({ baseURL: server.url });
    const rest = await Rest.of(server, playwright);
    try {
      // Nothing is filled in beside an instance of one's own.
      await instance(rest, "http://127.0.0.1:9");
      if (groups) await group(rest);
      const page = await context.newPage();
      await signIn(page, true);
      await visit(page, "/balancers/new/router", true);
      const router = page.getByRole("combobox", { name: "Router model" });
      const values = await router.locator("option").evaluateAll((all) => all.map((it) => (it as HTMLOptionElement).value));
      for (const value of values.filter((it) => it !== "")) {
        await visit(page, "/balancers/new/router", true);
        await expect(router).toHaveValue("");
        await redrawn(page, async () => void (await router.selectOption(value)));
        await expect(router).toHaveValue(value);
      }
      await visit(page, "/balancers/new/routes", true);
      for (const row of await page.getByRole("combobox", { name: "Destination" }).all()) {
        const [, second] = await row.locator("option").evaluateAll((all) => all.map((it) => (it as HTMLOptionElement).value));
        await expect(row).toHaveValue("");
        await redrawn(page, async () => void (await row.selectOption(second)));
        await expect(row).toHaveValue(second);
      }
    } finally {
      await rest.close();
      await context.close();
      await server.stop();
    }
  });
}

for (const [mode, strategy] of [["intent_classifier", ""], ["ordered", "failover"], ["ordered", "weighted"]]) {
  test(`every step of a new balancer keeps what stands on it, ${mode} ${strategy}`, async ({ admin: page, rest }) => {
    test.slow();
    await instance(rest, "http://127.0.0.1:9");
    await group(rest);
    await visit(page, "/balancers/new/mode", true);
    if (mode === "ordered") {
      // The draft is of this mode while the other steps are filled in.
      await redrawn(page, () => page.getByRole("radio", { name: /^Ordered/ }).check());
      if (strategy === "weighted") await redrawn(page, () => page.getByRole("radio", { name: /^Weighted/ }).check());
    }
    const draft = new URL(page.url()).search;
    for (const step of steps.filter((it) => (mode === "ordered" ? it === "routes" : true))) {
      await visit(page, `/balancers/new/${step}${draft}`, true);
      await keepsStep(page);
    }
  });
}

test("every step of an edit keeps what stands on it, with errors and with somebody else's change on the page", async ({ admin: page, rest }) => {
  test.slow();
  await group(rest);
  const balancer = await demoBalancer(rest);
  for (const step of steps) {
    await visit(page, `/balancers/${balancer.id}/edit/${step}`, true);
    await keepsStep(page);
  }
  // Something is wrong now: what was typed is none of a name, of a priority, of a prompt's route.
  await visit(page, `/balancers/${balancer.id}/edit/routes`, true);
  const intent = page.getByLabel("Intent").first();
  await redrawn(page, () => intent.fill("x"));
  await expect(intent).toHaveAttribute("aria-invalid", "true");
  await intent.evaluate((it) => (it as HTMLTextAreaElement).setSelectionRange(0, 1, "backward"));
  await rest.patch(`/smart-balancers/${balancer.id}`, { revision: balancer.revision, description: "Somebody else's" });
  await keeps(page, () => reconnect(page));
  await expect(page.getByText("Somebody saved this balancer while you were editing it")).toBeVisible();
  await keepsStep(page);
});

test("a priority that is typed moves no row under the hands", async ({ admin: page, rest }) => {
  const { data } = await rest.get("/instances");
  const ref = data.find((it: { workload_kind: string }) => it.workload_kind === "chat").id;
  const route = (name: string) => ({ name, intent: `The user asks for ${name}.`, destination: { type: "instance", ref } });
  const routes = ["first", "second", "third"].map((name, at) => ({ ...route(name), priority: at + 1, is_default: at === 2 }));
  const balancer = await rest.post("/smart-balancers", { name: fresh("In order"), routing_mode: "ordered", routes });
  await visit(page, `/balancers/${balancer.id}/edit/routes`, true);
  const legends = page.locator("fieldset.route legend");
  await expect(legends).toContainText(["first", "second", "third"]);
  const last = page.getByLabel("Priority").nth(2);
  await last.fill("0");
  await keeps(page, async () => {
    await last.press("End");
    await last.dispatchEvent("input");
  });
  await expect(legends).toContainText(["first", "second", "third"]);
  await page.getByRole("button", { name: "Move up" }).nth(1).click();
  await settled(page, true);
  // What was typed counts first, then the press on the row that had it.
  await expect(legends).toContainText(["third", "second", "first"]);
});

/** Opens a page and, where there is something to do first, does it. */
type Opened = [string, ((page: Page) => Promise<void>)?];

test("every other form keeps what stands in it while the page hears of changes", async ({ admin: page, rest }) => {
  test.slow();
  const balancer = await demoBalancer(rest);
  const pool = await group(rest);
  const { data } = await rest.get("/instances");
  const refused = (button: string) => async (page: Page) => {
    await page.getByRole("button", { name: button, exact: true }).click();
    await expect(page.locator("[aria-invalid]").first()).toBeVisible();
    await settled(page, true);
  };
  const pages: Opened[] = [
    ["/instances/new"],
    ["/instances/new", refused("Save instance")],
    [`/instances/${data[0].id}`],
    ["/target-groups/new"],
    ["/target-groups/new", refused("Save target group")],
    [`/target-groups/${pool.id}`],
    ["/keys"],
    ["/settings/people"],
    ["/settings/account"],
    ["/settings"],
    [`/playground?balancer=${balancer.id}`],
    [`/requests?balancer=${balancer.id}`],
    ["/?q=x"],
    [`/balancers/${balancer.id}`],
    [`/balancers/${balancer.id}/evaluate`],
  ];
  for (const [address, first] of pages) {
    await visit(page, address, true);
    await first?.(page);
    expect(await changeAll(page), address).toBeGreaterThan(0);
    const before = [await held(page), await focus(page)];
    await told(page, "configuration", async () => void (await group(rest)));
    expect([await held(page), await focus(page)], address).toEqual(before);
    if (await page.locator("[data-live]").count()) await keeps(page, () => reconnect(page));
  }
});

test("a button that became another one loses the focus", async ({ admin: page, rest, context }) => {
  const upstream = await startUpstream("slow router");
  try {
    const router = await instance(rest, upstream.url, "slow:400");
    const route = (name: string) => ({ name, intent: `The user asks for ${name}.`, destination: { type: "instance", ref: router.id } });
    const routes = [route("code"), { ...route("rest"), is_default: true }];
    const balancer = await rest.post("/smart-balancers", { name: fresh("Slow"), router_model: { type: "instance", ref: router.id }, routes });
    const address = `/balancers/${balancer.id}/evaluate`;
    await visit(page, address, true);
    await page.getByLabel("Prompts and their routes").fill(Array.from({ length: 80 }, (_, at) => `Prompt ${at},code`).join("\n"));
    await page.getByRole("button", { name: "Save prompts" }).click();
    await expect(page.getByText("80 prompts, saved")).toBeVisible();
    await settled(page, true);
    const [run, stop] = ["Run evaluation", "Stop"].map((name) => page.getByRole("button", { name, exact: true }));
    const other = await context.newPage();
    await visit(other, address, true);
    await run.focus();
    await other.getByRole("button", { name: "Run evaluation" }).click();
    await expect(stop).toBeVisible();
    await expect(stop).not.toBeFocused();
    // The next key press goes on from where it was.
    await expect(page.locator("#runs")).toBeFocused();
    await stop.focus();
    await settled(other, true);
    await other.getByRole("button", { name: "Stop" }).click();
    await expect(run).toBeVisible();
    await expect(run).not.toBeFocused();
    await expect(page.locator("#runs")).toBeFocused();
    await other.close();
  } finally {
    await upstream.stop();
  }
});
