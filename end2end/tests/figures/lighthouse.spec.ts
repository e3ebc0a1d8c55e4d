// Lighthouse's mobile preset on the pages that matter most. Its simulated phone is timed by this machine, which others
// may be using: the best of three runs counts for performance, and what fails is below the aim; the other figures must be
// there in every run.
import lighthouse from "lighthouse";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Page, chromium } from "@playwright/test";
import { demoBalancer } from "../../support/balancers.ts";
import { expect, fresh, signIn, test } from "../../support/test.ts";
import { stepLink, walkToReview } from "../../support/wizard.ts";

const categories = ["performance", "accessibility", "best-practices", "seo"] as const;
/** The aim for performance, at which no more runs are needed, and what a busy machine may make of it. */
const [aim, floor] = [95, 85];
type Scores = Record<(typeof categories)[number], number>;

test("Lighthouse scores for a phone meet the targets", async ({ server, rest, launchOptions }) => {
  test.setTimeout(600_000);
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), "smart-balancer-lighthouse-"))];
  const browser = await chromium.launchPersistentContext(folder, {
    ...launchOptions,
    baseURL: server.url,
    args: [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`],
  });
  try {
    const page = await browser.newPage();
    await signIn(page, true);
    const balancer = await demoBalancer(rest);
    const addresses = {
      "balancers list": "/",
      "wizard, step 5": await routesStep(page),
      "detail page": `/balancers/${balancer.id}`,
      playground: `/playground?balancer=${balancer.id}`,
    };
    const lines: string[] = [];
    const missed: string[] = [];
    for (const [name, address] of Object.entries(addresses)) {
      const best = await bestOfThree(server.url + address, port, missed);
      lines.push(`| ${name} | ${categories.map((it) => best[it]).join(" | ")} |`);
      if (best.performance < floor) missed.push(`${name}: performance ${best.performance}`);
    }
    console.log(["| page | performance | accessibility | best practices | SEO |", "| --- | --- | --- | --- | --- |", ...lines].join("\n"));
    expect(missed).toEqual([]);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The address of the wizard's fifth step, of a draft that is filled in. */
async function routesStep(page: Page): Promise<string> {
  await walkToReview(page, fresh("Measured"), true);
  await stepLink(page, "Routes").click();
  await page.waitForURL(/\/routes/);
  const { pathname, search } = new URL(page.url());
  return pathname + search;
}

async function bestOfThree(address: string, port: number, missed: string[]): Promise<Scores> {
  let best: Scores | undefined;
  for (let run = 0; run < 3; run += 1) {
    const result = await lighthouse(address, { port, onlyCategories: [...categories], disableStorageReset: true, logLevel: "error" });
    if (!result) throw new Error(`no result for ${address}`);
    const { lhr } = result;
    const scores = Object.fromEntries(
      categories.map((it) => [it, Math.round((lhr.categories[it].score ?? 0) * 100)]),
    ) as Scores;
    for (const category of categories.filter((it) => it !== "performance" && scores[it] < 100)) {
      const failed = lhr.categories[category].auditRefs
        .filter((it) => it.weight > 0 && (lhr.audits[it.id].score ?? 1) < 1)
        .map((it) => it.id);
      missed.push(`${address}: ${category} ${scores[category]} (${failed.join(", ")})`);
    }
    if (!best || scores.performance > best.performance) best = scores;
    if (best.performance >= aim) break;
  }
  return best!;
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer().once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? done(address.port) : failed(new Error("no port"))));
    });
  });
}
