//! Portkey: pools within pools, conditions within pools, and what is inherited.

use super::*;

const TARGETS: &str = "data.config.targets";

#[test]
fn a_fallback_of_pools_keeps_order_shares_and_keys() {
    let (document, left) = converted(ImportFormat::Portkey, POOLS);
    let balancer = served(&document, "prod-chat-eu");
    assert_eq!(serving_names(&document).len(), 1);
    assert_eq!(
        (&balancer["routing_mode"], &balancer["ordered_strategy"]),
        (&json!("ordered"), &json!("failover"))
    );
    assert!(balancer["max_attempts"].as_u64().unwrap() >= 3);
    let groups = destinations(balancer);
    let group = |place: usize| {
        let group = items(&document, "target_groups").iter().find(|it| it["id"] == groups[place]).unwrap();
        let instance = |id: &Value| items(&document, "instances").iter().find(|it| it["id"] == *id).unwrap();
        let member = |it: &Value| {
            let instance = instance(&it["instance_id"]);
            let address = instance["base_url"].as_str().unwrap();
            (
                address.to_owned(),
                instance["api_key"].as_str().map(str::to_owned),
                it["weight"].as_u64(),
                it["priority"].as_u64(),
            )
        };
        items(group, "members").iter().map(member).collect::<Vec<_>>()
    };
    let of = |address: &str, key: Option<&str>, weight: u64, tier: u64| {
        (address.to_owned(), key.map(str::to_owned), Some(weight), Some(tier))
    };
    assert_eq!(
        group(0),
        [
            of("https://api.openai.com/v1", Some("canary-10-openai"), 2, 1),
            of("https://api.groq.com/openai/v1", None, 1, 1),
            of("https://api.mistral.ai/v1", None, 0, 1),
        ]
    );
    assert_eq!(
        group(1),
        [
            of("http://10.20.7.1:11434", None, 100, 1),
            of("http://10.20.7.2:8000/v1", Some("canary-10-box"), 1, 2),
            of("http://10.20.7.3:8000/v1", Some("canary-10-box"), 1, 2),
        ]
    );
    let waits = items(&document, "instances").iter().map(|it| &it["timeouts"]["answer_ms"]);
    assert!(waits.into_iter().all(|it| *it == 45_000.0), "{document:#}");

    let at = |rest: &str| format!("{TARGETS}{rest}");
    let no_model = "names no model";
    assert_words(
        &left,
        &[
            (&at("[0]"), "its place is lost"),
            (&at("[0].targets[0]"), "left out"),
            (&at("[0].targets[1]"), "left out"),
            (&at("[0].targets[1].retry"), "no counterpart"),
            (&at("[0].strategy.sticky_session"), "session_hash"),
            (&at("[1].targets[0].override_params.max_tokens"), "no counterpart"),
            (&at("[1].targets[1]"), "kept at Portkey"),
            (&at("[1].targets[2]"), "kept at Portkey"),
            (&at("[2].targets[1].targets[0].override_params.model"), no_model),
            (&at("[2].targets[1].targets[1].override_params.model"), no_model),
            (&at("[2].targets[2]"), "left out"),
            ("data.config.retry", "no counterpart"),
            ("data.config.cache", "no counterpart"),
            ("data.config.cb_config", "no counterpart"),
            ("data.config.override_params.temperature", "no counterpart"),
            ("data.config.strategy.on_status_codes", "fixed here"),
            ("data.config.before_request_hooks", "no call"),
            ("data.config.after_request_hooks", "no call"),
            ("", "prod-chat-eu"),
        ],
    );
}

fn target(name: &str) -> Value {
    json!({ "name": name, "provider": "groq", "override_params": { "model": name } })
}

#[test]
fn pools_of_one_name_are_two_groups() {
    let pool = |one: &str, other: &str| json!({ "name": "pool", "strategy": { "mode": "loadbalance" }, "targets": [target(one), target(other)] });
    for strip in [false, true] {
        let mut config =
            json!({ "strategy": { "mode": "fallback" }, "targets": [pool("a", "b"), pool("c", "d")] });
        if strip {
            config["targets"].as_array_mut().unwrap().iter_mut().for_each(|it| it["name"] = Value::Null);
        }
        let (document, _) = converted(ImportFormat::Portkey, &config.to_string());
        let groups = destinations(&document["balancers"][0]);
        assert_eq!(groups.len(), 2);
        assert_ne!(groups[0], groups[1]);
        assert!(items(&document, "target_groups").iter().all(|it| items(it, "members").len() == 2));
    }
}

#[test]
fn a_condition_within_a_pool_goes_to_its_default() {
    let conditional = |default: &str| {
        json!({ "strategy": { "mode": "conditional", "default": default, "conditions": [
            { "query": { "metadata.plan": { "$eq": "paid" } }, "then": "a" } ] },
            "targets": [target("a"), target("b")] })
    };
    let config = |default: &str| {
        json!({ "strategy": { "mode": "fallback" }, "targets": [conditional(default), target("c")] })
            .to_string()
    };
    let (document, left) = converted(ImportFormat::Portkey, &config("b"));
    assert_eq!(destinations(&document["balancers"][0]), ["inst_b", "inst_c"]);
    assert_words(
        &left,
        &[("targets[0].strategy.conditions[0]", "default"), ("targets[0].targets[0]", "default target")],
    );
    let (document, left) = converted(ImportFormat::Portkey, &config("nobody"));
    assert_eq!(destinations(&document["balancers"][0]), ["inst_c"]);
    assert_words(
        &left,
        &[("targets[0].strategy.default", "none of the targets"), ("targets[0]", "place is lost")],
    );

    // The default may be a pool itself, and one within shares.
    let pool =
        json!({ "name": "b", "strategy": { "mode": "loadbalance" }, "targets": [target("d"), target("e")] });
    let mut conditional = conditional("b");
    conditional["targets"][1] = pool;
    let config = json!({ "strategy": { "mode": "loadbalance" }, "targets": [conditional, target("c")] });
    let (document, _) = converted(ImportFormat::Portkey, &config.to_string());
    let group = &items(&document, "target_groups")[0];
    let ids: Vec<_> = items(group, "members").iter().map(|it| it["instance_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["inst_d", "inst_e"]);
}
