import { readFileSync } from "node:fs";
import { looksRight } from "../support/look.ts";
import { expect, fresh, hydrated, test, visit } from "../support/test.ts";
import { stepLink } from "../support/wizard.ts";

const instance = (name: string, more: object = {}) => ({ name, base_url: "http://127.0.0.1:9/v1", model: "m", ...more });
const document = (lists: object) => JSON.stringify({ format: "smart-balancer-configuration", version: 1, ...lists });

test("a pasted document is previewed and imported", async ({ admin: page, scripting, rest }) => {
  const name = fresh("Pasted");
  await visit(page, "/settings", scripting);
  const form = page.getByRole("form", { name: "Import", exact: true });
  await form.getByLabel("Paste the document", { exact: true }).fill(document({ instances: [instance(name, { api_key: "sk-canary-1" })] }));
  await looksRight(page, scripting);
  await form.getByRole("button", { name: "Show what would change", exact: true }).click();
  await page.waitForURL(/\/settings\?import=/);
  if (scripting) await hydrated(page);
  const changes = page.getByRole("table", { name: "Changes of the import", exact: true });
  const change = changes.getByRole("row").filter({ hasText: `instance “${name}”` });
  await expect(change.getByRole("rowheader")).toHaveText("New");
  await change.getByText(/^\d+ fields$/).click();
  await looksRight(page, scripting);
  expect(await page.content()).not.toContain("canary");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await expect(page.getByText("Imported: one object changed.", { exact: true })).toBeVisible();
  await looksRight(page, scripting);
  const { data } = await rest.get(`/instances?q=${encodeURIComponent(name)}`);
  expect(data[0].api_key_set).toBe(true);
});

test("a document with errors shows them and cannot be imported", async ({ admin: page, scripting }) => {
  await visit(page, "/settings", scripting);
  await page.getByLabel("Paste the document", { exact: true }).fill(document({ target_groups: [{ name: "Not a slug", members: [] }] }));
  await page.getByRole("button", { name: "Show what would change", exact: true }).click();
  await page.waitForURL(/\/settings\?import=/);
  if (scripting) await hydrated(page);
  const faults = page.getByRole("table", { name: "Errors of the import", exact: true });
  await expect(faults.getByRole("rowheader", { name: "target_groups[0].members", exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Import", exact: true })).toHaveCount(0);
  await looksRight(page, scripting);
  await page.getByRole("link", { name: "Upload another document", exact: true }).click();
  await expect(page.getByRole("form", { name: "Import", exact: true })).toBeVisible();
});

test("a downloaded export changes nothing when it is imported as a file", async ({ admin: page, scripting, rest }) => {
  await rest.post("/instances", instance(fresh("Kept")));
  await visit(page, "/settings", scripting);
  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download export", exact: true }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("smart-balancer-configuration.json");
  const exported = readFileSync(await download.path());
  await page.getByLabel("Or choose a file", { exact: true }).setInputFiles({ name: "export.json", mimeType: "application/json", buffer: exported });
  await page.getByRole("button", { name: "Show what would change", exact: true }).click();
  await expect(page.getByText("Nothing would change; the configuration already has all of it.", { exact: true })).toBeVisible();
});

test("a LiteLLM file shows what is not carried over before the import", async ({ admin: page, scripting, rest }) => {
  const model = fresh("fast").replace(" ", "-");
  const file = `model_list:
  - model_name: ${model}
    litellm_params:
      model: hosted_vllm/m
      api_base: http://127.0.0.1:9/v1
      api_key: os.environ/VLLM_KEY
      temperature: 0.2
`;
  await visit(page, "/settings", scripting);
  await page.getByLabel("Import from", { exact: true }).selectOption({ label: "LiteLLM config.yaml" });
  await page.getByLabel("Paste the document", { exact: true }).fill(file);
  await page.getByRole("button", { name: "Show what would change", exact: true }).click();
  await page.waitForURL(/\/settings\?import=/);
  if (scripting) await hydrated(page);
  const left = page.getByRole("table", { name: "Settings that are not imported", exact: true });
  const told = (path: string) => left.getByRole("row").filter({ has: page.getByRole("rowheader", { name: path, exact: true }) });
  await expect(told("model_list[0].litellm_params.temperature")).toHaveCount(1);
  await expect(told("model_list[0].litellm_params.api_key").getByRole("cell")).toContainText("VLLM_KEY");
  await looksRight(page, scripting);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await expect(page.getByText("Imported: 2 objects changed.", { exact: true })).toBeVisible();
  expect((await rest.get(`/smart-balancers?q=${model}`)).data[0].serving_name).toBe(model);
});

test("pasted JSON fills the wizard and is saved", async ({ admin: page, scripting, rest }) => {
  const [name, target] = [fresh("Pasted desk"), fresh("Target")];
  await rest.post("/instances", instance(target));
  const routes = [
    { name: "all", intent: "Any prompt is welcome here.", is_default: true, destination: { type: "instance", ref: target } },
  ];
  await visit(page, "/balancers/new/name", scripting);
  await page.getByText("Start from JSON", { exact: true }).click();
  await page.getByLabel("Paste JSON", { exact: true }).fill(JSON.stringify({ name, routing_mode: "ordered", odd: 1, routes }));
  await page.getByRole("button", { name: "Fill in the steps", exact: true }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await expect(page.getByText(/^odd: Remove the unknown field “odd”/)).toBeVisible();
  await looksRight(page, scripting);
  await stepLink(page, "Save and test").click();
  await page.waitForURL(/\/balancers\/new\/review/);
  if (scripting) await expect(page.getByRole("heading", { name: "Save and test", exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Save balancer", exact: true }).click();
  await page.waitForURL(/\/balancers\/sb_/);
  expect((await rest.get(`/smart-balancers?q=${encodeURIComponent(name)}`)).data[0].routes).toHaveLength(1);
});
