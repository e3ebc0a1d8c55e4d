//! Values of a Helm chart with the configuration inside, and references of several syntaxes.

use super::*;

#[test]
fn the_configuration_inside_is_read_and_references_are_told() {
    let (document, left) = converted(ImportFormat::Litellm, HELM);
    assert_eq!(
        serving_names(&document),
        ["chat-prod", "file-key", "reason-bare", "reason-gguf", "vault-key"]
    );
    let found: Vec<_> = items(&document, "instances")
        .iter()
        .map(|it| (it["base_url"].as_str().unwrap(), it["model"].as_str().unwrap(), it["api_key"].as_str()))
        .collect();
    let reason = "acme/Reason-32B-GGUF:Q4_K_M";
    assert_eq!(
        found,
        [
            ("http://vllm-b.llm.svc.cluster.local:8000/v1", "acme-chat-70b", None),
            ("http://10.20.4.4:8080", reason, Some("sk-none")),
            ("http://10.20.4.4:8080/v1", reason, Some("canary-06-bare")),
            ("https://api.mistral.ai/v1", "mistral-small-latest", None),
            ("https://api.groq.com/openai/v1", "llama-3.1-8b-instant", None),
        ]
    );
    let gguf = destinations(served(&document, "reason-gguf"));
    assert_eq!(destinations(served(&document, "chat-prod"))[1..], gguf[..]);
    assert!(!document.to_string().contains('$'));

    let at = |place: usize, name: &str| format!("proxy_config.model_list[{place}].{name}");
    let enter = "enter the key";
    assert_words(
        &left,
        &[
            (&at(0, "litellm_params.model"), "reference"),
            (&at(0, "litellm_params.api_base"), "reference"),
            (&at(0, "litellm_params.api_key"), "CHAT_KEY"),
            (&at(1, "litellm_params.api_key"), enter),
            (&at(4, "litellm_params.api_key"), enter),
            (&at(5, "litellm_params.api_key"), enter),
            (&at(2, "litellm_params.input_cost_per_token"), "no counterpart"),
            (&at(2, "litellm_params.output_cost_per_token"), "no counterpart"),
            (&at(2, "litellm_params.api_type"), "no counterpart"),
            (&at(2, "model_info.max_tokens"), "no counterpart"),
            ("proxy_config.litellm_settings.drop_params", "no counterpart"),
            ("proxy_config.general_settings", "proxy itself"),
            ("", "Helm values"),
        ],
    );
    assert!(paths(&left).iter().all(|it| it.is_empty() || it.starts_with("proxy_config.")), "{left:#?}");
}

#[test]
fn a_reference_in_any_syntax_is_no_part_of_an_address_or_a_model() {
    let references = [
        "${HOST}",
        "${HOST:-vllm}",
        "$HOST",
        "$(HOST)",
        "%HOST%",
        "{{ .Values.host }}",
        "{{- .Values.host -}}",
        "<% host %>",
        "<HOST>",
        "[[ENC[host]]]",
        "__HOST__",
        "((host))",
        "os.environ/HOST",
        "ref+vault://secret/host",
    ];
    for reference in references {
        let address = json!({ "model": "openai/m", "api_base": format!("http://{reference}:8000/v1"), "api_key": "canary" });
        let model = json!({ "model": format!("openai/{reference}"), "api_key": "canary" });
        for (entry, field) in [(address, "api_base"), (model, "model")] {
            let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
            assert_eq!(document["instances"], json!([]), "{reference}");
            assert_told(&left, &[&format!("model_list[0].litellm_params.{field}")]);
        }
    }
}
