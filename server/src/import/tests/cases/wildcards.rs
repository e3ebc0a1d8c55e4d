//! Wildcards, and names of vendors' models without a prefix.

use super::*;

#[test]
fn wildcards_and_foreign_names_make_nothing() {
    let (document, left) = converted(ImportFormat::Litellm, WILDCARDS);
    assert_eq!(serving_names(&document), ["acme/team-a:fast", "gpt-4o"]);
    let [fast, other] = ["acme/team-a:fast", "gpt-4o"].map(|it| destinations(served(&document, it)));
    assert_eq!((fast.len(), other.len()), (2, 1), "the fallback of all never leads to itself");
    assert_eq!(fast[1], other[0]);
    assert_eq!(
        endpoints(&document),
        [("https://api.openai.com/v1", Some("canary-04-openai")), ("https://api.groq.com/openai/v1", None)]
    );
    let text = document.to_string();
    assert!(!text.contains('*') && text.matches("canary").count() == 1, "{document:#}");
    for place in 0..6 {
        assert_words(
            &left,
            &[(&format!("model_list[{place}].litellm_params.model"), "one balancer for each model")],
        );
    }
    assert_words(
        &left,
        &[
            ("model_list[6].litellm_params.model", "left out"),
            ("model_list[7].litellm_params.model", "left out"),
            ("model_list[0].litellm_params.order", "left out"),
            ("model_list[1].litellm_params.order", "left out"),
            ("litellm_settings.fallbacks[1]", "wildcard"),
            ("litellm_settings.fallbacks[2]", "not there"),
        ],
    );
    assert_told(
        &left,
        &["router_settings.provider_budget_config", "litellm_settings.check_provider_endpoint"],
    );
}

#[test]
fn names_of_other_vendors_without_a_prefix_are_no_address() {
    let names = [
        "claude-haiku-4-5",
        "gemini-2.5-flash",
        "mistral-large-latest",
        "command-r-plus",
        "grok-4",
        "deepseek-chat",
        "llama-3.3-70b",
        "text-bison",
        "omni-large",
        "o-1",
        "chatgpt",
    ];
    let entries = names.map(|it| json!({ "model": it, "api_key": format!("canary-{it}") }));
    let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&entries));
    assert_eq!(document["instances"], json!([]));
    for place in 0..names.len() {
        assert_words(&left, &[(&format!("model_list[{place}].litellm_params.model"), "left out")]);
    }
    let known = ["gpt-4o", "o1", "o3-mini", "text-embedding-3-small"];
    let (document, _) =
        converted(ImportFormat::Litellm, &litellm_of(&known.map(|it| json!({ "model": it }))));
    assert!(endpoints(&document).iter().all(|it| it.0 == "https://api.openai.com/v1"));
    assert_eq!(items(&document, "instances").len(), known.len());
}

#[test]
fn a_wildcard_anywhere_is_told() {
    let file = "
model_list:
  - {model_name: main, litellm_params: {model: groq/a}}
  - {model_name: \"gpt-*\", litellm_params: {model: groq/b, api_key: sk-canary-a}}
  - {model_name: plain, litellm_params: {model: \"groq/llama-*-instruct\", api_key: sk-canary-b, weight: 3}}
litellm_settings:
  fallbacks: [{main: [\"openai/*\", \"gpt-*\"]}]
  default_fallbacks: [\"*\"]
";
    let (document, left) = converted(ImportFormat::Litellm, file);
    assert_eq!(serving_names(&document), ["main"]);
    assert_eq!(destinations(served(&document, "main")).len(), 1);
    assert!(!document.to_string().contains("canary"));
    assert_words(
        &left,
        &[
            ("model_list[1].model_name", "wildcard"),
            ("model_list[2].litellm_params.model", "wildcard"),
            ("model_list[2].litellm_params.weight", "left out"),
            ("litellm_settings.fallbacks[0]", "wildcard"),
            ("litellm_settings.default_fallbacks[0]", "wildcard"),
        ],
    );
}
