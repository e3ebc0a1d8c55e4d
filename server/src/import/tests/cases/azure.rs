//! Azure's deployments, whose address names the deployment and the version of the API.

use super::*;

const PARAMS: &str = "model_list[0].litellm_params";

fn azure(more: Value) -> Value {
    with(json!({ "model": "azure/prod-4o", "api_key": "canary-azure" }), more)
}

#[test]
fn a_deployment_with_a_literal_address_and_version_carries_over() {
    let deployment = "/openai/deployments/prod-4o";
    for (base, expected) in [
        ("https://east.example.test", format!("https://east.example.test{deployment}")),
        (" https://east.example.test/ ", format!("https://east.example.test{deployment}")),
        ("https://apim.example.test/team", format!("https://apim.example.test/team{deployment}")),
        (
            &format!("https://east.example.test{deployment}/"),
            format!("https://east.example.test{deployment}"),
        ),
        ("http://127.0.0.1:8080", format!("http://127.0.0.1:8080{deployment}")),
    ] {
        for version in ["2024-10-21", "2025-04-01-preview", "preview"] {
            let entry = azure(json!({ "api_base": base, "api_version": version }));
            let named = with(entry.clone(), json!({ "model": "prod-4o", "custom_llm_provider": "azure" }));
            let prefixed = with(entry.clone(), json!({ "custom_llm_provider": "azure" }));
            for entry in [entry, named, prefixed] {
                let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
                let address = format!("{expected}?api-version={version}");
                assert_eq!(endpoints(&document), [(address.as_str(), Some("canary-azure"))], "{left:#?}");
                let instance = &document["instances"][0];
                assert_eq!(
                    (&instance["auth_header"], &instance["model"]),
                    (&json!("api-key"), &json!("prod-4o"))
                );
                assert_eq!(left, []);
            }
        }
    }
    // Without quotes, a version is a date to some readers of YAML.
    let file = "model_list: [{model_name: m, litellm_params: {model: azure/d, api_base: \"https://e.example.test\", \
                api_version: 2024-10-21}}]";
    let (document, _) = converted(ImportFormat::Litellm, file);
    assert_eq!(
        endpoints(&document)[0].0,
        "https://e.example.test/openai/deployments/d?api-version=2024-10-21"
    );
}

#[test]
fn a_deployment_that_is_not_stated_whole_is_left_out_with_its_key() {
    let base = "https://east.example.test";
    for (more, field) in [
        (json!({}), "model"),
        (json!({ "api_version": "2024-10-21" }), "model"),
        (json!({ "api_base": base }), "api_version"),
        (json!({ "api_base": base, "api_version": "os.environ/VERSION" }), "api_version"),
        (json!({ "api_base": base, "api_version": "${VERSION}" }), "api_version"),
        (json!({ "api_base": base, "api_version": 2024 }), "api_version"),
        (json!({ "api_base": base, "api_version": "" }), "api_version"),
        (json!({ "api_base": base, "api_version": "2024&api-key=x" }), "api_version"),
        (json!({ "api_base": base, "api_version": "2".repeat(41) }), "api_version"),
        (json!({ "api_base": "os.environ/BASE", "api_version": "2024-10-21" }), "api_base"),
        (json!({ "api_base": "https://${NAME}.example.test", "api_version": "2024-10-21" }), "api_base"),
        (json!({ "api_base": format!("{base}/openai/v1"), "api_version": "preview" }), "api_base"),
        (
            json!({ "api_base": format!("{base}/openai/deployments/other"), "api_version": "preview" }),
            "api_base",
        ),
        (json!({ "api_base": format!("{base}?x=1"), "api_version": "preview" }), "api_base"),
        (json!({ "azure_endpoint": base, "api_version": "preview" }), "azure_endpoint"),
        (json!({ "model": "azure/a/../b", "api_base": base, "api_version": "preview" }), "model"),
        (json!({ "model": "azure/a?b", "api_base": base, "api_version": "preview" }), "model"),
        (json!({ "model": "azure/..", "api_base": base, "api_version": "preview" }), "model"),
        (json!({ "model": "azure/", "api_base": base, "api_version": "preview" }), "model"),
        (json!({ "model": "azure/*", "api_base": base, "api_version": "preview" }), "model"),
        (json!({ "model": "azure_text/a", "api_base": base, "api_version": "preview" }), "model"),
        (json!({ "model": "azure_ai/a", "api_base": base, "api_version": "preview" }), "model"),
    ] {
        let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[azure(more.clone())]));
        assert_eq!(document["instances"], json!([]), "{more}");
        assert_told(&left, &[&format!("{PARAMS}.{field}")]);
    }
}

#[test]
fn a_deployment_without_a_literal_key_has_none() {
    let base = json!({ "api_base": "https://east.example.test", "api_version": "2024-10-21" });
    for (key, told) in [
        (json!({ "api_key": "os.environ/KEY" }), "api_key"),
        (json!({ "api_key": null, "azure_ad_token": "canary" }), "azure_ad_token"),
        (
            json!({ "api_key": null, "tenant_id": "t", "client_id": "c", "client_secret": "canary" }),
            "client_secret",
        ),
    ] {
        let entry = azure(with(base.clone(), key));
        let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
        assert_eq!(endpoints(&document).iter().map(|it| it.1).collect::<Vec<_>>(), [None]);
        assert_told(&left, &[&format!("{PARAMS}.{told}")]);
        assert!(!document.to_string().contains("canary"));
    }
}
