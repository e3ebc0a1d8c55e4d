// Two projects run every specification: with scripting and without. Each worker starts its own server from the
// release binary, with an empty data folder, so that no test sees another's leftovers.
import { existsSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";

const chromium = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);

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
    { name: "scripting", testIgnore: /(calls|pictures)\// },
    { name: "no-scripting", testIgnore: /(calls|pictures)\//, use: { javaScriptEnabled: false } },
    // What needs no page: client libraries, failover under real kills.
    { name: "calls", testMatch: /calls\// },
    // The pictures of the user guide; only by `make screenshots`.
    ...(process.env.SCREENSHOTS ? [{ name: "pictures", testMatch: /pictures\// }] : []),
  ],
});
