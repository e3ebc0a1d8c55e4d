import { demoBalancer } from "../support/balancers.ts";
import { looksRight } from "../support/look.ts";
import { expect, fact, fresh, settled, test, visit } from "../support/test.ts";
import { prompts, routes, save, walkToReview } from "../support/wizard.ts";

test("the dropdown forces each route, and Automatic picks by intent", async ({ admin: page, scripting }) => {
  const name = fresh("Tried");
  await walkToReview(page, name, scripting);
  await save(page, scripting);
  await page.getByRole("link", { name: "Open in playground", exact: true }).first().click();
  await page.waitForURL(/\/playground/);
  await settled(page, scripting);

  const route = page.getByRole("combobox", { name: "Route", exact: true });
  await expect(route.locator("option").first()).toHaveText("Automatic");
  const send = async (choice: string, message: string) => {
    await route.selectOption({ label: choice });
    await page.getByLabel("Message", { exact: true }).fill(message);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await settled(page, scripting);
    await expect(page.getByRole("region", { name: "Timeline", exact: true })).toBeVisible();
    await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeHidden();
  };
  // The plan below names other routes and reasons as well.
  const decision = page.getByRole("region", { name: "Decision", exact: true });
  const [taken, reason] = [fact(decision, "Route"), fact(decision, "Reason").locator("code")];
  for (const forced of routes) {
    await send(forced, "Say hello.");
    await expect(taken).toHaveText(forced);
    await expect(reason).toHaveText("forced");
  }
  for (const [expected, prompt] of Object.entries(prompts)) {
    await send("Automatic", prompt);
    await expect(taken).toHaveText(expected);
    await expect(reason).toHaveText(expected === "general" ? /^(matched|no_match)$/ : "matched");
  }
});

test("a pasted call fills the form", async ({ admin: page, scripting }) => {
  const serving = await walkToReview(page, fresh("Pasted"), scripting);
  await save(page, scripting);
  await page.getByRole("link", { name: "Open in playground", exact: true }).first().click();
  await page.waitForURL(/\/playground/);
  await settled(page, scripting);
  await page.getByLabel("Paste a call", { exact: true }).fill(
    `curl http://x/v1/chat/completions -d '{"model": "${serving}", "messages": [{"role": "user", "content": "Hello from curl"}]}'`,
  );
  await page.getByRole("button", { name: "Fill in", exact: true }).click();
  await settled(page, scripting);
  await expect(page.getByLabel("Message", { exact: true })).toHaveValue("Hello from curl");
});

test("two routes answer the same message side by side", async ({ admin: page, scripting, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, `/playground?balancer=${balancer.id}`, scripting);
  await page.getByRole("combobox", { name: "Route", exact: true }).selectOption({ label: "code" });
  await page.getByRole("combobox", { name: "Compare with", exact: true }).selectOption({ label: "writing" });
  await page.getByLabel("Message", { exact: true }).fill("Say hello.");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const region = (name: string) => page.getByRole("region", { name, exact: true });
  await expect(fact(region("Decision"), "Route")).toHaveText("code");
  await expect(fact(region("Second decision"), "Route")).toHaveText("writing");
  for (const timeline of ["Timeline", "Second timeline"]) {
    for (const step of ["Routing", /^First byte, from Demo: /, "End"]) {
      await expect(region(timeline).getByRole("rowheader", { name: step, exact: true })).toBeVisible();
    }
  }
  await looksRight(page, scripting);

  await page.getByRole("combobox", { name: "Compare with", exact: true }).selectOption({ label: "Nothing" });
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(region("Second decision")).toHaveCount(0);
  await expect(fact(region("Decision"), "Route")).toHaveText("code");
});
