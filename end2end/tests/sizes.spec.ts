// What a page costs on the wire, as the release server answers a browser that takes brotli.
import { request } from "node:http";
import { expect, test, visit } from "../support/test.ts";

/** Bytes, brotli: the aims of docs/QUALITY.md. */
const most = { wasm: 120_000, css: 15_000, js: 15_000 };

/** The bytes of a body as they are sent, and how they are packed. */
function sent(address: string): Promise<{ bytes: number; encoding?: string; caching?: string }> {
  return new Promise((done, failed) => {
    request(address, { headers: { "accept-encoding": "br" } }, (response) => {
      let bytes = 0;
      response.on("data", (piece: Buffer) => (bytes += piece.length));
      response.on("end", () => done({ bytes, encoding: response.headers["content-encoding"], caching: response.headers["cache-control"] }));
      response.on("error", failed);
    }).on("error", failed).end();
  });
}

test("the site stays small", async ({ page, server }) => {
  const asked = new Set<string>();
  page.on("request", (it) => asked.add(it.url()));
  // A page that is awake has asked for all that it needs.
  await visit(page, "/sign-in", true);
  expect([...asked].filter((it) => !it.startsWith(server.url)), "no third party is asked").toEqual([]);
  const sum: Record<string, number> = { wasm: 0, css: 0, js: 0 };
  for (const address of asked) {
    const kind = /\/pkg\/[^?]*\.(wasm|css|js)$/.exec(address)?.[1];
    if (!kind) continue;
    const { bytes, encoding, caching } = await sent(address);
    expect(encoding, address).toBe("br");
    expect(caching, address).toContain("immutable");
    sum[kind] += bytes;
  }
  console.log(`bytes on the wire, brotli: ${JSON.stringify(sum)}`);
  for (const [kind, bytes] of Object.entries(most)) {
    expect(sum[kind], `${kind} is there`).toBeGreaterThan(0);
    expect(sum[kind], kind).toBeLessThanOrEqual(bytes);
  }
});
