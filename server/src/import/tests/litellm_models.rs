//! Models of LiteLLM files: which of them can be called here, and for which calls.

use super::*;

#[test]
fn the_address_of_a_local_server_in_a_variable_is_not_openais() {
    let (document, left) = converted(
        ImportFormat::Litellm,
        "
model_list:
  - model_name: local
    litellm_params: {model: openai/qwen3-8b, api_base: os.environ/LMSTUDIO_URL, api_key: a-literal-key}
  - model_name: bare
    litellm_params: {model: qwen3-8b, api_key: a-literal-key}
",
    );
    assert_eq!((&document["instances"], &document["balancers"]), (&json!([]), &json!([])));
    assert_told(
        &left,
        &["model_list[0].litellm_params.api_base", "model_list[1].litellm_params.model", "model_list"],
    );
    assert!(format!("{left:?}").contains("LMSTUDIO_URL"), "{left:?}");
}

#[test]
fn anchors_merge_keys_and_unquoted_words_are_read_as_there() {
    let text = "\u{feff}# shared
_shared:
  vendor: &vendor {api_key: os.environ/GEMINI_KEY, timeout: 45}
  box: &box {model: hosted_vllm/acme/coder, api_base: \"http://10.20.0.4:8000/v1\", api_key: sk-canary-box}
model_list:
  - model_name: opus
    litellm_params: *box
  - &flash
    model_name: flash
    litellm_params: {<<: *vendor, model: gemini/gemini-flash}
  - <<: *flash
    model_name: slow
    litellm_params:
      <<: [*vendor, *box]
      model: hosted_vllm/007
      timeout: 180
  - {model_name: pinned, litellm_params: {model: anthropic/os.environ/MODEL}}
  - {model_name: \"yes\", litellm_params: *box}
  - {model_name: on, litellm_params: {<<: *box, model: 4}}
  - {model_name: dated, litellm_params: {<<: *box, model: 4.10}}
  - {model_name: twice, litellm_params: {model: hosted_vllm/m, api_base: \"http://10.0.0.1\", api_base: \"http://10.0.0.2\", api_key: sk-canary-twice}}
  - {model_name: templated, litellm_params: {model: hosted_vllm/m, api_base: \"http://10.0.0.3\", api_key: {{ .Values.key }}}}
  - {model_name: odd, litellm_params: {model: hosted_vllm/m, api_base: \"http://10.0.0.4\", order: .inf, ? [a, b] : c}}
litellm_settings: {num_retries: \"2\", drop_params: yes}
"
    .replace('\n', "\r\n");
    let (document, left) = converted(ImportFormat::Litellm, &text);
    let found: Vec<_> = items(&document, "instances")
        .iter()
        .map(|it| (it["model"].as_str(), it["api_key"].as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Some("acme/coder"), Some("sk-canary-box")),
            (Some("gemini-flash"), None),
            (Some("007"), None),
            (Some("m"), None),
        ]
    );
    let slow = named(&document, "instances", "slow at hosted_vllm");
    assert_eq!(
        (&slow["base_url"], &slow["timeouts"]["answer_ms"]),
        (&json!("http://10.20.0.4:8000/v1"), &json!(180_000))
    );
    assert_eq!(serving_names(&document), ["flash", "opus", "slow", "templated", "yes"]);
    assert_eq!(served(&document, "flash")["max_attempts"], 3);
    assert_told(
        &left,
        &[
            "model_list[3].litellm_params.model",
            "model_list[5].model_name",
            "model_list[5].litellm_params.model",
            "model_list[6].litellm_params.model",
            "model_list[7].litellm_params.api_base",
            "model_list[8].litellm_params.api_key",
            "model_list[9].litellm_params",
            "litellm_settings.drop_params",
        ],
    );
    assert!(!format!("{left:?}").contains("canary"));
}

#[test]
fn wildcards_and_bare_vendor_names_are_left_out() {
    let (document, left) = converted(
        ImportFormat::Litellm,
        r#"
model_list:
  - {model_name: "openai/*", litellm_params: {model: "openai/*", api_key: sk-canary-a}}
  - {model_name: "*", litellm_params: {model: "*", api_base: "http://10.20.0.9:8000/v1", api_key: none}}
  - {model_name: "vllm/*", litellm_params: {model: hosted_vllm/m, api_base: "http://10.20.0.9:8000/v1"}}
  - {model_name: quick, litellm_params: {model: claude-haiku, api_key: sk-canary-b}}
  - {model_name: vision, litellm_params: {model: gemini-flash, api_key: sk-canary-c}}
  - {model_name: gpt-4o, litellm_params: {model: gpt-4o, api_key: sk-canary-d}}
  - {model_name: "acme/team-a:fast", litellm_params: {model: groq/llama, api_key: os.environ/GROQ_KEY}}
litellm_settings:
  fallbacks: [{"*": [gpt-4o]}, {"openai/*": [gpt-4o]}, {nosuch: [gpt-4o]}]
"#,
    );
    assert_eq!(serving_names(&document), ["acme/team-a:fast", "gpt-4o"]);
    let [fast, other] = ["inst_acme-team-a-fast-at-groq", "inst_gpt-4o-at-openai"];
    assert_eq!(destinations(served(&document, "acme/team-a:fast")), [fast, other]);
    assert_eq!(destinations(served(&document, "gpt-4o")), [other]);
    let text = document.to_string();
    assert!(
        text.contains("sk-canary-d") && text.matches("canary").count() == 1 && !text.contains('*'),
        "{text}"
    );
    assert_told(
        &left,
        &[
            "model_list[0].litellm_params.model",
            "model_list[1].litellm_params.model",
            "model_list[2].model_name",
            "model_list[3].litellm_params.model",
            "model_list[4].litellm_params.model",
            "litellm_settings.fallbacks[1]",
            "litellm_settings.fallbacks[2]",
        ],
    );
}

#[test]
fn automatic_routers_are_told_as_what_they_are() {
    let (document, left) = converted(
        ImportFormat::Litellm,
        r#"
model_list:
  - model_name: assistant
    litellm_params:
      model: auto_router/auto
      auto_router_config: '{"routes": [{"name": "cheap", "description": "Small talk"}, {"name": "code", "utterances": ["…"]}, {"name": "canary-not-here"}]}'
      auto_router_default_model: cheap
      auto_router_embedding_model: vectors
  - {model_name: broken, litellm_params: {model: auto_router/auto, auto_router_config: '{"routes": ['}}
  - {model_name: sized, litellm_params: {model: auto_router/complexity_router, complexity_router_config: {tiers: {SIMPLE: cheap}}}}
  - {model_name: cheap, litellm_params: {model: groq/small}}
  - {model_name: code, litellm_params: {model: anthropic/claude-m}}
router_settings: {fallbacks: [{assistant: [code]}, {code: [cheap]}]}
"#,
    );
    assert_eq!(serving_names(&document), ["cheap", "code"]);
    assert_eq!(destinations(served(&document, "code")).len(), 2);
    let words = |path: &str| left.iter().find(|it| it.0 == path).map(|it| it.1.as_str()).unwrap_or_default();
    let told = words("model_list[0].litellm_params.model");
    assert!(["cheap", "code", "intent"].iter().all(|it| told.contains(it)), "{told}");
    assert!(words("model_list[1].litellm_params.model").contains("intent"), "{left:#?}");
    assert_told(
        &left,
        &[
            "model_list[0].litellm_params.auto_router_config",
            "model_list[2].litellm_params.model",
            "router_settings.fallbacks[0]",
        ],
    );
    assert!(!format!("{left:?}{document}").contains("canary"), "{left:#?}");
}

#[test]
fn kinds_that_are_not_stated_are_told_and_vectors_never_mix() {
    let (document, left) = converted(
        ImportFormat::Litellm,
        r#"
model_list:
  - {model_name: vec, litellm_params: {model: ollama/bge-m3, api_base: "http://10.0.0.1:11434"}}
  - {model_name: vec, litellm_params: {model: openai/bge-m3, api_base: "http://10.0.0.2/v1"}, model_info: {mode: embedding}}
  - {model_name: house, litellm_params: {model: ollama/house, api_base: "http://10.0.0.1:11434"}}
  - {model_name: house, litellm_params: {model: openai/house, api_base: "http://10.0.0.2/v1"}, model_info: {mode: embedding}}
  - {model_name: mixed, litellm_params: {model: openai/text-embedding-3-small}}
  - {model_name: mixed, litellm_params: {model: openai/text-embedding-3-large}}
  - {model_name: expert, litellm_params: {model: hosted_vllm/acme/embedded-c-coder, api_base: "http://10.0.0.3/v1"}}
  - {model_name: rank, litellm_params: {model: hosted_vllm/bge-reranker-v2, api_base: "http://10.0.0.4/v1"}}
  - {model_name: ears, litellm_params: {model: groq/whisper-large}}
  - {model_name: mouth, litellm_params: {model: openai/tts-1}}
  - {model_name: live, litellm_params: {model: openai/m}, model_info: {mode: realtime}}
  - {model_name: odd, litellm_params: {model: openai/m}, model_info: {mode: [chat]}}
  - {model_name: both, litellm_params: {model: hosted_vllm/chat-8b, api_base: "http://10.0.0.6/v1"}}
  - {model_name: both, litellm_params: {model: hosted_vllm/embed-8b, api_base: "http://10.0.0.7/v1"}}
router_settings:
  fallbacks: [{vec: [mixed]}, {both: [vec]}, {house: [house]}]
"#,
    );
    assert_eq!(serving_names(&document), ["both", "expert", "house", "mixed", "vec"]);
    let kinds: Vec<_> = ["vec", "house", "mixed", "expert", "both"]
        .map(|it| served(&document, it)["workload_kind"].as_str().unwrap())
        .into();
    assert_eq!(kinds, ["embeddings", "embeddings", "embeddings", "chat", "chat"]);
    assert_eq!((members(&document, "vec").len(), members(&document, "house").len()), (2, 2));
    assert!(items(&document, "balancers").iter().all(|it| destinations(it).len() == 1), "{document:#}");
    assert_told(
        &left,
        &[
            "model_list[0].litellm_params.model",
            "model_list[2].litellm_params.model",
            "model_list[5]",
            "model_list[7].litellm_params.model",
            "model_list[8].litellm_params.model",
            "model_list[9].litellm_params.model",
            "model_list[10].model_info.mode",
            "model_list[11].model_info.mode",
            "model_list[13]",
            "router_settings.fallbacks[0]",
            "router_settings.fallbacks[1]",
        ],
    );
}
