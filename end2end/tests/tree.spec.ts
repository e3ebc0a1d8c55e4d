// What a screen reader is told of the wizard and of the playground.
import { demoBalancer } from "../support/balancers.ts";
import { expect, fresh, test, visit } from "../support/test.ts";
import { walkToReview } from "../support/wizard.ts";

// The machine may be busy with other tests.
test.describe.configure({ timeout: 180_000 });

test("the wizard's accessibility tree", async ({ admin: page }) => {
  await walkToReview(page, fresh("Tree"), true);
  const draft = new URL(page.url()).search;
  for (const step of ["name", "workload", "mode", "router", "routes"]) {
    await visit(page, `/balancers/new/${step}${draft}`, true);
    await expect(page.locator("main .step")).toMatchAriaSnapshot({ name: `wizard-${step}.yml` });
  }
});

test("the playground's accessibility tree", async ({ admin: page, rest }) => {
  const balancer = await demoBalancer(rest);
  await visit(page, `/playground?balancer=${balancer.id}`, true);
  await expect(page.locator("main .play-form")).toMatchAriaSnapshot({ name: "playground.yml" });
});
