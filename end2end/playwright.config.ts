// Two projects run every specification: with scripting and without; a third runs what creates and changes on a phone,
// and one measures, on a machine that does nothing else. Each worker starts its own server from the
// release binary, with an empty data folder, so that no test sees another's leftovers.
import { existsSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";

const chromium = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);

const elsewhere = /(calls|pictures)\//;
const measured = /figures\//;
// What is about scripting itself: whole specifications, and single tests of others by their tag.
const scripted = /components|inert|looks|lost_connection|redraw|sizes|tree/;
const scriptedTag = /@scripting/;

export default defineConfig({
  testDir: "tests",
  outputDir: "results",
  fullyParallel: false,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    viewport: { width: 1280, height: 900 },
    trace: "retain-on-failure",
    permissions: ["clipboard-read", "clipboard-write"],
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "scripting", testIgnore: [elsewhere, measured] },
    {
      name: "no-scripting",
      testIgnore: [elsewhere, measured, scripted],
      grepInvert: scriptedTag,
      use: { javaScriptEnabled: false },
    },
    {
      name: "phone",
      testIgnore: [elsewhere, measured, /first_admin|history|replicas|components|inert|looks|lost_connection|redraw|sizes|tree|requests/],
      use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 3 },
    },
    // What needs no page: client libraries, failover under real kills.
    { name: "calls", testMatch: /calls\// },
    // By itself, for it takes the time; `make e2e` does so at its end: FIGURES=1 npx playwright test --project=figures
    ...(process.env.FIGURES ? [{ name: "figures", testMatch: measured, use: { trace: "off" as const } }] : []),
    // The pictures of the user guide; only by `make screenshots`.
    ...(process.env.SCREENSHOTS ? [{ name: "pictures", testMatch: /pictures\// }] : []),
  ],
});
