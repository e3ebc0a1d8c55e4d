// The fault upstream's report on the server: every fault, set up through REST, called, judged, taken away.
import { execFile } from "node:child_process";
import { adminToken, faultUpstreamBinary } from "../../support/processes.ts";
import { expect, test } from "../../support/test.ts";

test("every fault of the report passes, and it cleans up", async ({ rest, server }) => {
  test.setTimeout(300_000);
  const before = await rest.get("/smart-balancers?limit=200");
  const report = await new Promise<{ code: number; lines: string[] }>((done) => {
    const child = execFile(
      faultUpstreamBinary,
      ["report", `${server.url}/v1`, "--setup", "smart-balancer", "--port", "0"],
      { env: { ...process.env, SMART_BALANCER_ADMIN_TOKEN: adminToken } },
      (_error, stdout, stderr) => done({ code: child.exitCode ?? -1, lines: `${stdout}${stderr}`.trim().split("\n") }),
    );
  });
  expect(report.lines.filter((line) => !line.startsWith("pass "))).toEqual([expect.stringMatching(/^\d+ passed, 0 failed/)]);
  expect(report.code).toBe(0);
  const after = await rest.get("/smart-balancers?limit=200");
  expect(after.data.map((it: { id: string }) => it.id)).toEqual(before.data.map((it: { id: string }) => it.id));
});
