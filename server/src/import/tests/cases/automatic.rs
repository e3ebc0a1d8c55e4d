//! Automatic routers: told as what they are.

use super::*;

#[test]
fn automatic_routers_are_told_with_what_replaces_them() {
    let (document, left) = converted(ImportFormat::Litellm, AUTOMATIC);
    assert_eq!(serving_names(&document), ["cheap-chat", "code-large", "embed-small"]);
    let [cheap, code] = ["cheap-chat", "code-large"].map(|it| destinations(served(&document, it)));
    assert_eq!(code[1..], cheap[..]);
    let models: Vec<_> =
        items(&document, "instances").iter().map(|it| it["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["llama-3.1-8b-instant", "claude-sonnet-4", "text-embedding-3-small"]);

    let params = |place: usize, name: &str| format!("model_list[{place}].litellm_params.{name}");
    assert_words(
        &left,
        &[
            (
                &params(0, "model"),
                "intent balancer with the routes cheap-chat, code-large and the default cheap-chat",
            ),
            (&params(0, "auto_router_config"), "score thresholds"),
            (&params(0, "auto_router_embedding_model"), "router model"),
            (&params(1, "model"), "intent balancer with the default cheap-chat"),
            (&params(1, "auto_router_config_path"), "another file"),
            (&params(2, "model"), "difficulty"),
            (&params(2, "complexity_router_config.tiers.SIMPLE"), "no counterpart"),
            (&params(2, "complexity_router_config.tiers.MEDIUM"), "no counterpart"),
            (&params(2, "complexity_router_config.tiers.REASONING"), "not there"),
            (&params(2, "complexity_router_config.tier_boundaries"), "no counterpart"),
            (&params(2, "complexity_router_default_model"), "no counterpart"),
            ("router_settings.fallbacks[0]", "did not carry over"),
        ],
    );
}

#[test]
fn a_router_in_any_form_makes_no_instance_and_refuses_nothing() {
    let good = json!({ "model": "groq/m" });
    for router in [
        json!({ "model": "auto_router/auto", "auto_router_config": "{\"routes\": [" }),
        json!({ "model": "auto_router/auto", "auto_router_config": "not json …" }),
        json!({ "model": "auto_router/auto", "auto_router_config": 7 }),
        json!({ "model": "auto_router/auto", "auto_router_config": { "routes": 5 } }),
        json!({ "model": "auto_router/auto", "auto_router_config": { "routes": [{ "name": "m1" }, 5, { "name": [] }] } }),
        json!({ "model": "auto", "custom_llm_provider": "auto_router" }),
        json!({ "model": "auto_router/complexity_router" }),
        json!({ "model": "auto_router/complexity_router", "complexity_router_config": { "tiers": [1] } }),
        json!({ "model": "auto_router/", "api_base": "http://10.0.0.1/v1", "api_key": "canary" }),
        json!({ "model": "auto_router", "api_base": "http://10.0.0.1/v1", "api_key": "canary" }),
    ] {
        let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[router.clone(), good.clone()]));
        assert_eq!(serving_names(&document), ["m1"], "{router}");
        let told = words_at(&left, "model_list[0].litellm_params.model");
        assert!(told.contains("router") && !told.contains("speak"), "{told}");
    }
    let broken = json!({ "model": "auto_router/auto", "auto_router_config": "{\"routes\": [" });
    let (_, left) = converted(ImportFormat::Litellm, &litellm_of(&[broken]));
    assert_words(&left, &[("model_list[0].litellm_params.auto_router_config", "not valid JSON")]);
}
