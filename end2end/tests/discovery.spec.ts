// The connection of a new instance: presets, extra headers, and the models that a server offers.
import { type IncomingMessage, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { looksRight } from "../support/look.ts";
import { expect, settled, test, visit } from "../support/test.ts";

/** A model server that wants a key and a header, and remembers the requests. */
async function modelServer() {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push(`${request.method} ${request.url}`);
    const isOpen = request.headers["api-key"] === "k1" && request.headers["x-org"] === "acme";
    const models = { data: ["llama-3", "nomic-embed-text", "mixtral"].map((id) => ({ id, owned_by: "library" })) };
    const isList = request.method === "GET";
    request.resume().on("end", () => {
      response.writeHead(isOpen ? (isList ? 200 : request.url === "/v1/responses" ? 404 : 400) : 401, { "content-type": "application/json" });
      response.end(JSON.stringify(isList && isOpen ? models : { error: { message: "no" } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, asked, stop: () => server.close() };
}

test("a preset fills in the address and the headers, and contacts nobody", async ({ admin: page, scripting }) => {
  await visit(page, "/instances/new", scripting);
  const [preset, address, header] = [page.getByRole("combobox", { name: "Preset", exact: true }), page.getByLabel("Base URL", { exact: true }), page.getByLabel("Auth header", { exact: true })];
  for (const [name, url, auth] of [
    ["Ollama", "http://127.0.0.1:11434/v1", "authorization"],
    ["Azure OpenAI", "https://YOUR-RESOURCE.openai.azure.com/openai/v1", "api-key"],
    ["Anthropic", "https://api.anthropic.com/v1", "x-api-key"],
  ]) {
    await preset.selectOption({ label: name });
    if (!scripting) await page.getByRole("button", { name: "Fill in the preset", exact: true }).click();
    await expect(address).toHaveValue(url);
    await expect(header).toHaveValue(auth);
  }
  const headers = page.getByRole("group", { name: "Extra headers", exact: true });
  await expect(headers.getByLabel("Header name", { exact: true }).first()).toHaveValue("anthropic-version");
  await expect(headers.getByLabel("Header value", { exact: true }).first()).toHaveValue("2023-06-01");
});

test("models are found and several of them added at once", async ({ admin: page, scripting, rest }) => {
  const server = await modelServer();
  await visit(page, "/instances/new", scripting);
  await page.getByLabel("Base URL", { exact: true }).fill(server.url);
  await page.getByLabel("API key", { exact: true }).fill("k1");
  await page.getByLabel("Auth header", { exact: true }).fill("api-key");
  const headers = page.getByRole("group", { name: "Extra headers", exact: true });
  await headers.getByLabel("Header name", { exact: true }).fill("X-Org");

  // The header's value is missing: said at its field, and the key is not lost.
  const find = page.getByRole("button", { name: "Find models", exact: true });
  await find.click();
  await settled(page, scripting);
  await expect(page.getByText("Enter the value of this header.").first()).toBeVisible();
  expect(server.asked).toEqual([]);
  await headers.getByLabel("Header value", { exact: true }).first().fill("acme");
  await find.click();
  await settled(page, scripting);

  const found = page.getByRole("group", { name: "Models found", exact: true });
  await expect(found.getByText("The server offers 3 models. This seems to be Ollama.")).toBeVisible();
  await expect(found.getByText("APIs: Chat completions, Completions, Messages, Embeddings. Not served: Responses.")).toBeVisible();
  await expect(found.getByLabel("Kind of nomic-embed-text", { exact: true })).toHaveValue("embeddings");
  await looksRight(page, scripting);
  await found.getByRole("checkbox", { name: "llama-3", exact: true }).check();
  await found.getByRole("checkbox", { name: "nomic-embed-text", exact: true }).check();
  await found.getByRole("button", { name: "Add selected models", exact: true }).click();
  await page.waitForURL(/\/instances\?note=/);
  await settled(page, scripting);
  await expect(page.getByText("Added 2 instances: llama-3, nomic-embed-text.")).toBeVisible();
  for (const [id, kind] of [["inst_llama-3", "chat"], ["inst_nomic-embed-text", "embeddings"]]) {
    const instance = await rest.get(`/instances/${id}`);
    expect([instance.workload_kind, instance.auth_header, instance.headers, instance.needs_reentry]).toEqual([kind, "api-key", { "X-Org": null }, []]);
    const verdict = await rest.post(`/instances/${id}/test`, {}, 200);
    expect(verdict.ok).toBe(true);
    await rest.delete(`/instances/${id}`);
  }
  server.stop();
});

test("a stored header is shown by name, kept, and removed with its row", async ({ admin: page, scripting, rest }) => {
  await rest.post("/instances", { id: "inst_headers", name: "With headers", base_url: "http://127.0.0.1:9/v1", model: "m", api_key: "sk-secret-1234", headers: { "HTTP-Referer": "https://example.com", "X-Org": "acme" } });
  await visit(page, "/instances/inst_headers", scripting);
  const row = page.getByRole("group", { name: "Header X-Org", exact: true });
  await expect(row.getByLabel("Header value", { exact: true })).toHaveValue("");
  await expect(row.getByLabel("Header value", { exact: true })).toHaveAttribute("placeholder", "stored");
  await page.getByRole("button", { name: "Remove header HTTP-Referer", exact: true }).click();
  await settled(page, scripting);
  await expect(page.getByRole("group", { name: "Header HTTP-Referer", exact: true })).toHaveCount(0);
  await page.locator("summary", { hasText: "Advanced" }).click();
  await page.getByRole("combobox", { name: "Responses", exact: true }).selectOption({ label: "No" });
  await page.getByRole("button", { name: "Save instance", exact: true }).click();
  await page.waitForURL(/\/instances\?note=/);
  const saved = await rest.get("/instances/inst_headers");
  expect([saved.headers, saved.needs_reentry, saved.apis.responses, saved.api_key_last4]).toEqual([{ "X-Org": null }, [], "no", "1234"]);

  // At another address it wants its secrets again.
  await visit(page, "/instances/inst_headers", scripting);
  await page.getByLabel("Base URL", { exact: true }).fill("http://127.0.0.1:10/v1");
  await page.getByRole("button", { name: "Save instance", exact: true }).click();
  await page.waitForURL(/\/instances\?note=/);
  await visit(page, "/instances/inst_headers", scripting);
  await expect(page.getByText("The key was dropped with the old address. Enter one, or remove it below.")).toBeVisible();
  await expect(row.getByLabel("Header value", { exact: true })).toHaveAttribute("placeholder", "enter it again");
  await expect(page.getByText("Key needs re-entry").first()).toBeVisible();
  await looksRight(page, scripting);
  await rest.delete("/instances/inst_headers");
});
