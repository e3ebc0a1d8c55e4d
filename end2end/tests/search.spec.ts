// One balancer of many is found by a part of its name or serving name.
import { instance, passThrough } from "../support/balancers.ts";
import { startUpstream } from "../support/processes.ts";
import { expect, settled, test, visit } from "../support/test.ts";

test("the board shows only matching balancers, or says that none match", async ({ admin: page, rest, scripting }) => {
  const upstream = await startUpstream("search");
  try {
    const { id: ref } = await instance(rest, upstream.url);
    const sought = await passThrough(rest, { type: "instance", ref });
    const other = await passThrough(rest, { type: "instance", ref });
    const heading = (name: string) => page.getByRole("heading", { name, exact: true });
    await visit(page, "/?q=%22there%20is%20none%22", scripting);
    await expect(page.getByText("No balancer has “\"there is none\"” in its name or serving name.", { exact: true })).toBeVisible();
    const find = async (text: string) => {
      await page.getByLabel("Find a balancer", { exact: true }).fill(text);
      await page.getByRole("button", { name: "Find", exact: true }).click();
      await settled(page, scripting);
    };
    await find(` ${sought.serving_name.toUpperCase()} `);
    await expect(heading(sought.name)).toBeVisible();
    await expect(heading(other.name)).toHaveCount(0);
    await expect(page.getByLabel("Find a balancer", { exact: true })).toHaveValue(sought.serving_name.toUpperCase());
    await find(other.name);
    await expect(heading(other.name)).toBeVisible();
    await expect(heading(sought.name)).toHaveCount(0);
    // All of them may be more than one page shows.
    await page.getByRole("link", { name: "Show all", exact: true }).click();
    await settled(page, scripting);
    expect(new URL(page.url()).search).toBe("");
  } finally {
    await upstream.stop();
  }
});
