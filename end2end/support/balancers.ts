// Objects that tests of calls are made of, made through REST.
import type { Rest } from "./test.ts";
import { fresh } from "./test.ts";
import { routes } from "./wizard.ts";

/** The wizard's common case over the demo instances; answers with the saved balancer. */
export async function demoBalancer(rest: Rest) {
  const { data } = await rest.get("/instances");
  const demo = data.filter((it: { demo: boolean }) => it.demo);
  const chat = demo.filter((it: { workload_kind: string; id: string }) => it.workload_kind === "chat" && !/router/.test(it.id));
  const router = demo.find((it: { id: string }) => /router/.test(it.id));
  const intents: Record<string, string> = {
    code: "The user asks for help with writing, reading or fixing program code.",
    writing: "The user wants a text drafted, edited, summarised or translated.",
    support: "The user has a problem with an account, an order, a bill or a device.",
    general: "Everything else, such as small talk and general questions.",
  };
  return rest.post("/smart-balancers", {
    name: fresh("Common case"),
    router_model: { type: "instance", ref: router.id },
    routes: routes.map((name, place) => ({
      name,
      intent: intents[name],
      destination: { type: "instance", ref: chat[place % chat.length].id },
      is_default: name === "general",
    })),
  });
}

/** An instance at `url`; the model's name selects the fault of a fault upstream. */
export async function instance(rest: Rest, url: string, model = "ok", more: object = {}) {
  return rest.post("/instances", { name: fresh("Upstream"), base_url: `${url}/v1`, model, ...more });
}

/** A balancer that sends everything to one destination. */
export async function passThrough(rest: Rest, destination: object, more: object = {}) {
  return rest.post("/smart-balancers", {
    name: fresh("Straight"),
    routing_mode: "ordered",
    routes: [{ name: "all", intent: "Everything goes this way.", destination, is_default: true }],
    ...more,
  });
}
