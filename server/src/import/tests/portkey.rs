//! Portkey configs of the shapes that people have.

use super::*;

#[test]
fn a_portkey_config_becomes_a_balancer() {
    let text = json!({
        "strategy": { "mode": "loadbalance" },
        "cache": { "mode": "simple" },
        "targets": [
            { "provider": "openai", "api_key": "sk-canary-portkey", "weight": 0.75,
              "override_params": { "model": "gpt-4o", "temperature": 0 } },
            { "virtual_key": "groq-prod", "weight": 0.25, "override_params": { "model": "llama-3" } },
            { "virtual_key": "secret-canary", "weight": 1 },
        ],
    });
    let (document, left) = converted(ImportFormat::Portkey, &text.to_string());
    let balancer = &document["balancers"][0];
    assert_eq!(
        (&balancer["serving_name"], &balancer["ordered_strategy"]),
        (&json!("portkey-config"), &json!("weighted"))
    );
    let weights: Vec<_> = balancer["routes"].as_array().unwrap().iter().map(|it| &it["weight"]).collect();
    assert_eq!(weights, [&json!(75), &json!(25)]);
    assert_eq!(document["instances"][0]["api_key"], "sk-canary-portkey");
    assert_eq!(document["instances"][1]["base_url"], "https://api.groq.com/openai/v1");
    for path in ["cache", "targets[0].override_params.temperature", "targets[1]", "targets[2]", ""] {
        assert!(paths(&left).contains(&path), "{path}: {left:#?}");
    }
    assert!(!format!("{left:?}").contains("canary"));
}

#[test]
fn nested_portkey_targets_become_a_group() {
    let text = json!({ "data": { "name": "Prod", "config": {
        "strategy": { "mode": "fallback", "on_status_codes": [429] },
        "targets": [
            { "name": "pool", "strategy": { "mode": "loadbalance" }, "targets": [
                { "provider": "openai", "apiKey": "a", "weight": 3 },
                { "provider": "openai", "apiKey": "b", "weight": 1 },
            ] },
            { "name": "order", "strategy": { "mode": "fallback" }, "targets": [
                { "provider": "vllm", "customHost": "http://10.0.0.5:8000/v1", "overrideParams": { "model": "m" } },
                { "provider": "groq" },
            ] },
            { "provider": "anthropic", "request_timeout": 20_000 },
        ],
    } } });
    let (document, left) = converted(ImportFormat::Portkey, &text.to_string());
    let groups = document["target_groups"].as_array().unwrap();
    assert_eq!(
        (&groups[0]["members"][0]["weight"], &groups[1]["members"][1]["priority"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(document["balancers"][0]["serving_name"], "Prod");
    assert_eq!(document["balancers"][0]["routes"][0]["destination"]["ref"], "tg_pool");
    assert!(paths(&left).contains(&"data.config.strategy.on_status_codes"), "{left:?}");
}

#[test]
fn a_config_without_targets_is_one_target() {
    let (document, _) = converted(ImportFormat::Portkey, r#"{"provider": "openai", "api_key": "k"}"#);
    assert_eq!(document["balancers"][0]["routes"].as_array().unwrap().len(), 1);
}

#[test]
fn a_fallback_of_pools_in_an_answer_keeps_its_order_and_shares() {
    let config = json!({ "data": { "name": "prod chat (eu)", "config": {
        "retry": { "attempts": 3 },
        "after_request_hooks": [{ "id": "check", "deny": true }],
        "request_timeout": 45_000,
        "strategy": { "mode": "fallback" },
        "override_params": { "temperature": 0.1 },
        "targets": [
            { "strategy": { "mode": "loadbalance" }, "targets": [
                { "virtual_key": "azure-openai-eu", "override_params": { "model": "m" } },
                { "virtual_key": "team-blue", "override_params": { "model": "m" } },
            ] },
            { "strategy": { "mode": "loadbalance", "sticky_session": { "ttl": 900 } }, "targets": [
                { "provider": "openai", "api_key": "canary-openai", "weight": 2,
                  "override_params": { "model": "m", "max_tokens": 9 } },
                { "provider": "@groq-eu", "weight": "1", "override_params": { "model": "m" } },
                { "override_params": { "model": "@mistral-ai-team/large" }, "weight": 0 },
                { "provider": "groq", "weight": "much", "override_params": { "model": "m" } },
            ] },
            { "name": "last", "strategy": { "mode": "fallback" }, "targets": [
                { "provider": "ollama", "custom_host": "http://10.0.0.1:11434", "request_timeout": 9_000,
                  "override_params": { "model": "acme:8b" } },
                { "strategy": { "mode": "loadbalance" }, "targets": [
                    { "provider": "openai", "custom_host": "http://10.0.0.2/v1", "api_key": "canary-box" },
                    { "provider": "openai", "custom_host": "http://10.0.0.3/v1", "api_key": "canary-box" },
                ] },
                { "virtual_key": "pydocs", "override_params": { "model": "m" } },
            ] },
        ],
    } } });
    let (document, left) = converted(ImportFormat::Portkey, &config.to_string());
    let balancer = served(&document, "prod-chat-eu");
    assert_eq!(destinations(balancer), ["tg_portkey-pool", "tg_last"]);
    let shares: Vec<_> = members(&document, "portkey-pool").iter().map(|it| (it.1, it.2)).collect();
    assert_eq!(shares, [(2, 1), (1, 1), (0, 1), (0, 1)]);
    let tiers: Vec<_> = members(&document, "last").iter().map(|it| (it.1, it.2)).collect();
    assert_eq!(tiers, [(100, 1), (1, 2), (1, 2)]);
    let waits: Vec<_> = items(&document, "instances")
        .iter()
        .map(|it| it["timeouts"]["answer_ms"].as_f64().unwrap())
        .collect();
    assert_eq!(waits, [45e3, 45e3, 45e3, 45e3, 9e3, 45e3, 45e3]);
    let keys: Vec<_> = items(&document, "instances")
        .iter()
        .filter_map(|it| Some((it["api_key"].as_str()?, it["base_url"].as_str()?)))
        .collect();
    assert_eq!(
        keys,
        [
            ("canary-openai", "https://api.openai.com/v1"),
            ("canary-box", "http://10.0.0.2/v1"),
            ("canary-box", "http://10.0.0.3/v1"),
        ]
    );
    let inside = "data.config.targets";
    for path in [
        "[0]",
        "[0].targets[0]",
        "[0].targets[1]",
        "[1].strategy.sticky_session",
        "[1].targets[0].override_params.max_tokens",
        "[1].targets[1]",
        "[1].targets[3].weight",
        "[2].targets[1].targets[0].override_params.model",
        "[2].targets[2]",
    ] {
        assert_told(&left, &[&format!("{inside}{path}")]);
    }
    assert_told(
        &left,
        &[
            "data.config.retry",
            "data.config.after_request_hooks",
            "data.config.override_params.temperature",
            "",
        ],
    );
    assert!(!format!("{left:?}").contains("canary"));
}

fn groq(name: &str) -> Value {
    json!({ "name": name, "provider": "groq", "api_key": format!("canary-{name}"), "override_params": { "model": name } })
}

/// A config of three targets, and the routes and what was told.
fn of_three(strategy: Value) -> (Value, Vec<(String, String)>) {
    let mut config = json!({ "targets": [groq("a"), groq("b"), groq("c")] });
    if !strategy.is_null() {
        config["strategy"] = strategy;
    }
    converted(ImportFormat::Portkey, &config.to_string())
}

#[test]
fn a_single_mode_uses_its_first_target_alone() {
    let (document, left) = of_three(json!({ "mode": "single" }));
    assert_eq!(destinations(&document["balancers"][0]), ["inst_a"]);
    assert_told(&left, &["targets[1]", "targets[2]"]);
    assert!(!document.to_string().contains("canary-b"));
}

#[test]
fn conditions_are_told_and_the_default_answers() {
    let strategy = |default: Value| {
        json!({ "mode": "conditional", "default": default, "conditions": [
            { "query": { "metadata.plan": { "$eq": "paid" } }, "then": "a" },
            { "query": { "metadata.plan": { "$eq": "free" } }, "then": "c" },
        ] })
    };
    let (document, left) = of_three(strategy(json!("b")));
    assert_eq!(destinations(&document["balancers"][0]), ["inst_b"]);
    assert_told(&left, &["strategy.conditions[0]", "strategy.conditions[1]", "targets[0]", "targets[2]"]);
    for lost in [json!("nobody"), json!(null), json!(1)] {
        let (document, left) = of_three(strategy(lost));
        assert_eq!(document["balancers"], json!([]));
        assert_told(&left, &["strategy.default", "strategy.conditions[0]"]);
    }
}

#[test]
fn a_strategy_that_cannot_be_read_makes_nothing_that_takes_calls() {
    for strategy in
        [json!(null), json!({}), json!("loadbalance"), json!({ "mode": "${MODE}" }), json!({ "mode": 5 })]
    {
        let (document, left) = of_three(strategy.clone());
        let balancer = &document["balancers"][0];
        assert_eq!((&balancer["enabled"], destinations(balancer).len()), (&json!(false), 3), "{strategy}");
        assert!(left.iter().any(|it| it.0.starts_with("strategy")), "{left:#?}");

        let mut pool = json!({ "name": "pool", "targets": [groq("a"), groq("b")] });
        pool["strategy"] = strategy.clone();
        let config = json!({ "strategy": { "mode": "fallback" }, "targets": [pool, groq("c")] });
        let (document, left) = converted(ImportFormat::Portkey, &config.to_string());
        assert_eq!(named(&document, "target_groups", "pool")["enabled"], false, "{strategy}");
        assert_ne!(document["balancers"][0]["enabled"], false);
        assert!(left.iter().any(|it| it.0.starts_with("targets[0].strategy")), "{left:#?}");
    }
    // One target needs no strategy.
    let (document, _) = converted(ImportFormat::Portkey, &json!({ "targets": [groq("a")] }).to_string());
    assert_ne!(document["balancers"][0]["enabled"], false);
}

#[test]
fn shares_within_shares_multiply() {
    let host = |n: u8, weight: u8| json!({ "custom_host": format!("http://10.0.0.{n}"), "weight": weight, "override_params": { "model": "m" } });
    let inner =
        json!({ "weight": 1, "strategy": { "mode": "loadbalance" }, "targets": [host(1, 3), host(2, 1)] });
    let ordered =
        json!({ "weight": 2, "strategy": { "mode": "fallback" }, "targets": [host(3, 0), host(4, 1)] });
    let pool = json!({ "name": "pool", "strategy": { "mode": "loadbalance" }, "targets": [inner, ordered, host(5, 1)] });
    let config = json!({ "strategy": { "mode": "fallback" }, "targets": [pool] });
    let (document, left) = converted(ImportFormat::Portkey, &config.to_string());
    let shares: Vec<_> = members(&document, "pool").iter().map(|it| (it.1, it.2)).collect();
    assert_eq!(shares, [(75, 1), (25, 1), (200, 1), (100, 1)]);
    assert_told(&left, &["targets[0].targets[1]"]);
}

#[test]
fn a_target_without_a_model_is_told_and_one_takes_over_the_model_above() {
    let targets =
        json!([{ "provider": "openai" }, { "provider": "groq", "override_params": { "model": "own" } }]);
    let config = |model: Value| {
        json!({ "override_params": { "model": model }, "strategy": { "mode": "loadbalance" }, "targets": targets })
            .to_string()
    };
    let models = |document: &Value| -> Vec<String> {
        items(document, "instances").iter().map(|it| it["model"].as_str().unwrap().to_owned()).collect()
    };
    let (document, left) = converted(ImportFormat::Portkey, &config(json!(null)));
    assert_eq!(models(&document), ["", "own"]);
    assert_told(&left, &["targets[0].override_params.model"]);
    let (document, _) = converted(ImportFormat::Portkey, &config(json!("above")));
    assert_eq!(models(&document), ["above", "own"]);
    for unreadable in [json!("${MODEL}"), json!("gpt-*"), json!(4.1)] {
        let (document, left) = converted(ImportFormat::Portkey, &config(unreadable));
        assert_eq!(models(&document), ["own"]);
        assert_told(&left, &["override_params.model", "targets[0]"]);
    }
}

#[test]
fn targets_of_another_kind_are_told() {
    let config = json!({ "strategy": { "mode": "loadbalance" }, "targets": [
        groq("a"),
        { "provider": "openai", "override_params": { "model": "text-embedding-3-small" } },
        { "provider": "openai", "override_params": { "model": "whisper-1" } },
    ] });
    let (document, left) = converted(ImportFormat::Portkey, &config.to_string());
    assert_eq!(destinations(&document["balancers"][0]), ["inst_a"]);
    assert_told(&left, &["targets[1]", "targets[2].override_params.model"]);
}
