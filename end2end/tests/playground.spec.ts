import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { expect, fresh, settled, test, visit } from "../support/test.ts";
import { prompts, routes, save, walkToReview } from "../support/wizard.ts";

test("the dropdown forces each route, and Automatic picks by intent", async ({ admin: page, scripting }) => {
  const name = fresh("Tried");
  await walkToReview(page, name, scripting);
  await save(page, scripting);
  await page.getByRole("link", { name: "Open in playground" }).first().click();
  await page.waitForURL(/\/playground/);
  await settled(page, scripting);

  const route = page.getByRole("combobox", { name: "Route" });
  await expect(route.locator("option").first()).toContainText("Automatic");
  const send = async (choice: string | undefined, message: string) => {
    const values = await route.locator("option").evaluateAll((all) => all.map((it) => (it as HTMLOptionElement).value));
    await route.selectOption(choice ?? values[0]);
    await page.getByLabel("Message", { exact: true }).fill(message);
    await page.getByRole("button", { name: "Send" }).click();
    await settled(page, scripting);
  };
  const decision = page.getByRole("region", { name: "Decision" });
  for (const forced of routes) {
    await send(forced, "Say hello.");
    await expect(decision).toContainText(forced);
    await expect(decision).toContainText("forced");
  }
  for (const [expected, prompt] of Object.entries(prompts)) {
    await send(undefined, prompt);
    await expect(decision).toContainText(expected === "general" ? /matched|no_match/ : "matched");
    await expect(decision).toContainText(expected);
  }
});

test("a pasted call fills the form", async ({ admin: page, scripting }) => {
  const serving = await walkToReview(page, fresh("Pasted"), scripting);
  await save(page, scripting);
  await page.getByRole("link", { name: "Open in playground" }).first().click();
  await page.waitForURL(/\/playground/);
  await settled(page, scripting);
  await page.getByLabel("Paste a call").fill(
    `curl http://x/v1/chat/completions -d '{"model": "${serving}", "messages": [{"role": "user", "content": "Hello from curl"}]}'`,
  );
  await page.getByRole("button", { name: "Fill in" }).click();
  await settled(page, scripting);
  await expect(page.getByLabel("Message", { exact: true })).toHaveValue("Hello from curl");
});

test("two routes answer the same message side by side", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, `/playground?balancer=${balancer.id}`, scripting);
  await page.getByRole("combobox", { name: "Route" }).selectOption("code");
  await page.getByRole("combobox", { name: "Compare with" }).selectOption("writing");
  await page.getByLabel("Message", { exact: true }).fill("Say hello.");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("region", { name: "Decision", exact: true })).toContainText("code");
  await expect(page.getByRole("region", { name: "Second decision" })).toContainText("writing");
  await expect(page.getByRole("region", { name: "Timeline", exact: true })).toContainText("Routing");
  await expect(page.getByRole("region", { name: "Second timeline" })).toContainText("First byte");
  await looksRight(page, scripting);

  await page.getByRole("combobox", { name: "Compare with" }).selectOption({ label: "Nothing" });
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("region", { name: "Second decision" })).toHaveCount(0);
});
