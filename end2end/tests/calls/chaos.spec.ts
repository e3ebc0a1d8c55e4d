// Two members, 200 calls a second, and every ten seconds one of them is killed and revived. `make chaos` runs it for
// two minutes; with `make test` it takes as long as two outages.
import { Agent, request } from "node:http";
import { instance, passThrough } from "../../support/balancers.ts";
import { type Upstream, kill, startUpstream } from "../../support/processes.ts";
import { expect, fresh, test } from "../../support/test.ts";

/** Never less than an outage and the ten seconds that a member has to come back. */
const seconds = Math.max(20, Number(process.env.CHAOS_SECONDS ?? 20));
const callsPerSecond = 200;
/** Ten chunks, 20 ms before each: a call takes long enough to be hit. */
const model = "trickle:20+ok@10";
const whole = Array.from({ length: 10 }, (_, at) => (at === 0 ? "w0" : ` w${at}`)).join("");

interface Ended {
  began: number;
  stream: boolean;
  status: number;
  attempts: number;
  instance: string;
  body: string;
  broken?: string;
}

test("killing members fails no call that has not begun to answer", async ({ rest, server }) => {
  test.setTimeout((seconds + 60) * 1000);
  const members: Upstream[] = [await startUpstream("a"), await startUpstream("b")];
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  try {
    const ids: string[] = [];
    for (const member of members) ids.push((await instance(rest, member.url, model)).id);
    const pool = await rest.post("/target-groups", {
      name: fresh("chaos").toLowerCase().replaceAll(" ", "-"),
      members: ids.map((instance_id) => ({ instance_id })),
    });
    const balancer = await passThrough(rest, { type: "target_group", ref: pool.id });

    let retried = 0;
    const call = (stream: boolean) =>
      new Promise<Ended>((done) => {
        const ended: Ended = { began: performance.now(), stream, status: 0, attempts: 0, instance: "", body: "" };
        const sent = request(`${server.url}/v1/chat/completions`, {
          agent,
          method: "POST",
          headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" },
        });
        const over = (broken?: string) => done({ ...ended, broken });
        sent.once("error", (error) => {
          // A connection closes behind a stream that broke off. Who had just reused it tries again on another one,
          // as the documentation of `request.reusedSocket` asks of every client and the official libraries do.
          if (sent.reusedSocket && ended.status === 0) {
            retried += 1;
            return void call(stream).then(done);
          }
          over(error.message);
        });
        sent.once("response", (response) => {
          ended.status = response.statusCode ?? 0;
          ended.attempts = Number(response.headers["x-sb-attempts"]);
          ended.instance = String(response.headers["x-sb-instance"]);
          response.setEncoding("utf8");
          response.on("data", (piece: string) => (ended.body += piece));
          response.once("end", () => over());
          response.once("error", (error) => over(error.message));
        });
        sent.end(JSON.stringify({ model: balancer.serving_name, stream, messages: [{ role: "user", content: "hello" }] }));
      });

    const began = performance.now();
    const running: Promise<Ended>[] = [];
    const outages: { member: string; killed: number; revived: number }[] = [];
    const outage = async (at: number) => {
      const [member, id] = [members[at], ids[at]];
      await kill(member.process);
      const killed = performance.now();
      // The outage itself: its length is what is tried.
      await new Promise((over) => setTimeout(over, 5_000));
      members[at] = await startUpstream("again", new URL(member.url).host);
      outages.push({ member: id, killed, revived: performance.now() });
    };
    const kills: Promise<void>[] = [];
    while (performance.now() - began < seconds * 1000) {
      const passed = performance.now() - began;
      while (running.length < (passed / 1000) * callsPerSecond) running.push(call(running.length % 2 === 0));
      if (passed > kills.length * 10_000 + 1_000) kills.push(outage(kills.length % 2));
      // The pace of the load; how many calls are due is told by the clock.
      await new Promise((over) => setTimeout(over, 5));
    }
    await Promise.all(kills);
    const calls = await Promise.all(running);

    const failed = calls.filter((it) => !isWhole(it) && !isHonestlyTruncated(it));
    expect(failed.map((it) => ({ ...it, body: it.body.slice(-300) }))).toEqual([]);
    const truncated = calls.filter(isHonestlyTruncated);
    expect(outages.length).toBeGreaterThan(0);
    // Each such stream closes one connection; nothing else may.
    expect(retried).toBeLessThanOrEqual(truncated.length);
    // What a call that began after the kill spent on the dead member.
    const wasted = outages.map(
      ({ killed, revived }) => calls.filter((it) => it.began > killed && it.began < revived && it.attempts > 1).length,
    );
    expect(Math.max(...wasted)).toBeLessThanOrEqual(4);
    const amplification = calls.reduce((sum, it) => sum + it.attempts, 0) / calls.length;
    expect(amplification).toBeLessThanOrEqual(1.2);
    // Each revived member answers again, within ten seconds where the run went on for so long.
    const back = outages.map(({ member, revived }) => {
      const first = calls.find((it) => it.began > revived && it.instance === member && isWhole(it));
      return first && Math.round(first.began - revived);
    });
    const due = outages.flatMap(({ revived }, at) => (revived + 10_000 < began + seconds * 1000 ? [back[at]] : []));
    expect(due.length).toBeGreaterThan(0);
    for (const ms of due) expect(ms ?? Infinity).toBeLessThan(10_000);
    console.log(
      `${calls.length} calls, ${outages.length} outages, ${truncated.length} streams ended by an error event, ${retried} connections met closing, ` +
        `attempts wasted ${wasted}, back after ${back} ms, amplification ${amplification.toFixed(3)}`,
    );
  } finally {
    agent.destroy();
    for (const member of members) await member.stop();
  }
});

const events = (body: string) =>
  body.split("\n\n").flatMap((it) => (it.startsWith("data: ") ? [it.slice("data: ".length)] : []));

const contentOf = (body: string) =>
  events(body)
    .filter((it) => it.startsWith("{"))
    .map((it) => JSON.parse(it).choices?.[0]?.delta?.content ?? "")
    .join("");

function isWhole({ status, stream, body, broken }: Ended): boolean {
  if (status !== 200 || broken) return false;
  if (!stream) return JSON.parse(body).choices[0].message.content.startsWith("ok from");
  return events(body).at(-1) === "[DONE]" && contentOf(body).endsWith(whole);
}

/** Content that is a beginning of the whole, then an error event, no `[DONE]`. */
function isHonestlyTruncated({ status, stream, body }: Ended): boolean {
  if (status !== 200 || !stream || body.includes("[DONE]")) return false;
  const last = events(body).at(-1) ?? "";
  const content = contentOf(body);
  return last.startsWith('{"error"') && content !== "" && whole.startsWith(content);
}
