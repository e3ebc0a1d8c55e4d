// A page of another site in a real browser, and what people write that is no text to a browser.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { passThrough } from "../support/balancers.ts";
import { expect, fresh, test, visit } from "../support/test.ts";

/** The attacks: a form each, named by its button. */
function attacks(target: string): { name: string; html: string }[] {
  const form = (name: string, method: string, path: string, fields: Record<string, string>, type = "application/x-www-form-urlencoded") => {
    const inputs = Object.entries(fields).map(([key, value]) => `<input type="hidden" name='${key}' value='${value}'>`);
    const html = `<form method="${method}" action="${target}${path}" enctype="${type}">${inputs.join("")}<button>${name}</button></form>`;
    return { name, html };
  };
  // A body that is JSON to a server that does not look at its type.
  const json = { '{"name":"stolen","x":"': '"}' };
  return [
    form("make a key", "post", "/fn/create_key", { "form[name]": "stolen", "form[scope]": "all" }),
    form("add an admin", "post", "/fn/add_person", { "form[name]": "stolen", "form[role]": "admin" }),
    form("sign out", "post", "/fn/sign_out", {}),
    form("sign in as somebody else", "post", "/fn/sign_in", { "form[name]": "admin", "form[password]": "x" }),
    form("make a key by JSON", "post", "/api/v1/api-keys", json, "text/plain"),
    form("make a key by GET", "get", "/fn/create_key", { "form[name]": "stolen" }),
    form("call by GET", "get", "/fn/send_play", {}),
  ];
}

test("a page of another site changes nothing with POST or GET", async ({ admin, server, rest }) => {
  // Many pages, each opened anew.
  test.slow();
  const html = attacks(server.url).map((it) => it.html).join("\n");
  const evil = createServer((_, response) => response.setHeader("content-type", "text/html").end(html));
  await new Promise<void>((done) => evil.listen(0, "127.0.0.1", done));
  const { port } = evil.address() as AddressInfo;
  const before = await rest.get("/api-keys");
  const page = await admin.context().newPage();
  // Another site, and another origin of the same site, for which a browser sends the session along.
  for (const origin of [`http://localhost:${port}`, `http://127.0.0.1:${port}`]) {
    for (const { name } of attacks(server.url)) {
      await page.goto(origin);
      const answered = page.waitForResponse((it) => it.url().startsWith(server.url));
      await page.getByRole("button", { name, exact: true }).click();
      expect((await answered).status(), `${name} from ${origin}`).toBe(403);
    }
    // A link leads to a page all the same.
    await page.goto(origin);
    const linked = await page.goto(`${server.url}/sign-in`, { referer: `${origin}/` });
    expect(linked!.status()).toBe(200);
  }
  evil.close();
  expect(await rest.get("/api-keys")).toEqual(before);
  await page.goto(`${server.url}/settings/people`);
  await expect(page.getByRole("table", { name: "People", exact: true })).not.toContainText("stolen");
  await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
});

test("user input is shown as text", async ({ admin: page, scripting, rest }) => {
  // Many pages, each opened anew.
  test.slow();
  const hostile = `</script><script>hit=1</script><img src=x onerror=hit=1>${Math.random().toString(36).slice(2, 8)}`;
  const instance = await rest.post("/instances", { name: hostile, base_url: "http://127.0.0.1:9/v1", model: hostile });
  const destination = { type: "instance", ref: instance.id };
  const balancer = await passThrough(rest, destination, {
    name: `${fresh("x")}${hostile}`.slice(0, 80),
    display_name: hostile,
    description: hostile,
    routes: [{ name: "all", intent: hostile, examples: [hostile], destination, is_default: true }],
  });
  await rest.patch(`/smart-balancers/${balancer.id}`, { revision: 1, description: `${hostile} again` });
  for (const address of [
    "/",
    "/instances",
    `/instances/${instance.id}`,
    `/balancers/${balancer.id}`,
    `/balancers/${balancer.id}/history`,
    `/balancers/${balancer.id}/edit/routes`,
    "/playground",
    "/settings",
    "/target-groups/new",
  ]) {
    // The console is watched: a refused script would complain there.
    await visit(page, address, scripting);
    await expect(page.locator("img")).toHaveCount(0);
    if (scripting) expect(await page.evaluate(() => "hit" in window)).toBe(false);
  }
  await visit(page, `/instances/${instance.id}`, scripting);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(hostile);
});
