//! LiteLLM files of the shapes that people have.

use super::*;

pub(super) const WHOLE: &str = r#"
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
    let (document, left) = converted(ImportFormat::Litellm, WHOLE);
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
    assert_eq!(members, [json!([600, 2]), json!([200, 1])], "the one without an order comes last");
    let instances = document["instances"].as_array().unwrap();
    assert_eq!(instances.len(), 4);
    assert_eq!(instances[0]["base_url"], "https://api.openai.com/v1");
    assert_eq!(instances[0]["api_key"], Value::Null);
    assert_eq!(
        (&instances[1]["model"], &instances[1]["api_key"]),
        (&json!("meta/llama"), &json!("sk-canary-litellm-0123"))
    );
    assert_eq!(instances[1]["timeouts"]["answer_ms"], 30_000);
    assert_eq!(instances[3]["workload_kind"], "embeddings");

    for path in [
        "model_list[0].litellm_params.api_key",
        "model_list[0].litellm_params.rpm",
        "model_list[1].litellm_params.temperature",
        "model_list[2].model_info.id",
        "model_list[3].litellm_params.model",
        "model_list[4].litellm_params.model",
        "general_settings",
        "router_settings.fallbacks[0]",
    ] {
        assert!(paths(&left).contains(&path), "{path}: {left:#?}");
    }
    let words = format!("{left:?}");
    assert!(words.contains("OPENAI_API_KEY") && !words.contains("canary"), "{words}");
}

#[test]
fn names_are_cut_and_made_different() {
    let long = "long-name-".repeat(30);
    let entry = |(place, name): (usize, &str)| json!({ "model_name": name, "litellm_params": { "model": format!("openai/{place}") } });
    let longer = format!("{long}y");
    let names = [long.as_str(), &longer, "a b", "日本", "auto", "auto", "no_ne", "no-ne"];
    let list: Vec<_> = names.into_iter().enumerate().map(entry).collect();
    let text =
        json!({ "model_list": list, "router_settings": { "fallbacks": { "no_ne": ["no-ne", "auto"] } } });
    let (document, left) = converted(ImportFormat::Litellm, &text.to_string());
    assert_eq!(items(&document, "instances").len(), names.len());
    let routes: Vec<_> =
        items(served(&document, "no_ne"), "routes").iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(routes, ["no_ne-at-openai", "no-ne-at-openai-2", "auto-2"]);
    assert_told(&left, &["model_list[0].model_name", "model_list[1].model_name", "model_list[3].model_name"]);
}

#[test]
fn fallbacks_and_aliases_of_several_sections_meet() {
    let (document, left) = converted(
        ImportFormat::Litellm,
        r#"
model_list:
  - model_name: main
    litellm_params: {model: azure/main-east, api_base: "https://east.example.test/", api_version: "2024-10-21", api_key: k}
  - model_name: main
    litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, organization: org-acme}
  - model_name: sonnet
    litellm_params: {model: anthropic/claude-sonnet, max_parallel_requests: 8}
  - model_name: sonnet
    litellm_params: {model: bedrock/claude-sonnet, aws_region_name: eu-west-1}
  - model_name: long
    litellm_params: {model: openai/gpt-4.1, timeout: 600.5}
  - model_name: vectors
    litellm_params: {model: azure/embed-large, api_base: "https://east.example.test"}
    model_info: {mode: embedding}
litellm_settings:
  num_retries: 3
  fallbacks: [{main: [sonnet]}, {sonnet: [main, long]}]
  context_window_fallbacks: [{main: [long]}]
  content_policy_fallbacks: [{main: [sonnet]}]
  default_fallbacks: [long]
router_settings:
  fallbacks: [{main: [long]}]
  model_group_alias:
    short: main
    older: {model: main, hidden: true}
    pool: [main, sonnet]
    MAIN: sonnet
    lost: vectors
"#,
    );
    assert_eq!(serving_names(&document), ["long", "main", "sonnet", "older", "short"]);
    let targets: Vec<_> =
        ["main", "sonnet", "long", "short"].map(|it| destinations(served(&document, it))).into();
    let [main, sonnet, long] = ["tg_main", "inst_sonnet-at-anthropic", "inst_long-at-openai"];
    assert_eq!(
        targets,
        [vec![main, sonnet, long], vec![sonnet, main, long], vec![long], vec![main, sonnet, long]]
    );
    assert_eq!(served(&document, "main")["max_attempts"], 4);
    let instances = items(&document, "instances");
    let keys: Vec<_> = instances.iter().map(|it| it["api_key"].as_str()).collect();
    assert_eq!(keys, [Some("k"), None, None, None]);
    assert_eq!(named(&document, "instances", "sonnet at anthropic")["max_in_flight"], 8.0);
    assert_eq!(named(&document, "instances", "long at openai")["timeouts"]["answer_ms"], 600_500);
    assert_told(
        &left,
        &[
            "model_list[1].litellm_params.organization",
            "model_list[3].litellm_params.model",
            "model_list[5].litellm_params.api_version",
            "litellm_settings.context_window_fallbacks",
            "litellm_settings.content_policy_fallbacks",
            "router_settings.model_group_alias.pool",
            "router_settings.model_group_alias.MAIN",
            "router_settings.model_group_alias.older",
            "router_settings.model_group_alias.lost",
        ],
    );
}

#[test]
fn order_and_weight_with_gaps_keep_their_meaning() {
    let entry = |name: &str, more: Value| {
        let server = json!({ "model": format!("openai/{name}"), "api_base": "http://10.0.0.9/v1" });
        json!({ "model_name": name, "litellm_params": with(server, more) })
    };
    let file = json!({
        "model_list": [
            entry("Chat", json!({ "order": 2, "weight": 3 })),
            entry("Chat", json!({ "weight": 1 })),
            entry("Chat", json!({ "order": 0 })),
            entry("Chat", json!({ "order": 0, "weight": 0 })),
            entry("chat", json!({ "rpm": 10 })),
            entry("chat", json!({ "tpm": 9 })),
            entry("tiny", json!({ "weight": 0.001 })),
            entry("tiny", json!({ "weight": 0.999 })),
            entry("tiny", json!({ "weight": -1 })),
            entry("a-b", json!({})),
            entry("A b", json!({})),
            entry("ﬁne", json!({})),
            entry("日本", json!({})),
        ],
        "router_settings": { "routing_strategy": "weighted-pick", "num_retries": 0,
            "fallbacks": { "Chat": ["tiny"], "tiny": "a-b", "chat": 7 } },
    });
    let (document, left) = converted(ImportFormat::Litellm, &file.to_string());
    let at = |name: &str| format!("inst_{name}-at-openai");
    let [c1, c2, c3, c4, c5, c6] = ["chat", "chat-2", "chat-3", "chat-4", "chat-5", "chat-6"].map(|name| {
        let (name, number) = name.split_once('-').unwrap_or((name, ""));
        at(name) + if number.is_empty() { "" } else { "-" } + number
    });
    assert_eq!(
        members(&document, "chat"),
        [(&*c1, 3, 2), (&*c2, 1, 3), (&*c3, 100, 1), (&*c4, 0, 1)],
        "the one without an order comes last, and a first tier keeps a member with a share"
    );
    assert_eq!(members(&document, "chat-2"), [(&*c5, 10, 1), (&*c6, 0, 1)]);
    let tiny: Vec<_> = members(&document, "tiny").iter().map(|it| it.1).collect();
    assert_eq!(tiny, [1, 999, 0]);
    assert_eq!(serving_names(&document), ["Chat", "a-b", "tiny", "ne"]);
    assert_eq!(destinations(served(&document, "a-b")), ["inst_a-b-at-openai"]);
    assert_eq!(destinations(served(&document, "Chat")), ["tg_chat", "tg_tiny"]);
    assert_eq!(destinations(served(&document, "tiny")), ["tg_tiny", "inst_a-b-at-openai"]);
    assert_told(
        &left,
        &[
            "model_list[3]",
            "model_list[4].model_name",
            "model_list[5]",
            "model_list[8].litellm_params.weight",
            "model_list[10].model_name",
            "model_list[11].model_name",
            "model_list[12].model_name",
            "router_settings.routing_strategy",
            "router_settings.fallbacks.chat",
        ],
    );
}

#[test]
fn a_helm_values_file_is_read_where_the_configuration_stands() {
    let (document, left) = converted(
        ImportFormat::Litellm,
        r#"
replicaCount: 2
redis: {enabled: true}
proxy_config:
  model_list:
    - model_name: prod
      litellm_params: {model: "hosted_vllm/${CHAT_MODEL}", api_base: "http://10.0.0.1/v1", api_key: sk-canary-a}
    - model_name: prod
      litellm_params:
        model: hosted_vllm/m
        api_base: http://vllm.${NAMESPACE:-llm}.svc.cluster.local:8000/v1
        api_key: sk-canary-b
    - model_name: prod
      litellm_params: {model: hosted_vllm/m, api_base: "http://b.llm.svc.cluster.local:8000/v1", api_key: "{{ .Values.key }}"}
    - model_name: gguf
      litellm_params: {model: "custom_openai/acme/Reason-GGUF:Q4_K_M", api_base: "http://10.0.0.4:8080", api_key: sk-none}
    - model_name: file-key
      litellm_params: {model: mistral/small, api_key: "file:///run/secrets/mistral"}
    - model_name: vault-key
      litellm_params: {model: groq/small, api_key: <REPLACE_ME>}
  litellm_settings: {fallbacks: [{prod: [gguf]}]}
"#,
    );
    assert_eq!(serving_names(&document), ["file-key", "gguf", "prod", "vault-key"]);
    let keys: Vec<_> = items(&document, "instances").iter().filter_map(|it| it["api_key"].as_str()).collect();
    assert_eq!(keys, ["sk-none"]);
    assert_eq!(named(&document, "instances", "gguf at custom_openai")["model"], "acme/Reason-GGUF:Q4_K_M");
    assert_eq!(destinations(served(&document, "prod")).len(), 2);
    let list = "proxy_config.model_list";
    for path in ["[0].litellm_params.model", "[1].litellm_params.api_base", "[2].litellm_params.api_key"] {
        assert_told(&left, &[&format!("{list}{path}")]);
    }
    for path in ["[4].litellm_params.api_key", "[5].litellm_params.api_key"] {
        assert_told(&left, &[&format!("{list}{path}")]);
    }
    assert!(!paths(&left).contains(&"redis"), "the rest is one line: {left:#?}");
}

#[test]
fn one_entry_that_cannot_be_read_refuses_nothing_else() {
    let good = json!({ "model_name": "good", "litellm_params": { "model": "groq/m" } });
    let odd = [
        json!(null),
        json!(7),
        json!("text"),
        json!([]),
        json!({}),
        json!({ "model_name": 5, "litellm_params": { "model": "groq/m" } }),
        json!({ "model_name": "${NAME}", "litellm_params": { "model": "groq/m" } }),
        json!({ "model_name": "x" }),
        json!({ "model_name": "x", "litellm_params": "text" }),
        json!({ "model_name": "x", "litellm_params": { "model": ["groq/m"] } }),
        json!({ "model_name": "x", "litellm_params": { "model": format!("groq/{}", "m".repeat(300)) } }),
        json!({ "model_name": "x", "litellm_params": { "model": "groq/a\nb" } }),
    ];
    let mut list = vec![good];
    list.extend(odd.clone());
    let file = json!({ "model_list": list, "router_settings": { "fallbacks": [7, { "good": [7, {}] }] } });
    let (document, left) = converted(ImportFormat::Litellm, &file.to_string());
    assert_eq!(serving_names(&document), ["good"]);
    for place in 1..=odd.len() {
        let told = left.iter().any(|it| it.0.starts_with(&format!("model_list[{place}]")));
        assert!(told, "{place}: {left:#?}");
    }
    assert_told(&left, &["router_settings.fallbacks[0]", "router_settings.fallbacks[1]"]);
}

#[test]
fn more_than_a_document_holds_is_cut_and_told() {
    let entry =
        |name: &str| json!({ "model_name": name, "litellm_params": { "model": format!("groq/{name}") } });
    let mut list = vec![entry("pool"); limits::MEMBERS + 1];
    list.extend((0..limits::IMPORT_OBJECTS).map(|it| entry(&format!("m{it}"))));
    let (document, left) = converted(ImportFormat::Litellm, &json!({ "model_list": list }).to_string());
    assert_eq!(members(&document, "pool").len(), limits::MEMBERS);
    assert_eq!(items(&document, "instances").len(), limits::IMPORT_OBJECTS);
    assert_told(&left, &["model_list[256]", "model_list[2000]"]);
}
