//! Azure, Bedrock, fallbacks of several sections, and aliases.

use super::*;

#[test]
fn fallbacks_of_all_sections_make_one_order() {
    let (document, left) = converted(ImportFormat::Litellm, FALLBACKS);
    let [main, claude, long] = ["gpt-main", "claude-main", "gpt-main-long"];
    let target = |name: &str| destinations(served(&document, name))[0].to_owned();
    let [to_main, to_claude, to_long] = [main, claude, long].map(target);
    for (name, expected) in [
        (main, vec![&to_main, &to_claude, &to_long]),
        (claude, vec![&to_claude, &to_main, &to_long]),
        (long, vec![&to_long]),
        ("gpt-4", vec![&to_main, &to_claude, &to_long]),
        ("gpt-3.5-turbo", vec![&to_main, &to_claude, &to_long]),
    ] {
        assert_eq!(destinations(served(&document, name)), expected, "{name}");
        assert_eq!(served(&document, name)["max_attempts"], 4);
    }
    assert_eq!(serving_names(&document).len(), 5, "{:?}", serving_names(&document));

    let model = |name: &str| items(&document, "instances").iter().find(|it| it["model"] == name).unwrap();
    assert_eq!(model("gpt-4o")["base_url"], "https://api.openai.com/v1");
    assert_eq!(model("claude-sonnet-4")["base_url"], "https://api.anthropic.com/v1");
    assert_eq!(model("claude-sonnet-4")["max_in_flight"], 8.0);
    assert_eq!(model("gpt-4.1")["timeouts"], json!({ "answer_ms": 600_500 }));
    let azure = model("gpt-main-eastus");
    let address =
        "https://acme-eastus.openai.example.test/openai/deployments/gpt-main-eastus?api-version=2024-10-21";
    assert_eq!((&azure["base_url"], &azure["auth_header"]), (&json!(address), &json!("api-key")));
    assert_eq!(items(&document, "instances").len(), 4);
    assert!(endpoints(&document).iter().all(|it| it.1.is_none()), "every key is a reference");
    let shares: Vec<_> = members(&document, "gpt-main").iter().map(|it| (it.1, it.2)).collect();
    assert_eq!((to_main.as_str(), shares), ("tg_gpt-main", vec![(300, 1), (100, 1)]));

    assert_words(
        &left,
        &[
            ("model_list[0].litellm_params.api_key", "AZURE_EASTUS_KEY"),
            ("model_list[0].litellm_params.rpm", "no counterpart"),
            ("model_list[1].litellm_params.api_base", "AZURE_SWEDEN_BASE"),
            ("model_list[1].litellm_params.api_version", "AZURE_VERSION"),
            ("model_list[2].litellm_params.organization", "header"),
            ("model_list[2].litellm_params.rpm", "no counterpart"),
            ("model_list[3].litellm_params.model", "signed calls"),
            ("model_list[6].litellm_params.api_version", "version"),
            ("litellm_settings.context_window_fallbacks", "refusals"),
            ("litellm_settings.content_policy_fallbacks", "refusals"),
            ("router_settings.model_group_alias.gpt-3.5-turbo", "hidden"),
            ("router_settings.model_group_alias.old-pool", "one model"),
            ("router_settings.model_group_alias.GPT-MAIN", "case does not matter"),
        ],
    );
    assert_told(
        &left,
        &[
            "litellm_settings.request_timeout",
            "litellm_settings.success_callback",
            "router_settings.redis_host",
            "router_settings.redis_password",
            "router_settings.retry_policy",
            "router_settings.allowed_fails_policy",
            "general_settings",
            "environment_variables",
        ],
    );
}

#[test]
fn aliases_are_read_like_names() {
    let file = "
model_list:
  - {model_name: main, litellm_params: {model: groq/a}}
  - {model_name: spare, litellm_params: {model: groq/b}}
router_settings:
  fallbacks: [{main: [other]}, {spare: [again]}]
  model_group_alias: {other: spare, again: spare, on: main, 4.10: main, \"gpt-*\": main, \"${NAME}\": main, wide: \"*\"}
";
    let (document, left) = converted(ImportFormat::Litellm, file);
    assert_eq!(serving_names(&document), ["main", "spare", "again", "other"]);
    let [main, spare] = ["main", "spare"].map(|it| destinations(served(&document, it)));
    assert_eq!(
        (main.len(), spare.len()),
        (2, 1),
        "a fallback may name an alias, and nothing falls back to itself"
    );
    let aliases = "router_settings.model_group_alias";
    assert_words(
        &left,
        &[
            (&format!("{aliases}.true"), "in quotes"),
            (&format!("{aliases}.4.1"), "in quotes"),
            (&format!("{aliases}.gpt-*"), "wildcard"),
            (&format!("{aliases}.${{NAME}}"), "variable NAME"),
            (&format!("{aliases}.wide"), "not there"),
        ],
    );
}
