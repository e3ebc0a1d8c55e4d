#![expect(clippy::unwrap_used, reason = "tests")]

use app::domain::{configuration::Configuration, transfer};
use serde_json::json;

use super::*;

/// The document of a conversion, which must be one that can be imported, and what was left.
fn converted(from: Foreign, text: &str) -> (Value, Vec<(String, String)>) {
    let Converted { document, left } = convert(from, text).unwrap();
    let report = transfer::import(&Configuration::default(), &document, &[]).report;
    assert_eq!(report.errors, [], "{document:#}");
    assert!(left.iter().all(|it| it.words.ends_with('.')), "{left:?}");
    (document, left.into_iter().map(|it| (it.path, it.words)).collect())
}

fn paths(left: &[(String, String)]) -> Vec<&str> {
    left.iter().map(|it| it.0.as_str()).collect()
}

const LITELLM: &str = r#"
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
      rpm: 600
  - model_name: gpt-4o
    litellm_params:
      model: hosted_vllm/meta/llama
      api_base: http://10.0.0.5:8000/v1
      api_key: sk-canary-litellm-0123
      rpm: 200
      order: 2
      timeout: 30
      temperature: 0.2
  - model_name: small
    litellm_params: {model: ollama/llama3, api_base: "http://127.0.0.1:11434"}
    model_info: {mode: chat, id: x}
  - model_name: vectors
    litellm_params: {model: text-embedding-3-small}
  - model_name: far
    litellm_params: {model: bedrock/claude, aws_secret_access_key: canary-secret}
router_settings:
  routing_strategy: least-busy
  num_retries: 4
  fallbacks: [{"gpt-4o": ["small", "far"]}]
  model_group_alias: {chat: small}
general_settings:
  master_key: sk-canary-master
"#;

#[test]
fn a_litellm_file_becomes_instances_groups_and_balancers() {
    let (document, left) = converted(Foreign::Litellm, LITELLM);
    let serving: Vec<_> =
        document["balancers"].as_array().unwrap().iter().map(|it| &it["serving_name"]).collect();
    assert_eq!(serving, [&json!("gpt-4o"), &json!("small"), &json!("vectors"), &json!("chat")]);
    let first = &document["balancers"][0];
    assert_eq!(
        (&first["routing_mode"], &first["ordered_strategy"], &first["max_attempts"]),
        (&json!("ordered"), &json!("failover"), &json!(5))
    );
    assert_eq!(first["routes"][0]["destination"], json!({ "type": "target_group", "ref": "tg_gpt-4o" }));
    assert_eq!(first["routes"][1]["destination"]["type"], "instance");
    assert_eq!(first["routes"].as_array().unwrap().len(), 2);
    let pool = &document["target_groups"][0];
    assert_eq!(pool["selection_policy"], "least_in_flight");
    let members: Vec<_> =
        pool["members"].as_array().unwrap().iter().map(|it| json!([it["weight"], it["priority"]])).collect();
    assert_eq!(members, [json!([600, 1]), json!([200, 2])]);
    let instances = document["instances"].as_array().unwrap();
    assert_eq!(instances.len(), 4);
    assert_eq!(instances[0]["base_url"], "https://api.openai.com/v1");
    assert_eq!(instances[0]["api_key"], Value::Null);
    assert_eq!(
        (&instances[1]["model"], &instances[1]["api_key"]),
        (&json!("meta/llama"), &json!("sk-canary-litellm-0123"))
    );
    assert_eq!(instances[1]["timeouts"]["first_byte_ms"], 30_000);
    assert_eq!(instances[3]["workload_kind"], "embeddings");

    for path in [
        "model_list[0].litellm_params.api_key",
        "model_list[0].litellm_params.rpm",
        "model_list[1].litellm_params.temperature",
        "model_list[2].model_info.id",
        "model_list[3].litellm_params.model",
        "model_list[4].litellm_params.model",
        "general_settings",
        "router_settings.fallbacks",
    ] {
        assert!(paths(&left).contains(&path), "{path}: {left:#?}");
    }
    let words = format!("{left:?}");
    assert!(words.contains("OPENAI_API_KEY") && !words.contains("canary"), "{words}");
}

#[test]
fn the_same_file_makes_the_same_document() {
    let [one, other] = [(); 2].map(|()| convert(Foreign::Litellm, LITELLM).unwrap().document);
    assert_eq!(one, other);
}

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
    let (document, left) = converted(Foreign::Portkey, &text.to_string());
    let balancer = &document["balancers"][0];
    assert_eq!(
        (&balancer["serving_name"], &balancer["ordered_strategy"]),
        (&json!("portkey-config"), &json!("weighted"))
    );
    let weights: Vec<_> = balancer["routes"].as_array().unwrap().iter().map(|it| &it["weight"]).collect();
    assert_eq!(weights, [&json!(1_000), &json!(333)]);
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
    let (document, left) = converted(Foreign::Portkey, &text.to_string());
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
    let (document, _) = converted(Foreign::Portkey, r#"{"provider": "openai", "api_key": "k"}"#);
    assert_eq!(document["balancers"][0]["routes"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_no_configuration_is_told_and_makes_nothing() {
    for (from, text) in [
        (Foreign::Litellm, "just words"),
        (Foreign::Litellm, "model_list: 7"),
        (Foreign::Litellm, "[]"),
        (Foreign::Portkey, "{}"),
        (Foreign::Portkey, r#"{"targets": 5, "strategy": []}"#),
    ] {
        let (document, left) = converted(from, text);
        assert_eq!(document["balancers"], json!([]), "{text}");
        assert!(!left.is_empty(), "{text}");
    }
}

#[test]
fn malformed_text_is_refused_without_quoting_it() {
    for (from, text) in [
        (Foreign::Litellm, "model_list: [canary"),
        (Foreign::Litellm, "a: canary\n\tb: canary"),
        (Foreign::Portkey, "{\"api_key\": canary"),
    ] {
        let fault = convert(from, text).err().unwrap();
        assert!(!fault.message.contains("canary") && fault.message.contains("line"), "{fault:?}");
    }
    assert_eq!(
        convert(Foreign::Litellm, &" ".repeat(limits::PASTE_BYTES + 1)).err().unwrap().code,
        "too_long"
    );
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut bomb = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*l{}, ", level - 1).repeat(10);
        bomb += &format!("l{level}: &l{level} [{below}]\n");
    }
    let begun = std::time::Instant::now();
    assert_eq!(convert(Foreign::Litellm, &bomb).err().unwrap().code, "malformed");
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
    let deep = format!("a: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(convert(Foreign::Litellm, &deep).is_err());
}

#[test]
fn names_are_cut_and_made_different() {
    let long = "x".repeat(300);
    let entry = |name: &str| json!({ "model_name": name, "litellm_params": { "model": "openai/a" } });
    let text = json!({ "model_list": [entry(&long), entry(&format!("{long}y")), entry("a b"), entry("*"), entry("日本")] });
    let (document, left) = converted(Foreign::Litellm, &text.to_string());
    assert_eq!(document["instances"].as_array().unwrap().len(), 5);
    assert!(paths(&left).contains(&"model_list"));
}
